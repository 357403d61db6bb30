"""What a network has to know about a data set before it sees a sample."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod


@dataclass(frozen=True)
class DataSpec:
    """Shape and size of a data set, as it is used: after a training subset has been taken.

    Attributes:
        name: the data set's name, as in ``data=<name>``.
        input_shape: the shape of one sample: (C, H, W) for images, (d,) for vectors.
        n_classes: K, the number of classes; labels are 0..K-1.
        n_train: training samples in use.
        n_test: test samples.

    >>> DataSpec("mnist5k", (1, 28, 28), 10, 4000, 1000).n_features
    784
    """

    name: str
    input_shape: tuple[int, ...]
    n_classes: int
    n_train: int
    n_test: int

    @property
    def n_features(self) -> int:
        """The number of values in one sample, C·H·W or d."""
        return prod(self.input_shape)

    @property
    def is_image(self) -> bool:
        """Whether samples are images (C, H, W) and not vectors."""
        return len(self.input_shape) == 3
