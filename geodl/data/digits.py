"""``digits``: 1,797 real digits of 8 x 8 pixels, shipped inside scikit-learn; the smallest image data."""

from __future__ import annotations

import numpy as np

from geodl.data.arrays import Arrays
from geodl.data.balance import stratified_split
from geodl.data.options import check_integer, check_real
from geodl.data.streams import numpy_stream


def load_digits(*, test_fraction: float = 0.2, split_seed: int = 0) -> Arrays:
    """Load the digits and split them into training and test set, class by class.

    Source: Alpaydin & Kaynak (1998), the test part of UCI's "Optical Recognition of Handwritten Digits".

    Args:
        test_fraction: share of the digits in the test set, in (0, 1).
        split_seed: seed of the split; keep it fixed over a sweep.

    Returns:
        (n, 1, 8, 8) float32 images with the values 0, 1/16, ..., 1, and 10 classes.

    >>> load_digits().x_train.shape[1:]
    (1, 8, 8)
    """
    from sklearn import datasets

    fraction = check_real("data.test_fraction", test_fraction, low=0.0, high=1.0, open_ends=True)
    seed = check_integer("data.split_seed", split_seed, low=0)
    values, targets = datasets.load_digits(return_X_y=True)
    images = (np.asarray(values, dtype=np.float32) / np.float32(16)).reshape(-1, 1, 8, 8)
    labels = np.asarray(targets, dtype=np.int64)
    train, test = stratified_split(labels, fraction, numpy_stream("digits/split", seed))
    return Arrays("digits", images[train], labels[train], images[test], labels[test], n_classes=10)
