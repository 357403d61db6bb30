"""Blobs are linearly separable; spirals and rings are not, and still learnable."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from geodl.data.blobs import load_blobs
from geodl.data.rings import load_rings
from geodl.data.spirals import load_spirals
from geodl.errors import ConfigError


def accuracies(arrays):
    return tuple(
        model.fit(arrays.x_train, arrays.y_train).score(arrays.x_test, arrays.y_test)
        for model in (LogisticRegression(), KNeighborsClassifier(5))
    )


@pytest.mark.parametrize("dim", [2, 10])
@pytest.mark.parametrize("load", [load_spirals, load_rings])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_curved_classes_defeat_lines_but_not_neighbours(load, dim, n_classes):
    linear, neighbours = accuracies(load(dim=dim, n_classes=n_classes))
    assert linear < 0.75
    assert neighbours > 0.95


@pytest.mark.parametrize("dim", [2, 10])
def test_blobs_are_linearly_separable(dim):
    linear, _ = accuracies(load_blobs(dim=dim))
    assert linear > 0.98


def test_rings_have_their_radii():
    arrays = load_rings(noise=0.0, n_classes=4, dim=6)
    assert np.allclose(np.linalg.norm(arrays.x_train, axis=1), (arrays.y_train + 1) / 4, atol=1e-5)


def test_spirals_wind_as_often_as_asked():
    arrays = load_spirals(noise=0.0, turns=2.5)
    t = (np.linalg.norm(arrays.x_train, axis=1) - 0.1) / 0.9
    angle = np.arctan2(arrays.x_train[:, 1], arrays.x_train[:, 0])
    expected = 2 * np.pi * (arrays.y_train / 2 + 2.5 * t)
    assert np.allclose(np.exp(1j * angle), np.exp(1j * expected), atol=1e-4)


def test_spirals_need_turns():
    with pytest.raises(ConfigError, match=r"data\.turns: expected a finite number > 0"):
        load_spirals(turns=0)
