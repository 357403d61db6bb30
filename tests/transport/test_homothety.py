from __future__ import annotations

import numpy as np
import pytest

from geodl.transport.homothety import homothety_potentials


@pytest.mark.parametrize("factor", [0.0, 0.3, 1.0, 2.5])
def test_the_potentials_of_a_homothety_prove_it(factor):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 5))
    y = factor * x + rng.normal(size=5)
    u = homothety_potentials(x, y)
    cost = ((x[:, None] - y[None]) ** 2).sum(-1)
    v = np.diagonal(cost) - u
    assert (cost - u[:, None] - v).min() > -1e-12


def test_they_follow_the_clouds_and_not_their_origin():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(20, 3)), rng.normal(size=(20, 3))
    u, moved = homothety_potentials(x, y), homothety_potentials(x + 7.0, y + 7.0)
    assert moved == pytest.approx(u, rel=1e-9, abs=1e-9)


def test_coinciding_samples_and_reflections_are_no_error():
    assert np.array_equal(homothety_potentials(np.ones((3, 2)), np.zeros((3, 2))), np.zeros(3))
    x = np.array([[-1.0], [1.0]])
    assert np.array_equal(homothety_potentials(x, -x), [1.0, 1.0])  # as for a factor of 0
