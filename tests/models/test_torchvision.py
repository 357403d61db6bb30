"""``model=torchvision``."""

from __future__ import annotations

import pytest
import torch

from geodl.errors import ConfigError
from geodl.models.torchvision import build_torchvision
from tests.models.small import images

OPTIONS = {"name": "squeezenet1_1", "weights": None, "normalize": "data", "image_size": None, "channels": "keep"}


def test_drawn_weights_depend_on_the_seed_alone_and_leave_the_generator_alone():
    torch.manual_seed(5)
    state = torch.get_rng_state()
    first, again, other = (build_torchvision(OPTIONS, images(), seed=s).model.state_dict() for s in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["features.0.weight"], other["features.0.weight"])


def test_weights_from_a_file_bring_their_number_of_classes(tmp_path):
    from torchvision.models import mobilenet_v3_small

    torch.save(mobilenet_v3_small(num_classes=7).state_dict(), tmp_path / "mine.pt")
    options = {**OPTIONS, "name": "mobilenet_v3_small", "weights": str(tmp_path / "mine.pt")}
    loaded = build_torchvision(options, images(), seed=0)
    assert loaded.model(loaded.inputs).shape == (4, 7)
    assert loaded.origin == "torchvision's mobilenet_v3_small, weights of mine.pt"
    with pytest.raises(ConfigError, match="does not say how they were trained"):
        build_torchvision({**options, "normalize": "weights"}, images(), seed=0)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"name": "resnet19"}, "did you mean 'resnet18'"),
        ({"name": "resnet18", "weights": "IMAGENET1K_V9"}, r"an entry of .*IMAGENET1K_V1.* found 'IMAGENET1K_V9'"),
        ({"name": "vit_b_32"}, r"model\.image_size: expected images that vit_b_32 can be built for.*image_size=224"),
    ],
)
def test_what_does_not_fit_is_refused(change, expected):
    with pytest.raises(ConfigError, match=expected):
        build_torchvision({**OPTIONS, **change}, images(size=28), seed=0)


@pytest.mark.slow
def test_a_vision_transformer_is_built_for_the_size_of_the_images():
    loaded = build_torchvision({**OPTIONS, "name": "vit_b_32"}, images(size=64), seed=0)
    assert loaded.model(loaded.inputs).shape == (4, 1000)
    assert "vit_b_32 is built for images of 64 pixels a side" in loaded.notes
