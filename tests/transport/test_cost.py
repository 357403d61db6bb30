from __future__ import annotations

import numpy as np
import pytest

from geodl.transport.cost import (
    common_shift,
    cost_matrix,
    paired_squared_distances,
    power_of_two_scale,
    squared_distances,
)
from tests.transport.references import loop_cost


def relative_error(found, expected):
    return np.max(np.abs(found - expected) / np.where(expected > 0, expected, 1.0))


@pytest.mark.parametrize("d", [1, 2, 17, 400])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_every_entry_agrees_with_the_loop(d, offset):
    rng = np.random.default_rng(d)
    x, y = rng.normal(size=(30, d)) + offset, rng.normal(size=(30, d)) + offset
    assert relative_error(squared_distances(x, y), loop_cost(x, y)) < 1e-12


@pytest.mark.parametrize("offset", [0.0, 1.0, 1e6])
def test_tiny_displacements_are_exact_at_any_offset(offset):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 8)) + offset
    y = x + 1e-8 * rng.normal(size=x.shape)
    cost, scale = cost_matrix(x, y)
    assert relative_error(cost * scale**2, loop_cost(x, y)) < 1e-12


def test_two_far_clusters_keep_their_small_inner_distances():
    rng = np.random.default_rng(1)
    x = 1e-6 * rng.normal(size=(20, 5))
    x[10:] += 1e5
    y = x + 1e-7 * rng.normal(size=x.shape)
    assert relative_error(squared_distances(x, y), loop_cost(x, y)) < 1e-12


def test_one_outlier_does_not_spoil_the_other_entries():
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(50, 4)), rng.normal(size=(50, 4))
    y[7] *= 1e9
    assert relative_error(squared_distances(x, y), loop_cost(x, y)) < 1e-12


def test_coinciding_points_cost_exactly_zero_and_nothing_is_negative():
    x = np.random.default_rng(3).normal(size=(300, 64)) + 1e4
    cost = squared_distances(x, x)
    assert np.array_equal(np.diagonal(cost), np.zeros(300))
    assert cost.min() == 0.0


def test_scale_is_a_power_of_two_so_scaling_changes_no_bit():
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(20, 3)), rng.normal(size=(20, 3))
    cost, scale = cost_matrix(x, y)
    small, small_scale = cost_matrix(x * 2.0**-400, y * 2.0**-400)
    assert np.array_equal(cost, small)
    assert small_scale == scale * 2.0**-400
    assert 0.0 < cost.max() <= 4.0 * 3


def test_points_that_all_coincide_have_scale_one():
    assert power_of_two_scale(np.full((3, 2), 5.0), np.full((3, 2), 5.0)) == 1.0


def test_shift_is_a_median_that_an_outlier_cannot_move():
    cloud = np.array([[0.0], [1.0], [2.0], [1e30]])
    assert common_shift(cloud[:2], cloud[2:])[0] in {1.0, 2.0}


def test_blocks_with_a_shared_shift_give_the_same_matrix():
    rng = np.random.default_rng(5)
    x = rng.normal(size=(300, 6))
    whole = squared_distances(x, x, shift=common_shift(x))
    parts = np.concatenate([squared_distances(x[k : k + 70], x, shift=common_shift(x)) for k in range(0, 300, 70)])
    np.testing.assert_allclose(parts, whole, rtol=1e-12, atol=0)


def test_paired_distances_are_the_diagonal():
    rng = np.random.default_rng(6)
    x, y = rng.normal(size=(9, 3)), rng.normal(size=(9, 3))
    np.testing.assert_allclose(paired_squared_distances(x, y), np.diagonal(loop_cost(x, y)), rtol=1e-15)
