"""Small networks that several tests of recording look at."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Block(nn.Module):
    """A residual block whose activation works in place."""

    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.inner, self.outer = nn.Linear(width, 6), nn.Linear(6, width)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.outer(torch.relu_(self.inner(x)))


class Tower(nn.Module):
    """A stem, blocks and a head."""

    def __init__(self, depth: int = 3, width: int = 4, block: type[nn.Module] = Block) -> None:
        super().__init__()
        self.stem = nn.Linear(3, width)
        self.blocks = nn.ModuleList(block(width) for _ in range(depth))
        self.head = nn.Linear(width, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return self.head(x)

    def own_states(self, x: Tensor) -> list[Tensor]:
        """The states by a loop of its own."""
        with torch.no_grad():
            states = [self.stem(x)]
            for block in self.blocks:
                states.append(block(states[-1]))
        return states


def tower(**options: object) -> Tower:
    torch.manual_seed(0)
    return Tower(**options)


def n_hooks(network: nn.Module) -> int:
    return sum(len(module._forward_hooks) + len(module._forward_pre_hooks) for module in network.modules())
