"""scikit-learn's small digits."""

from __future__ import annotations

import numpy as np
import pytest

from geodl.data.digits import load_digits
from geodl.errors import ConfigError


def test_all_digits_are_there_scaled_to_one():
    arrays = load_digits()
    assert len(arrays.x_train) + len(arrays.x_test) == 1797
    assert arrays.x_train.shape[1:] == (1, 8, 8)
    assert (float(arrays.x_train.min()), float(arrays.x_train.max())) == (0.0, 1.0)
    assert np.array_equal(arrays.x_train * 16, np.round(arrays.x_train * 16))


def test_every_class_gives_a_fifth_to_the_test_set():
    arrays = load_digits(test_fraction=0.2)
    sizes = np.bincount(arrays.y_train) + np.bincount(arrays.y_test)
    assert np.bincount(arrays.y_test).tolist() == [round(0.2 * size) for size in sizes]


def test_bad_seed_is_refused():
    with pytest.raises(ConfigError, match=r"data\.split_seed: expected an integer >= 0"):
        load_digits(split_seed=-1)
