from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch

from geodl.errors import DataError
from geodl.scores import pair_distance, pair_distances, sample_pairs, track_distance
from tests.scores.tracks import random_tracks, straight_tracks


def all_pairs(n):
    return np.array(list(itertools.combinations(range(n), 2)))


def test_it_agrees_with_explicit_loops():
    states = random_tracks(n=9, steps=3)
    distance, bound = pair_distances(states, all_pairs(9))
    for k, (i, j) in enumerate(all_pairs(9)):
        apart = [math.dist(state[i], state[j]) for state in states]
        a, b = apart[0], apart[-1]
        assert distance[k] == pytest.approx(min(apart), rel=1e-14)
        assert bound[k] == pytest.approx(a * b / math.sqrt(a * a + b * b), rel=1e-14)


def test_the_share_that_keeps_the_bound_is_the_score_over_all_pairs():
    states = random_tracks(n=30, d=3, steps=5)
    distance, bound = pair_distances(states, all_pairs(30))
    score = track_distance(states, np.arange(30) % 3)
    assert 0 < score.value < 1
    assert np.mean(distance >= bound * (1 - 1e-9)) == score.value
    assert distance.min() == pytest.approx(score.details["least"], rel=1e-9)


def test_a_geodesic_keeps_every_bound():
    distance, bound = pair_distances(straight_tracks(n=25), all_pairs(25))
    assert (distance >= bound * (1 - 1e-12)).all()


def test_samples_that_coincide_at_an_end_have_a_bound_of_zero():
    states = [np.array([[0.0], [0.0]]), np.array([[1.0], [3.0]])]
    distance, bound = pair_distances(states, [[0, 1]])
    assert (distance.tolist(), bound.tolist()) == ([0.0], [0.0])
    assert pair_distances([states[0], states[0]], [[0, 1]])[1].tolist() == [0.0]


@pytest.mark.parametrize("factor", [1e-200, 1e120])
def test_lengths_of_any_size_scale(factor):
    states = random_tracks(n=5, steps=2)
    found = pair_distances([factor * state for state in states], all_pairs(5))
    for scaled, plain in zip(found, pair_distances(states, all_pairs(5)), strict=True):
        np.testing.assert_allclose(scaled, factor * plain, rtol=1e-12)


def test_blocks_and_tensors_change_nothing(monkeypatch):
    states = [torch.from_numpy(state).to(torch.bfloat16) for state in random_tracks(n=12, steps=2)]
    whole = pair_distances([state.double().numpy() for state in states], all_pairs(12))
    monkeypatch.setattr(pair_distance, "BLOCK_NUMBERS", 35)
    np.testing.assert_array_equal(pair_distances(states, all_pairs(12)), whole)


@pytest.mark.parametrize("n", [2, 3, 10, 63, 64])
def test_few_samples_give_all_their_pairs_in_order(n):
    np.testing.assert_array_equal(sample_pairs(n, 2016), all_pairs(n))


def test_pairs_are_drawn_without_repetition_evenly_and_by_a_generator_of_their_own():
    np.random.seed(3)  # noqa: NPY002 - the global generator is what must not be touched
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    pairs = sample_pairs(1000)
    assert pairs.shape == (2000, 2)
    assert (pairs[:, 0] < pairs[:, 1]).all()
    assert 0 <= pairs.min() <= pairs.max() < 1000
    assert len({tuple(pair) for pair in pairs}) == 2000
    np.testing.assert_array_equal(pairs, sample_pairs(1000))
    assert not np.array_equal(pairs, sample_pairs(1000, seed=1))
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    # i is less than n(1 - 1/√2) in half of all pairs i < j.
    assert np.mean(pairs[:, 0] < 1000 * (1 - math.sqrt(0.5))) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(
    ("pairs", "message"),
    [([[0, 20]], "from 0 to 19"), ([[-1, 0]], "from 0 to 19"), ([0, 1], r"\(m, 2\)"), ([[0.0, 1.0]], "integers")],
)
def test_pairs_that_are_none_are_refused(pairs, message):
    with pytest.raises(DataError, match=message):
        pair_distances(random_tracks(), pairs)


def test_states_that_cannot_be_scored_are_refused_with_the_reason():
    with pytest.raises(DataError, match="one state and therefore no step"):
        pair_distances([np.eye(3)], [[0, 1]])
