from __future__ import annotations

import math

import numpy as np
import pytest

from geodl.scores import kinetic_straightness
from tests.scores.tracks import random_tracks, straight_tracks


def test_it_agrees_with_explicit_loops():
    states = random_tracks()
    displacement = energy = 0.0
    for i in range(20):
        displacement += sum((states[-1][i] - states[0][i]) ** 2) / 20
        for k in range(4):
            energy += sum((states[k + 1][i] - states[k][i]) ** 2) / 20
    result = kinetic_straightness(states)
    assert result.value == pytest.approx(displacement / (4 * energy))
    assert result.details["displacement"] == pytest.approx(displacement)
    assert result.details["energy"] == pytest.approx(4 * energy)


def test_constant_speed_has_one_and_uneven_speed_less():
    assert kinetic_straightness(straight_tracks()).value == 1.0
    assert kinetic_straightness(straight_tracks(speeds=(1.0, 3.0))).value == pytest.approx(0.8)


def test_a_random_walk_has_one_over_its_steps():
    assert kinetic_straightness(random_tracks(n=100, d=500, steps=8)).value == pytest.approx(1 / 8, rel=0.02)


@pytest.mark.parametrize("size", [1e-100, 1e-8, 1e100])
def test_any_size_of_displacement_is_resolved(size):
    steps = random_tracks()
    moved = [size * (state - steps[0]) for state in steps]
    assert kinetic_straightness(moved).value == pytest.approx(kinetic_straightness(steps).value, rel=1e-12)


def test_closed_tracks_have_zero():
    x = np.eye(3)
    assert kinetic_straightness([x, x + 1.0, x]).value == 0.0


def test_a_network_at_rest_has_a_reason_and_no_score():
    result = kinetic_straightness([np.eye(3)] * 3)
    assert math.isnan(result.value)
    assert "kinetic energy is zero" in result.reason
