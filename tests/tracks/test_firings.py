"""A model whose way depends on its inputs has no track that all samples share."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from geodl.errors import TrackError
from geodl.tracks import record_track
from tests.tracks.blocks_of_tests import Block


class Halting(nn.Module):
    """Goes through its blocks until the batch is far out; or once more, or leaves one out, for a large first entry."""

    def __init__(self, way: str) -> None:
        super().__init__()
        self.way = way
        self.stem = nn.Linear(3, 4)
        self.blocks = nn.ModuleList(Block() for _ in range(3))
        self.head = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        large = bool((x > 5).any())
        state = self.stem(x)
        for index, block in enumerate(self.blocks):
            if self.way == "skips" and index == 1 and not large:
                continue
            state = block(state)
        if self.way == "repeats" and large:
            state = self.blocks[2](state)
        return self.head(state)


@pytest.mark.parametrize(("way", "name"), [("skips", "blocks.1"), ("repeats", "blocks.2")])
def test_a_block_that_later_samples_run_more_often_is_noticed(way, name):
    x = torch.randn(6, 3, generator=torch.Generator().manual_seed(0))
    assert record_track(Halting(way), x).n_samples == 6
    x[4, 0] = 9.0
    for batch_size in (6, 2):
        with pytest.raises(TrackError, match=f"inputs: expected '{name}' to run in every batch as often"):
            record_track(Halting(way), x, batch_size=batch_size)


def test_hooks_are_gone_after_a_refusal():
    model, x = Halting("skips"), torch.tensor([[0.0, 0.0, 0.0], [9.0, 0.0, 0.0]])
    with pytest.raises(TrackError):
        record_track(model, x)
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())
