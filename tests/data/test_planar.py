"""What blobs, spirals and rings share: the embedding, the noise, independent splits."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from geodl.data.blobs import load_blobs
from geodl.data.rings import load_rings
from geodl.data.spirals import load_spirals
from geodl.errors import ConfigError

LOADERS = [load_blobs, load_spirals, load_rings]
loaders = pytest.mark.parametrize("load", LOADERS)


@loaders
def test_the_embedding_keeps_distances(load):
    plane, space = (load(n_train=60, noise=0.0, dim=dim).x_train for dim in (2, 30))
    assert space.shape == (60, 30)
    assert np.allclose(pdist(plane), pdist(space), atol=1e-5)
    assert (np.abs(space).max(axis=0) > 0).all()  # a random plane, not two of the axes


@loaders
def test_noise_is_isotropic_in_all_dimensions(load):
    noisy, clean = (load(n_train=4000, dim=5, noise=noise).x_train.astype(float) for noise in (0.3, 0.0))
    residual = noisy - clean
    assert np.allclose(np.cov(residual.T), 0.09 * np.eye(5), atol=0.01)


@loaders
def test_splits_are_independent_and_balanced(load):
    short, long = load(n_train=100, n_test=40, n_classes=4), load(n_train=100, n_test=400, n_classes=4)
    assert np.array_equal(short.x_train, long.x_train)
    assert not set(map(bytes, long.x_train)) & set(map(bytes, long.x_test))
    assert np.bincount(long.y_test).tolist() == [100] * 4


@loaders
def test_the_seed_alone_decides(load):
    first, again, other = (load(dim=4, draw_seed=seed).x_train for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.allclose(first, other)


@loaders
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dim": 1}, r"data\.dim: expected an integer >= 2, found 1"),
        ({"n_classes": 1}, r"data\.n_classes: expected an integer >= 2, found 1"),
        ({"noise": -1.0}, r"data\.noise: expected a finite number >= 0, found -1"),
        ({"n_train": 3, "n_classes": 4}, r"data\.n_train: expected an integer >= 4 \(one sample a class"),
        ({"n_test": 0}, r"data\.n_test: expected an integer >= "),
        ({"draw_seed": 1.5}, r"data\.draw_seed: expected an integer >= 0, found 1\.5"),
    ],
)
def test_bad_options_are_named(load, options, message):
    with pytest.raises(ConfigError, match=message):
        load(**options)
