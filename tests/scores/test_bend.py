from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from geodl.errors import DataError
from geodl.scores import bend, bend_angles
from tests.scores.tracks import random_tracks, straight_tracks, wave_tracks


def loop_angles(states):
    """Angles by explicit loops and the arc cosine."""
    rows = []
    for before, here, after in zip(states, states[1:], states[2:], strict=False):
        row = []
        for i in range(len(here)):
            first, second = here[i] - before[i], after[i] - here[i]
            cosine = sum(first * second) / math.sqrt(sum(first**2) * sum(second**2))
            row.append(math.degrees(math.acos(min(1.0, max(-1.0, cosine)))))
        rows.append(row)
    return rows


def test_it_agrees_with_explicit_loops():
    states = random_tracks(steps=6)
    angles = bend_angles(states)
    assert angles.shape == (5, 20)
    np.testing.assert_allclose(angles, loop_angles(states), rtol=1e-10)


def test_straight_tracks_do_not_bend_and_reversed_ones_turn_by_half_a_circle():
    there = straight_tracks(speeds=(1.0, 0.25, 8.0))
    np.testing.assert_allclose(bend_angles(there), 0.0, atol=1e-12)
    np.testing.assert_allclose(bend_angles([there[0], there[1], there[0]]), 180.0, rtol=1e-15)


@pytest.mark.parametrize("degrees", [1e-7, 1e-3, 30.0, 90.0, 179.9999999])
def test_known_angles_are_found_to_the_last_digits_near_0_and_180_too(degrees):
    turn = np.array([math.cos(math.radians(degrees)), math.sin(math.radians(degrees))])
    start, step = np.zeros((2, 2)), np.array([[1.0, 0.0], [1.0, 0.0]])
    # The last state is rounded near 1, hence the absolute part.
    angle = bend_angles([start - step, start, start + turn])
    np.testing.assert_allclose(angle, degrees, rtol=1e-9)


def test_a_step_of_zero_has_no_direction_and_the_other_samples_keep_theirs():
    states = random_tracks(n=5, steps=4)
    expected = bend_angles(states)
    states[2][3] = states[1][3]
    angles = bend_angles(states)
    assert np.isnan(angles[:2, 3]).all()
    others = [0, 1, 2, 4]
    np.testing.assert_array_equal(angles[:, others], expected[:, others])
    assert np.isnan(angles).sum() == 2


@pytest.mark.parametrize("factor", [1e-200, 1e-3, 1e120])
def test_neither_scale_nor_the_lengths_of_steps_play_a_part(factor):
    states = random_tracks(steps=3)
    np.testing.assert_allclose(bend_angles([factor * s for s in states]), bend_angles(states), rtol=1e-9)


def test_independent_steps_in_high_dimension_turn_by_a_right_angle():
    angles = bend_angles(random_tracks(n=50, d=4000, steps=4))
    assert angles.mean() == pytest.approx(90.0, abs=0.5)


def test_blocks_and_dtypes_change_nothing(monkeypatch):
    states = [torch.from_numpy(state).float() for state in random_tracks(n=33, d=7, steps=4)]
    whole = bend_angles([state.double().numpy() for state in states])
    monkeypatch.setattr(bend, "BLOCK_NUMBERS", 21)
    np.testing.assert_array_equal(bend_angles(states), whole)


def test_pinned_values():
    angles = bend_angles(wave_tracks())
    np.testing.assert_allclose(angles.mean(axis=1), PINNED, rtol=1e-12)


def test_one_step_has_no_inner_read_out():
    assert bend_angles(random_tracks(steps=1)).shape == (0, 20)


def test_states_that_cannot_be_scored_are_refused_with_the_reason():
    states = random_tracks(steps=2)
    states[1][0, 0] = np.nan
    with pytest.raises(DataError, match="state 1 holds 1 value that is NaN or infinite"):
        bend_angles(states)


PINNED = [101.12520110962565, 107.84702580510923]
