"""Weights from a file: strictly, but for a head of another size."""

from __future__ import annotations

import logging

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from geodl.errors import ConfigError
from geodl.networks.weights import load_weights


def make(n_classes: int = 3, width: int = 4) -> nn.Module:
    return nn.Sequential(nn.Linear(2, width), nn.ReLU(), nn.Linear(width, n_classes))


@pytest.mark.parametrize("kind", ["pt", "safetensors", "checkpoint"])
def test_every_tensor_is_loaded(tmp_path, kind):
    source, target = make(), make()
    path = tmp_path / ("w.safetensors" if kind == "safetensors" else "w.pt")
    if kind == "safetensors":
        save_file(source.state_dict(), path)
    elif kind == "pt":
        torch.save(source.state_dict(), path)
    else:
        torch.save({"state_dict": {f"network.{k}": v for k, v in source.state_dict().items()}, "epoch": 3}, path)
    assert load_weights(target, path, n_classes=3) == ()
    assert all(torch.equal(a, b) for a, b in zip(source.parameters(), target.parameters(), strict=True))


def test_a_head_of_another_size_is_left_out_and_named_in_the_log(tmp_path, caplog):
    source, target = make(n_classes=1000), make()
    before = target[2].weight.clone()
    torch.save(source.state_dict(), tmp_path / "w.pt")
    with caplog.at_level(logging.WARNING):
        assert load_weights(target, tmp_path / "w.pt", n_classes=3) == ("2.weight", "2.bias")
    assert "2.weight and 2.bias" in caplog.text
    assert "1000 classes, not 3" in caplog.text
    assert torch.equal(target[2].weight, before)
    assert torch.equal(target[0].weight, source[0].weight)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (make(width=5).state_dict(), r"expected 0\.weight of shape \(4, 2\), found \(5, 2\)"),
        ({"0.weight": torch.zeros(4, 2)}, r"3 missing \(0\.bias"),
        (make().state_dict() | {"extra": torch.zeros(1)}, r"1 unknown \(extra"),
        ([torch.zeros(1)], r"expected a state dict .* found list"),
        ({"a": 1}, r"expected a state dict .* found dict"),
    ],
)
def test_anything_else_that_differs_is_refused(tmp_path, content, message):
    torch.save(content, tmp_path / "w.pt")
    with pytest.raises(ConfigError, match=r"network\.weights: .*" + message):
        load_weights(make(), tmp_path / "w.pt", n_classes=3)


def test_a_file_that_is_no_file_of_tensors_is_refused(tmp_path):
    (tmp_path / "w.pt").write_text("hello")
    with pytest.raises(ConfigError, match=r"network\.weights: expected a state dict in"):
        load_weights(make(), tmp_path / "w.pt", n_classes=3)
    with pytest.raises(ConfigError, match=r"network\.weights: expected a file, found none"):
        load_weights(make(), tmp_path / "no.pt", n_classes=3)
