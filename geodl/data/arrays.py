"""A data set as arrays, checked once so that nothing after it has to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from geodl.errors import DataError

Samples: TypeAlias = NDArray[np.float32] | NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Arrays:
    """Training and test samples of one data set, with class labels; what every loader returns.

    The arrays are checked when the object is made, so that an ``Arrays`` that exists is sound: images or
    vectors of one shape, finite values, as many labels as samples, labels in 0..K-1, every class in the
    training set.

    Attributes:
        name: the data set's name, as in ``data=<name>``; error messages start with it.
        x_train: (n_train, C, H, W) uint8 or float32 images, or (n_train, d) float32 vectors.
        y_train: (n_train,) int64 labels.
        x_test: (n_test, ...) as ``x_train``.
        y_test: (n_test,) int64 labels; a class may be missing here.
        n_classes: K >= 2.

    Raises:
        DataError: if any of this does not hold; the message names the array.

    >>> points = np.zeros((4, 2), dtype=np.float32)
    >>> Arrays("corner", points, np.array([0, 1, 0, 1]), points[:1], np.array([1]), n_classes=2).n_classes
    2
    """

    name: str
    x_train: Samples
    y_train: NDArray[np.int64]
    x_test: Samples
    y_test: NDArray[np.int64]
    n_classes: int

    def __post_init__(self) -> None:
        if self.n_classes < 2:
            raise DataError(
                f"data={self.name}: y_train: expected at least 2 classes, found {self.n_classes}; "
                "give a data set with labels of two or more classes"
            )
        for split, x, y in (("train", self.x_train, self.y_train), ("test", self.x_test, self.y_test)):
            _check_samples(f"data={self.name}: x_{split}", x)
            _check_labels(f"data={self.name}: y_{split}", y, len(x), self.n_classes)
        if self.x_train.shape[1:] != self.x_test.shape[1:] or self.x_train.dtype != self.x_test.dtype:
            raise DataError(
                f"data={self.name}: x_test: expected samples like those of x_train, {self.x_train.shape[1:]} "
                f"{self.x_train.dtype}, found {self.x_test.shape[1:]} {self.x_test.dtype}; "
                "give both splits the same preparation"
            )
        missing = np.setdiff1d(np.arange(self.n_classes), self.y_train)
        if missing.size:
            raise DataError(
                f"data={self.name}: y_train: expected every class of 0..{self.n_classes - 1} to have "
                f"samples, found none for {_some(missing)}; renumber the labels without holes or add samples"
            )


# The first few values, so that a message stays one line.
def _some(values: NDArray[np.int64]) -> str:
    listed = ", ".join(str(value) for value in values[:5])
    return listed if values.size <= 5 else f"{listed}, ... ({values.size} in all)"


def _check_samples(where: str, x: Samples) -> None:
    if x.ndim not in {2, 4}:
        raise DataError(f"{where}: expected images (n, C, H, W) or vectors (n, d), found shape {x.shape}; reshape it")
    if x.size == 0:
        raise DataError(f"{where}: expected at least one sample, found shape {x.shape}; add samples")
    allowed = ("uint8", "float32") if x.ndim == 4 else ("float32",)
    if x.dtype.name not in allowed:
        raise DataError(f"{where}: expected {' or '.join(allowed)}, found {x.dtype}; convert it with astype")
    if x.dtype != np.uint8:
        finite = np.isfinite(x).reshape(len(x), -1).all(axis=1)
        if not finite.all():
            raise DataError(
                f"{where}: expected finite values, found NaN or infinity in {int((~finite).sum())} of "
                f"{len(x)} samples (the first is sample {int(np.argmin(finite))}); remove or fill them"
            )


def _check_labels(where: str, y: NDArray[np.int64], n_samples: int, n_classes: int) -> None:
    if y.ndim != 1 or y.dtype != np.int64:
        raise DataError(f"{where}: expected int64 labels (n,), found {y.dtype} {y.shape}; convert or flatten them")
    if len(y) != n_samples:
        raise DataError(f"{where}: expected one label a sample, {n_samples}, found {len(y)}; save both together")
    if y.min() < 0 or y.max() >= n_classes:
        raise DataError(
            f"{where}: expected labels in 0..{n_classes - 1}, found {int(y.min())}..{int(y.max())}; "
            "number the classes 0, 1, 2, ... as in the training set"
        )
