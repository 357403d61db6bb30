from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from geodl.scores import action
from geodl.transport import solve_transport
from tests.scores.tracks import random_tracks


def test_it_agrees_with_explicit_loops():
    states = random_tracks()
    total = 0.0
    for k in range(4):
        total += math.sqrt(sum(((states[k + 1][i] - states[k][i]) ** 2).sum() for i in range(20)) / 20)
    result = action(states)
    assert result.value == pytest.approx(total)
    assert sum(result.details["per_step"]) == pytest.approx(result.value)


def test_it_is_at_least_the_wasserstein_distance():
    states = random_tracks()
    assert action(states).value >= math.sqrt(solve_transport(states[0], states[-1]).cost)


def test_it_grows_with_the_scale_and_is_zero_at_rest():
    states = random_tracks()
    assert action([3.0 * s for s in states]).value == pytest.approx(3.0 * action(states).value)
    assert action([states[0]] * 3).value == 0.0


def test_the_weights_norm_is_the_sum_of_squares_of_any_shapes():
    weights = [
        torch.ones(2, 3, requires_grad=True),
        np.full((4,), 2.0),
        torch.full((1, 1, 2, 2), 0.5, dtype=torch.bfloat16),
    ]
    assert action(random_tracks(), weights).details["weight_norm"] == pytest.approx(6.0 + 16.0 + 1.0)
    assert action(random_tracks(), []).details["weight_norm"] == 0.0
    assert "weight_norm" not in action(random_tracks()).details


def test_weights_that_are_not_finite_leave_the_action_and_a_nan_norm():
    result = action(random_tracks(), [np.array([np.inf])])
    assert result.valid
    assert math.isnan(result.details["weight_norm"])


def test_weights_must_be_a_sequence_of_arrays():
    with pytest.raises(TypeError, match="weights: expected a sequence of arrays, found ndarray"):
        action(random_tracks(), np.ones((2, 2)))
    with pytest.raises(TypeError, match=r"weights\[0\]: expected real numbers"):
        action(random_tracks(), ["a"])


def test_bad_numbers_give_a_reason():
    assert "state 1 holds" in action([np.eye(2), np.full((2, 2), np.nan)]).reason
