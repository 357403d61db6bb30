from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodl.scores import line_shape_score
from tests.scores.tracks import random_tracks, straight_tracks


def loop_score(states):
    """LSS_i by explicit loops."""
    scores = []
    for i in range(len(states[0])):
        total = np.zeros(states[0].shape[1])
        for before, after in pairwise(states):
            step = after[i] - before[i]
            length = math.sqrt(sum(value * value for value in step))
            if length > 0:
                total += step / length
        scores.append((len(states) - 1) / math.sqrt(sum(value * value for value in total)))
    return scores


def test_it_agrees_with_explicit_loops():
    states = random_tracks(steps=6)
    result = line_shape_score(states)
    np.testing.assert_allclose(result.per_sample, loop_score(states), rtol=1e-12)
    assert result.value == pytest.approx(np.mean(loop_score(states)))
    assert result.details["median"] == pytest.approx(np.median(loop_score(states)))
    assert result.details["q25"] == pytest.approx(np.quantile(loop_score(states), 0.25))
    assert result.details["q75"] == pytest.approx(np.quantile(loop_score(states), 0.75))


@pytest.mark.parametrize("speeds", [(1.0,), (1.0, 1.0), (0.25, 8.0, 1.0), (1.0,) * 18])
def test_straight_tracks_have_exactly_one_at_any_speed(speeds):
    result = line_shape_score(straight_tracks(speeds=speeds))
    assert result.value == pytest.approx(1.0, abs=4e-16)
    assert result.per_sample.min() >= 1.0


@pytest.mark.parametrize("steps", [4, 18])
def test_a_random_walk_in_high_dimension_has_the_square_root_of_its_steps(steps):
    result = line_shape_score(random_tracks(n=50, d=4000, steps=steps))
    assert result.value == pytest.approx(math.sqrt(steps), rel=0.02)


def test_lengths_of_steps_play_no_part():
    states = random_tracks(steps=3)
    scaled = [states[0]]
    for factor, before, after in zip((1e-12, 1.0, 1e3), states, states[1:], strict=False):
        scaled.append(scaled[-1] + factor * (after - before))
    assert line_shape_score(scaled).value == pytest.approx(line_shape_score(states).value, rel=1e-3)


def test_tiny_steps_are_steps_and_not_zero():
    x = np.zeros((2, 3))
    result = line_shape_score([x, x + 1e-300, x + 3e-300])
    assert (result.value, result.details["zero_steps"]) == (pytest.approx(1.0), 0)


def test_zero_steps_contribute_nothing_and_are_counted():
    x = np.eye(2)
    result = line_shape_score([x, x, x + 1.0])
    assert result.value == pytest.approx(2.0)  # L = 2 over one unit vector
    assert result.details["zero_steps"] == 2


def test_cancelled_directions_are_infinite_counted_and_not_averaged():
    there, back = np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([[0.0, 0.0], [2.0, 0.0]])
    result = line_shape_score([np.zeros((2, 2)), there, back])
    assert result.per_sample.tolist() == [math.inf, 1.0]
    assert (result.value, result.details["infinite"]) == (1.0, 1)


def test_a_closed_triangle_is_infinite_despite_rounding():
    corners = [np.array([[math.cos(a), math.sin(a)]] * 2) for a in (0, 2 * math.pi / 3, 4 * math.pi / 3)]
    result = line_shape_score([*corners, corners[0]])
    assert not result.valid
    assert result.details["infinite"] == 2


def test_a_network_at_rest_has_a_reason_and_no_score():
    result = line_shape_score([np.eye(3)] * 4)
    assert math.isnan(result.value)
    assert "summed direction" in result.reason
    assert result.details["zero_steps"] == 9


@settings(derandomize=True, deadline=None, max_examples=50)
@given(st.integers(0, 10**6), st.integers(1, 6), st.integers(1, 4))
def test_it_is_at_least_one_and_the_same_backwards(seed, steps, d):
    states = random_tracks(seed, n=5, d=d, steps=steps)
    result = line_shape_score(states)
    if result.valid:
        assert result.per_sample.min() >= 1.0
        assert line_shape_score(states[::-1]).value == pytest.approx(result.value, rel=1e-9)
