"""Batches of a data set in memory: one gather a batch, in an order that is a function of seed and epoch."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar

import torch
from torch import Tensor
from torch.utils.data import Sampler

from geodl.data.streams import torch_stream


class EpochShuffle(Sampler[int]):
    """A permutation of 0..n-1 for every epoch, a function of (seed, epoch) alone.

    A resumed run therefore sees the orders that an uninterrupted one would have seen. Lightning calls
    ``set_epoch`` before every epoch; without it, every pass takes the next epoch's order.

    Args:
        n_samples: n.
        seed: seed of the orders.

    >>> shuffle = EpochShuffle(4, seed=0)
    >>> sorted(shuffle)
    [0, 1, 2, 3]
    """

    def __init__(self, n_samples: int, seed: int) -> None:
        self.n_samples = n_samples
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose order comes next.

        Args:
            epoch: completed epochs, >= 0.
        """
        self.epoch = epoch

    def permutation(self, epoch: int) -> Tensor:
        """The order of an epoch.

        Args:
            epoch: completed epochs, >= 0.

        Returns:
            (n,) int64 permutation of 0..n-1.
        """
        return torch.randperm(self.n_samples, generator=torch_stream("order", self.seed, epoch))

    def next_order(self) -> Tensor:
        """The order of the current epoch, after which the epoch is the next one.

        Returns:
            (n,) int64 permutation of 0..n-1.
        """
        order = self.permutation(self.epoch)
        self.epoch += 1
        return order

    def __iter__(self) -> Iterator[int]:
        yield from self.next_order().tolist()

    def __len__(self) -> int:
        return self.n_samples


class TensorBatches:
    """Iterable over batches ``[x, y]`` of tensors in memory.

    Takes the place of torch's ``DataLoader``, which by default fetches sample by sample, draws from the
    global generator on every pass, and makes Lightning warn about workers that data in memory do not need.
    Lightning accepts any iterable with a length, and finds ``sampler.set_epoch`` as on a ``DataLoader``.

    Args:
        x: (n, ...) samples.
        y: (n,) labels.
        batch_size: samples a batch.
        sampler: order of the samples; None keeps the order they have.
        drop_last: whether to leave out an incomplete last batch.

    >>> batches = TensorBatches(torch.arange(5.0), torch.arange(5), batch_size=2)
    >>> [y.tolist() for _, y in batches]
    [[0, 1], [2, 3], [4]]
    """

    batch_sampler: ClassVar[None] = None  # Lightning asks whatever has a `sampler` for this one too

    def __init__(
        self,
        x: Tensor,
        y: Tensor,
        batch_size: int,
        *,
        sampler: EpochShuffle | None = None,
        drop_last: bool = False,
    ) -> None:
        self.x = x
        self.y = y
        self.batch_size = batch_size
        self.sampler = sampler
        self.drop_last = drop_last

    def __len__(self) -> int:
        batches = len(self.x) / self.batch_size
        return math.floor(batches) if self.drop_last else math.ceil(batches)

    def __iter__(self) -> Iterator[list[Tensor]]:
        # the order is taken at the first batch and not before: Lightning makes the iterator, then sets the
        # epoch
        order = None if self.sampler is None else self.sampler.next_order()
        for start in range(0, len(self) * self.batch_size, self.batch_size):
            stop = start + self.batch_size
            # slices of the fixed order are views; a gather would copy the whole data set on every evaluation
            chosen = slice(start, stop) if order is None else order[start:stop]
            yield [self.x[chosen], self.y[chosen]]
