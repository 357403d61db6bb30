from __future__ import annotations

import numpy as np
import pytest
import torch

from geodl.errors import DataError, TrackError
from geodl.scores.states import as_labels, as_pair, as_states
from tests.scores.tracks import random_tracks


def test_lists_stacks_and_tensors_give_the_same_states():
    states = random_tracks()
    for form in (tuple(states), np.stack(states), [torch.tensor(s) for s in states], torch.tensor(np.stack(states))):
        leg = as_states(form)
        assert (leg.n_steps, leg.n_samples, leg.dim, leg.fault) == (4, 20, 5, "")
        assert all(np.array_equal(a, b) for a, b in zip(leg.arrays, states, strict=True))


def test_converted_states_pass_through():
    leg = as_states(random_tracks())
    assert as_states(leg) is leg


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_bad_numbers_are_a_fault_that_names_the_state(bad):
    states = random_tracks()
    states[2][3, 1] = bad
    assert as_states(states).fault == "state 2 holds 1 value that is NaN or infinite"


def test_one_sample_and_one_state_are_faults():
    assert "at least 2" in as_states(random_tracks(n=1)).fault
    assert "no step" in as_states(random_tracks(steps=0)).fault


@pytest.mark.parametrize(
    ("states", "error", "match"),
    [
        ([], TrackError, "states: expected at least one state, found none"),
        (np.zeros((3, 2)), TrackError, r"states: expected a stack of shape \(L \+ 1, n, d\), found shape \(3, 2\)"),
        ([np.zeros((3, 2)), np.zeros((3, 4))], TrackError, r"states\[1\]: expected the shape of states\[0\]"),
        ([np.zeros((3, 2, 2))], DataError, r"states\[0\]: expected samples by features"),
        (None, TypeError, "states: expected a sequence"),
        ("abc", TypeError, "states: expected a sequence of"),
        ((s for s in random_tracks()), TypeError, "found generator"),
        ([np.zeros((3, 2), dtype=complex)] * 2, TypeError, r"states\[0\]: expected real numbers"),
    ],
)
def test_malformed_states_raise_with_their_name(states, error, match):
    with pytest.raises(error, match=match):
        as_states(states)


def test_a_pair_names_source_and_target():
    assert as_pair(np.eye(2), np.full((2, 2), np.nan)).fault.startswith("target holds 4")
    with pytest.raises(DataError, match="target: expected the shape of source"):
        as_pair(np.eye(2), np.eye(3))


def test_labels_are_whole_numbers_one_a_sample():
    assert as_labels(torch.tensor([1, 0]), 2).tolist() == [1, 0]
    for labels in ([0, 1, 2], [0.5, 1.0], [[0, 1]]):
        with pytest.raises(DataError, match="labels: expected 2 whole numbers"):
            as_labels(labels, 2)


def test_states_are_kept_as_they_came_and_converted_when_asked_for():
    states = [state.astype(np.float32) for state in random_tracks()]
    leg = as_states(states)
    assert all(np.shares_memory(source, state) for source, state in zip(leg.sources, states, strict=True))
    assert leg.state(0) is leg.arrays[0]
    assert leg.arrays[-1] is leg.state(leg.n_steps)
    assert leg.state(1) is not leg.state(1)
    assert [array.dtype for array in leg.arrays[1:3]] == [np.float64] * 2
    assert np.array_equal(np.stack(list(leg.arrays)), np.stack(states).astype(np.float64))
    with pytest.raises(IndexError):
        leg.arrays[5]


def test_a_leg_and_its_arrays_are_the_leg():
    leg = as_states(random_tracks())
    assert as_states(leg) is leg
    assert as_states(leg.arrays) is leg


@pytest.mark.parametrize("size", [3e140, 1e200, 1e308])
def test_coordinates_too_large_to_be_squared_are_a_fault_even_of_states_at_rest(size):
    states = [np.full((3, 2), size)] * 3
    assert (
        as_states(states).fault == f"state 0 holds a coordinate of size {size:.3g}, whose square may overflow float64"
    )
    assert as_pair(np.eye(2), np.full((2, 2), size)).fault.startswith("target holds a coordinate")


@pytest.mark.parametrize("size", [1e135, 1e140])
def test_large_coordinates_that_can_be_squared_are_none(size):
    assert as_states([np.full((3, 2), size), np.full((3, 2), -size)]).fault == ""
