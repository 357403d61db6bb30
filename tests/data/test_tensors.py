"""From arrays to tensors: subset, noise, conversion, and that nothing of the caller's is changed."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from geodl.data.arrays import Arrays
from geodl.data.tensors import make_tensors
from geodl.errors import ConfigError

RNG = np.random.default_rng(0)


def arrays(dtype=np.uint8):
    y = np.repeat(np.arange(3), [30, 40, 50])
    x = RNG.integers(0, 256, size=(120, 1, 4, 4)).astype(dtype)
    return Arrays("mine", x, y, x[::10], y[::10], n_classes=3)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("n_train", [None, 12])
def test_inputs_are_float32_and_the_callers_arrays_stay(dtype, n_train):
    given = arrays(dtype)
    before = given.x_train.copy()
    data = make_tensors(given, n_train=n_train, label_noise=1.0)
    assert data.x_train.dtype == data.x_test.dtype == torch.float32
    assert data.y_train.dtype == data.y_test.dtype == torch.int64
    assert np.array_equal(given.x_train, before)
    assert np.array_equal(given.y_train, np.repeat(np.arange(3), [30, 40, 50]))


def test_a_subset_is_balanced_and_its_ids_point_into_the_source():
    given = arrays()
    data = make_tensors(given, n_train=61, normalize="none")
    assert sorted(torch.bincount(data.y_train).tolist()) == [20, 20, 21]
    assert torch.equal(data.x_train, torch.from_numpy(given.x_train[data.train_ids.numpy()]).float())
    assert data.spec.n_train == 61
    assert not torch.equal(data.train_ids, make_tensors(given, n_train=61, subset_seed=1).train_ids)


def test_asking_for_all_samples_keeps_an_unbalanced_set_as_it_is():
    assert torch.equal(make_tensors(arrays(), n_train=120).train_ids, torch.arange(120))


def test_statistics_are_those_of_the_training_subset_and_serve_the_test_set_too():
    given = arrays()
    data = make_tensors(given, n_train=30)
    used = given.x_train[data.train_ids.numpy()].astype(np.float64)
    expected = (given.x_test.astype(np.float64) - used.mean()) / used.std()
    assert np.allclose(data.x_test.numpy(), expected, atol=1e-5)
    assert abs(float(data.x_train.mean())) < 1e-5


def test_test_labels_are_never_noisy_and_clean_labels_are_kept():
    given = arrays()
    data = make_tensors(given, label_noise=1.0)
    assert torch.equal(data.y_test, torch.from_numpy(given.y_test))
    assert torch.equal(data.y_train_clean, torch.from_numpy(given.y_train))
    assert not torch.equal(data.y_train, data.y_train_clean)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_train": 121}, r"data\.n_train: expected an integer in 1\.\.120 \(the training samples\), found 121"),
        ({"n_train": 119}, r"data\.n_train: expected an integer in 3\.\.90 .*class 0 is the smallest.*lower"),
        ({"n_train": 2}, r"data\.n_train: expected an integer in 3\.\.90 .*found 2; raise"),
        ({"label_noise": 1.5}, r"data\.label_noise: expected a finite number in \[0, 1\], found 1\.5"),
        ({"normalize": "whiten"}, r"data\.normalize: expected one of none, unit, channel"),
        ({"noise_seed": -1}, r"data\.noise_seed: expected an integer >= 0"),
        ({"subset_seed": None}, r"data\.subset_seed: expected an integer >= 0"),
    ],
)
def test_bad_options_are_named(options, message):
    with pytest.raises(ConfigError, match=message):
        make_tensors(arrays(), **options)
