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
