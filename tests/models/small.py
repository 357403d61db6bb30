"""Models of a few hundred weights, as a user's own package would have them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from geodl.models.samples import Samples


class Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.branch = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width))

    def forward(self, x: Tensor) -> Tensor:
        return x + 0.5 * self.branch(x)


class Residual(nn.Module):
    def __init__(self, depth: int, width: int) -> None:
        super().__init__()
        self.stem = nn.Linear(64, width)
        self.blocks = nn.ModuleList(Block(width) for _ in range(depth))
        self.head = nn.Linear(width, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x.flatten(1))
        for block in self.blocks:
            x = block(x)
        return self.head(x)


def build(depth: int = 3, width: int = 12) -> Residual:
    return Residual(depth, width)


def not_a_model() -> str:
    return "a string"


def broken() -> Residual:
    raise RuntimeError("no luck")


def stopped() -> Residual:
    raise KeyboardInterrupt


NUMBER = 3


def images(channels: int = 3, size: int = 32, n: int = 4) -> Samples:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(n, channels, size, size, generator=generator)
    ids = torch.arange(n)
    return Samples("mine", x, None, ids % 2, ids, "train", 0, "digest", n_classes=2)


def vectors(d: int = 5, n: int = 4) -> Samples:
    ids = torch.arange(n)
    return Samples("mine", torch.ones(n, d), None, ids % 2, ids, "train", 0, "digest", n_classes=2)
