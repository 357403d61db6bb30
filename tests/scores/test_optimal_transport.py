from __future__ import annotations

import math

import numpy as np
import pytest

from geodl.errors import ConfigError
from geodl.scores import optimal_transport_score
from geodl.transport import solve_transport
from tests.scores.tracks import straight_tracks, turn


def gaussian(n, d, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d))


@pytest.mark.parametrize(
    "network",
    [
        lambda x: x,
        lambda x: x + 3.0,
        lambda x: 2.5 * x,
        lambda x: x * np.array([1.0, 0.5, 7.0, 0.0]),
        lambda x: x + 1e-8 * np.sin(x),
    ],
)
def test_gradients_of_convex_functions_have_one(network):
    result = optimal_transport_score(gaussian(60, 4), network(gaussian(60, 4)))
    assert (result.value, result.details["low"]) == (1.0, 1.0)
    assert result.details["transport_ratio"] == 1.0


def test_a_rotation_is_seen_in_the_plane_and_lost_in_high_dimension():
    plane, high = gaussian(500, 2), gaussian(500, 200)
    assert optimal_transport_score(plane, turn(plane, 10.0)).value < 0.2
    assert optimal_transport_score(high, turn(high, 60.0)).value == 1.0


def test_a_point_reflection_keeps_nobody_and_a_swap_keeps_the_rest():
    x = gaussian(40, 3)
    assert optimal_transport_score(x, -x).value == 0.0
    swapped = x.copy()
    swapped[[0, 1]] = swapped[[1, 0]]
    result = optimal_transport_score(x, swapped)
    assert result.value == 38 / 40
    assert result.per_sample[:3].tolist() == [0.0, 0.0, 1.0]


def test_random_pairing_keeps_about_one_sample():
    x = gaussian(200, 20)
    assert optimal_transport_score(x, x[np.random.default_rng(1).permutation(200)]).value <= 5 / 200


def test_collapsed_classes_count_as_kept_by_value():
    rng = np.random.default_rng(2)
    labels = rng.integers(3, size=60)
    centres = 10.0 * np.eye(3)
    result = optimal_transport_score(centres[labels] + 0.1 * rng.normal(size=(60, 3)), centres[labels])
    assert (result.value, result.details["low"]) == (1.0, 1.0)


def test_tied_plans_give_an_interval_with_its_upper_end_as_value():
    result = optimal_transport_score(np.zeros((10, 2)), gaussian(10, 2))
    assert (result.value, result.details["low"]) == (1.0, 0.0)


def test_a_huge_outlier_leaves_the_other_samples_their_score():
    x = gaussian(50, 3)
    y = x.copy()
    y[0] *= 1e8
    result = optimal_transport_score(x, 2.0 * y)
    assert result.per_sample[1:].mean() > 0.9
    assert result.details["low"] == result.value


def test_a_plan_may_be_given_but_must_fit():
    states = straight_tracks()
    plan = solve_transport(states[0], states[-1])
    assert optimal_transport_score(states[0], states[-1], plan=plan).value == 1.0
    with pytest.raises(ConfigError, match="plan: expected a plan between 20 samples of 5 features"):
        optimal_transport_score(states[0], states[-1], plan=solve_transport(np.eye(2), np.eye(2)))


def test_an_unfinished_solver_gives_a_reason_and_never_a_score():
    x, y = gaussian(60, 3), gaussian(60, 3)[::-1].copy()
    plan = solve_transport(x, y, max_iterations=1)
    result = optimal_transport_score(x, y, plan=plan)
    assert math.isnan(result.value)
    assert result.per_sample is None
    assert "limit of 10 iterations" in result.reason


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_bad_numbers_give_a_reason(bad):
    result = optimal_transport_score(np.eye(3), np.full((3, 3), bad))
    assert math.isnan(result.value)
    assert result.reason.startswith("target holds 9 values")


def test_one_dimension_is_monotone():
    x = gaussian(30, 1)
    assert optimal_transport_score(x, x**3).value == 1.0
    assert optimal_transport_score(x, -x).value == 0.0
