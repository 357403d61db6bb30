"""Which axis holds the features: told by the layers, never by sizes."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from geodl.errors import TrackError
from geodl.tracks import record_track


class Residual(nn.Sequential):
    def forward(self, x: Tensor) -> Tensor:
        return x + super().forward(x)


class Permute(nn.Module):
    def __init__(self, *axes: int) -> None:
        super().__init__()
        self.axes = axes

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(self.axes)


def pooled(stem: nn.Module, block: object, x: Tensor) -> tuple[list[Tensor], list[Tensor]]:
    torch.manual_seed(0)
    model = nn.Sequential(stem, block(), block(), block())
    whole = record_track(model, x, tokens="flatten").states
    return list(whole), list(record_track(model, x, pool="mean", tokens="flatten").states)


SIZE = 6  # every axis is as long as any other, so that sizes tell nothing
CASES = {
    "convolution": (lambda: Residual(nn.Conv2d(SIZE, SIZE, 3, padding=1)), (2, 3)),
    "batch norm, then convolution": (lambda: Residual(nn.BatchNorm2d(SIZE), nn.Conv2d(SIZE, SIZE, 1)), (2, 3)),
    "group norm": (lambda: Residual(nn.GroupNorm(2, SIZE), nn.ReLU(), nn.Conv2d(SIZE, SIZE, 1)), (2, 3)),
    "linear": (lambda: Residual(nn.Linear(SIZE, SIZE)), (1, 2)),
    "layer norm": (lambda: Residual(nn.LayerNorm(SIZE), nn.Linear(SIZE, SIZE)), (1, 2)),
    "channels last inside": (
        lambda: Residual(nn.Conv2d(SIZE, SIZE, 1), Permute(0, 2, 3, 1), nn.Linear(SIZE, SIZE), Permute(0, 3, 1, 2)),
        (2, 3),
    ),
    "channels first inside": (
        lambda: Residual(nn.LayerNorm(SIZE), Permute(0, 3, 1, 2), nn.Conv2d(SIZE, SIZE, 1), Permute(0, 2, 3, 1)),
        (1, 2),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_cubic_maps_are_averaged_over_their_pixels(name):
    block, axes = CASES[name]
    stem = nn.Conv2d(3, SIZE, 1) if axes == (2, 3) else nn.Sequential(Permute(0, 2, 3, 1), nn.Linear(3, SIZE))
    whole, means = pooled(stem, block, torch.randn(3, 3, SIZE, SIZE))
    for state, mean in zip(whole, means, strict=True):
        torch.testing.assert_close(mean, state.mean(dim=axes), rtol=1e-5, atol=1e-6)


def test_signals_of_a_one_dimensional_convolution_are_maps_and_no_tokens():
    torch.manual_seed(0)
    blocks = [Residual(nn.BatchNorm1d(4), nn.ReLU(), nn.Conv1d(4, 4, 3, padding=1)) for _ in range(3)]
    model, x = nn.Sequential(nn.Conv1d(2, 4, 3, padding=1), *blocks), torch.randn(5, 2, 9)
    track = record_track(model, x)
    assert {tuple(state.shape) for state in track.states} == {(5, 4, 9)}
    assert track.positions is None
    means = record_track(model, x, pool="mean").states
    for state, mean in zip(track.states, means, strict=True):
        torch.testing.assert_close(mean, state.mean(dim=2))


def test_layers_that_disagree_are_not_outvoted():
    blocks = [Residual(nn.Linear(SIZE, SIZE), nn.Conv2d(SIZE, SIZE, 1)) for _ in range(2)]
    blocks[1] = Residual(nn.Conv2d(SIZE, SIZE, 1), nn.Linear(SIZE, SIZE))
    model = nn.Sequential(nn.Conv2d(3, SIZE, 1), *blocks)
    with pytest.raises(TrackError, match="where no layer tells which axis holds the channels"):
        record_track(model, torch.randn(2, 3, SIZE, SIZE), ["1:input", "1", "2"], pool="mean")


def test_functional_layers_tell_nothing():
    class Functional(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(0.1 * torch.randn(4, 4, 3))

        def forward(self, x: Tensor) -> Tensor:
            return x + nn.functional.conv1d(x, self.weight, padding=1)

    model = nn.Sequential(Functional(), Functional(), Functional())
    with pytest.raises(TrackError, match="where no layer tells whether the last axis holds the features"):
        record_track(model, torch.randn(5, 4, 9))
    assert record_track(model, torch.randn(5, 4, 9), tokens="flatten").states[0].shape == (5, 4, 9)


@pytest.mark.parametrize("name", ["resnet18", "swin", "convnext"])
def test_known_networks_are_averaged_over_their_pixels(name):
    from tests.tracks.test_foreign import TORCHVISION, images

    build, size, _ = TORCHVISION[name]
    model = build()
    whole = record_track(model, images(size)).states
    axes = (1, 2) if name == "swin" else (2, 3)
    for state, mean in zip(whole, record_track(model, images(size), pool="mean").states, strict=True):
        torch.testing.assert_close(mean, state.mean(dim=axes), rtol=1e-4, atol=1e-5)
