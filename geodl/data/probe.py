"""The probe set: the fixed samples whose tracks are read, the same for all runs of a sweep."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from geodl.data.balance import balanced_indices
from geodl.data.options import check_choice, check_integer
from geodl.data.streams import numpy_stream

SPLITS = ("train", "test")


@dataclass(frozen=True, eq=False)
class ProbeSet:
    """A fixed, ordered, un-augmented, class-balanced subset of the training or test data.

    Attributes:
        x: (n, *input_shape) float32, normalised as the network is fed.
        labels: (n,) int64, the labels the network trains on (label noise included) or the test labels.
        sample_ids: (n,) int64, ascending: positions in the data set's own split, before any training subset.
        split: "train" or "test".
        seed: the seed it was drawn with.
    """

    x: Tensor
    labels: Tensor
    sample_ids: Tensor
    split: str
    seed: int

    @property
    def n_samples(self) -> int:
        """The number of samples, n."""
        return len(self.x)

    @property
    def digest(self) -> str:
        """SHA-256 of samples and ids, 64 hex digits: equal for runs that were probed alike.

        Labels are left out: runs of a sweep over label noise follow the same samples under other labels.
        """
        state = hashlib.sha256(repr(tuple(self.x.shape)).encode())
        for tensor, dtype in ((self.x, "<f4"), (self.sample_ids, "<i8")):
            state.update(np.ascontiguousarray(tensor.numpy(), dtype=dtype).tobytes())
        return state.hexdigest()


def draw_probe(
    x: Tensor,
    labels: Tensor,
    *,
    clean_labels: Tensor,
    sample_ids: Tensor,
    n_classes: int,
    n_samples: int,
    split: str,
    seed: int,
) -> ProbeSet:
    """Draw floor(n / K) samples of every class, and one more of the first n mod K classes in a random order.

    Classes are those of the clean labels, so that a sweep over label noise keeps its samples. The draw
    depends on the clean labels, n, the split and the seed, and on nothing else; the order is that of the
    sample ids.

    Args:
        x: (N, *input_shape) float32 samples of the split, normalised, without augmentation.
        labels: (N,) int64 labels the network trains on.
        clean_labels: (N,) int64 labels before label noise.
        sample_ids: (N,) int64, ascending, positions in the data set's own split.
        n_classes: K.
        n_samples: n, from 2 a class to K times the size of the smallest class (``track.n_samples``).
        split: "train" or "test" (``track.split``).
        seed: seed of this draw alone (``track.seed``).

    Returns:
        The probe set, with copies of its samples.

    >>> y, ids = torch.tensor([0, 1, 0, 1, 0, 1]), torch.arange(6)
    >>> arguments = dict(clean_labels=y, sample_ids=ids, n_classes=2, n_samples=4, split="train", seed=0)
    >>> probe = draw_probe(torch.zeros(6, 3), y, **arguments)
    >>> sorted(probe.labels.tolist()), tuple(probe.x.shape)
    ([0, 0, 1, 1], (4, 3))
    """
    check_choice("track.split", split, SPLITS)
    key = "track.n_samples"
    size = check_integer(key, n_samples, low=2 * n_classes, high=len(x), why=f"2 a class to the {split} samples")
    rng = numpy_stream(f"probe/{split}", check_integer("track.seed", seed, low=0))
    chosen = torch.from_numpy(balanced_indices(clean_labels.numpy(), size, n_classes, rng, key=key, least_per_class=2))
    return ProbeSet(x=x[chosen], labels=labels[chosen], sample_ids=sample_ids[chosen], split=split, seed=seed)
