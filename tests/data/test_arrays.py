"""An ``Arrays`` that exists is sound: every way to be wrong is refused by name."""

from __future__ import annotations

import numpy as np
import pytest

from geodl.data.arrays import Arrays
from geodl.errors import DataError

IMAGES = np.zeros((6, 1, 4, 4), dtype=np.uint8)
VECTORS = np.zeros((6, 3), dtype=np.float32)
LABELS = np.array([0, 1, 2, 0, 1, 2])


def make(**changes):
    fields = {"x_train": VECTORS, "y_train": LABELS, "x_test": VECTORS, "y_test": LABELS, "n_classes": 3}
    return Arrays("mine", **{**fields, **changes})


def with_value(value):
    x = VECTORS.copy()
    x[4, 1] = value
    return x


@pytest.mark.parametrize("x", [VECTORS, IMAGES, IMAGES.astype(np.float32)])
def test_vectors_and_images_of_both_dtypes_are_accepted(x):
    assert make(x_train=x, x_test=x).x_train is x


def test_a_class_may_be_missing_in_the_test_set_only():
    assert make(y_test=np.array([0, 0, 0, 1, 1, 1])).n_classes == 3
    with pytest.raises(DataError, match=r"y_train: expected every class of 0\.\.2 .*found none for 2; renumber"):
        make(y_train=np.array([0, 0, 0, 1, 1, 1]))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x_train": VECTORS[:, :, None]}, r"x_train: expected images .*found shape \(6, 3, 1\)"),
        ({"x_test": VECTORS[:0]}, r"x_test: expected at least one sample, found shape \(0, 3\)"),
        ({"x_train": VECTORS.astype(np.uint8)}, "x_train: expected float32, found uint8"),
        ({"x_train": IMAGES.astype(np.float64)}, "x_train: expected uint8 or float32, found float64"),
        ({"x_train": with_value(np.nan)}, r"x_train: expected finite values, found NaN .* 1 of 6 .*sample 4\)"),
        ({"x_test": with_value(np.inf)}, "x_test: expected finite values"),
        ({"y_train": LABELS.astype(np.int32)}, "y_train: expected int64 labels"),
        ({"y_train": LABELS[:, None]}, r"y_train: expected int64 labels \(n,\)"),
        ({"y_train": LABELS[:5]}, "y_train: expected one label a sample, 6, found 5"),
        ({"y_train": LABELS - 1}, r"y_train: expected labels in 0\.\.2, found -1\.\.1"),
        ({"y_test": LABELS + 1}, r"y_test: expected labels in 0\.\.2, found 1\.\.3"),
        ({"x_test": VECTORS[:, :2]}, r"x_test: expected samples like those of x_train, \(3,\) float32, found \(2,\)"),
        ({"x_train": IMAGES, "x_test": IMAGES.astype(np.float32)}, r"x_test: expected .* uint8, found .* float32"),
        ({"n_classes": 1}, "y_train: expected at least 2 classes, found 1"),
    ],
)
def test_what_is_wrong_is_named(changes, message):
    with pytest.raises(DataError, match=f"data=mine: {message}"):
        make(**changes)
