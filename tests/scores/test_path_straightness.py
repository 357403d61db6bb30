from __future__ import annotations

import math

import numpy as np
import pytest

from geodl.scores import path_straightness
from tests.scores.tracks import random_tracks, straight_tracks


def test_it_agrees_with_explicit_loops():
    states = random_tracks()
    ratios = []
    for i in range(20):
        path = sum(np.linalg.norm(states[k + 1][i] - states[k][i]) for k in range(4))
        ratios.append(np.linalg.norm(states[-1][i] - states[0][i]) / path)
    result = path_straightness(states)
    np.testing.assert_allclose(result.per_sample, ratios, rtol=1e-13)
    assert result.value == pytest.approx(np.mean(ratios))


@pytest.mark.parametrize("speeds", [(1.0,), (0.25, 8.0, 1.0)])
def test_straight_tracks_have_one_at_any_speed(speeds):
    result = path_straightness(straight_tracks(speeds=speeds))
    assert result.value == pytest.approx(1.0, abs=1e-15)
    assert result.per_sample.max() <= 1.0


def test_closed_tracks_have_zero():
    x = np.eye(3)
    assert path_straightness([x, x + 1.0, x]).value == 0.0


def test_samples_at_rest_are_counted_and_not_averaged():
    x = np.zeros((2, 1))
    result = path_straightness([x, [[0.0], [2.0]], [[0.0], [1.0]]])
    assert math.isnan(result.per_sample[0])
    assert (result.value, result.details["at_rest"]) == (pytest.approx(1.0 / 3.0), 1)


def test_a_network_at_rest_has_a_reason_and_no_score():
    result = path_straightness([np.eye(3)] * 3)
    assert math.isnan(result.value)
    assert "no sample moves" in result.reason


def test_half_a_circle_has_two_over_pi():
    angles = np.linspace(0.0, math.pi, 2001)
    states = [np.array([[math.cos(a), math.sin(a)]] * 2) for a in angles]
    assert path_straightness(states).value == pytest.approx(2.0 / math.pi, rel=1e-6)
