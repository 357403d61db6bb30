from __future__ import annotations

import numpy as np
import pytest

from geodl.scores.lengths import chord_lengths, step_lengths
from geodl.scores.states import as_states
from tests.scores.tracks import random_tracks


@pytest.mark.parametrize("size", [1.0, 1e-300, 1e-200, 1e-8, 1e130, 1e139])
def test_lengths_of_any_size_agree_with_numpys_of_size_one(size):
    rows = np.random.default_rng(0).normal(size=(10, 7))
    for lengths in (step_lengths((np.zeros((10, 7)), rows * size))[0], chord_lengths((np.zeros((10, 7)), rows * size))):
        np.testing.assert_allclose(lengths / size, np.linalg.norm(rows, axis=1), rtol=1e-14)


def test_only_steps_between_equal_states_have_no_length():
    assert step_lengths((np.zeros((2, 2)), np.array([[0.0, 0.0], [5e-324, 0.0]]))).tolist() == [[0.0, 5e-324]]


def test_lengths_agree_with_loops():
    states = tuple(random_tracks())
    steps, chords = step_lengths(states), chord_lengths(states)
    assert steps.shape == (4, 20)
    for i in range(20):
        assert chords[i] == pytest.approx(np.sqrt(((states[-1][i] - states[0][i]) ** 2).sum()))
        for step in range(4):
            assert steps[step, i] == pytest.approx(np.sqrt(((states[step + 1][i] - states[step][i]) ** 2).sum()))


def test_a_leg_that_was_measured_is_not_read_again():
    leg = as_states(random_tracks())
    assert step_lengths(leg.arrays) is step_lengths(leg)
    assert chord_lengths(leg.arrays) is leg.lengths.chords
