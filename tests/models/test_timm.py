"""``model=timm``."""

from __future__ import annotations

import sys

import pytest
import torch

from geodl.errors import ConfigError, MissingExtraError
from geodl.models.timm import build_timm
from tests.models.small import images

OPTIONS = {"name": "test_vit", "weights": None, "normalize": "data", "image_size": None, "channels": "keep"}


@pytest.fixture(scope="module", autouse=True)
def timm():
    return pytest.importorskip("timm", reason="needs geodl[timm]; CI installs it")


def test_a_vit_is_built_for_the_size_of_the_images():
    loaded = build_timm(OPTIONS, images(size=64), seed=0)
    assert loaded.model(loaded.inputs).shape[0] == 4
    assert "test_vit is built for images of 64 pixels a side" in loaded.notes


def test_a_model_without_a_size_takes_the_images_as_they_are(timm):
    loaded = build_timm({**OPTIONS, "name": "test_resnet"}, images(), seed=0)
    assert loaded.notes == ()
    assert loaded.origin == "timm's test_resnet, untrained (weights drawn with seed 0)"
    assert loaded.model(loaded.inputs).shape[0] == 4


def test_weights_from_a_file_bring_their_number_of_classes(timm, tmp_path):
    torch.save(timm.create_model("test_resnet", num_classes=7).state_dict(), tmp_path / "mine.pt")
    loaded = build_timm({**OPTIONS, "name": "test_resnet", "weights": str(tmp_path / "mine.pt")}, images(), seed=0)
    assert loaded.model(loaded.inputs).shape == (4, 7)
    assert any("not as the weights were trained" in note for note in loaded.notes)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"name": "test_vitt"}, "did you mean 'test_vit'"),
        ({"weights": "nowhere.pt"}, "expected null, pretrained or a file, found 'nowhere.pt'"),
        ({}, r"model\.image_size: expected images whose side is a multiple of 16 .* set model\.image_size=32"),
    ],
)
def test_what_does_not_fit_is_refused(change, expected):
    with pytest.raises(ConfigError, match=expected):
        build_timm({**OPTIONS, **change}, images(size=28), seed=0)


def test_without_timm_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(MissingExtraError, match=r"model=timm: .*geodl\[timm\]"):
        build_timm(OPTIONS, images(), seed=0)
