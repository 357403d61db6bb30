"""From a track to its profile."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from geodl.profiles import N_PAIRS, track_profile
from geodl.records.profile import QUANTILES
from geodl.scores import bend_angles, line_shape_score, pair_distances, sample_pairs
from geodl.track_scores import score_track
from geodl.tracks import Track
from tests.scores.tracks import random_tracks


def track_of(states, **fields):
    tensors = tuple(torch.as_tensor(state) for state in states)
    return Track(states=tensors, names=tuple(f"blocks.{i}" for i in range(len(tensors))), **fields)


def scored(track, names=("line_shape",)):
    scores = score_track(track, list(names))
    return list(zip(scores.legs, scores.results, strict=True))


def test_every_number_is_the_one_of_its_own_function():
    states = random_tracks(n=80, d=6, steps=4)
    track = track_of(states, labels=torch.arange(80) % 3, epoch=7)
    profile = track_profile(track, scored(track))
    (leg,) = profile.legs
    angles, pairs = bend_angles(states), sample_pairs(80, N_PAIRS)
    assert (profile.epoch, leg.n, leg.d, leg.n_steps, leg.read_outs[0]) == (7, 80, 6, 4, "blocks.0")
    np.testing.assert_array_equal(profile.labels, np.arange(80) % 3)
    np.testing.assert_array_equal(leg.lss, line_shape_score(states).per_sample)
    np.testing.assert_allclose(leg.step_length[1], np.linalg.norm(states[2] - states[1], axis=1).mean(), rtol=1e-12)
    np.testing.assert_allclose(leg.bend_mean, angles.mean(axis=1), rtol=1e-14)
    np.testing.assert_array_equal(leg.bend_quantiles, np.quantile(angles, QUANTILES, axis=1))
    np.testing.assert_array_equal(leg.pairs, pairs)
    assert len(pairs) == 2000 < 80 * 79 / 2
    np.testing.assert_array_equal(leg.pair_distance, pair_distances(states, pairs)[0])
    np.testing.assert_array_equal(leg.pair_bound, pair_distances(states, pairs)[1])
    assert leg.reason == ""


@pytest.mark.parametrize("names", [(), ("path_straightness",)])
def test_without_a_line_shape_score_it_is_computed(names):
    track = track_of(random_tracks(steps=3))
    with_scores = track_profile(track, scored(track)).legs[0]
    np.testing.assert_array_equal(track_profile(track, scored(track, names)).legs[0].lss, with_scores.lss)
    np.testing.assert_array_equal(track_profile(track).legs[0].lss, with_scores.lss)


def test_samples_that_rest_are_counted_and_left_out_of_the_angles():
    states = random_tracks(n=6, steps=3)
    states[1][2] = states[0][2]
    (leg,) = track_profile(track_of(states)).legs
    assert leg.bend_missing.tolist() == [1, 0]
    others = bend_angles(states)[0][[0, 1, 3, 4, 5]]
    assert leg.bend_mean[0] == pytest.approx(others.mean(), rel=1e-14)


def test_where_everything_rests_there_is_a_reason_and_no_warning():
    (leg,) = track_profile(track_of([np.eye(3)] * 4)).legs
    assert np.isnan(leg.lss).all()
    assert np.isnan(leg.bend_mean).all()
    assert "summed direction" in leg.reason
    assert leg.step_length.tolist() == [0.0, 0.0, 0.0]


def test_steps_that_are_rounding_have_neither_lss_nor_angles():
    start = torch.rand(20, 5) + 1000.0
    track = track_of([start, start + 1e-4, start + 2e-4])
    for results in (scored(track), None):
        (leg,) = track_profile(track, results).legs
        assert np.isnan(leg.lss).all()
        assert np.isnan(leg.bend_mean).all()
        assert "rounding" in leg.reason
        assert np.isfinite(leg.pair_distance).all()


def test_states_that_cannot_be_scored_have_a_reason_and_no_number():
    states = random_tracks(steps=2)
    states[1][0, 0] = math.nan
    (leg,) = track_profile(track_of(states)).legs
    assert "NaN or infinite" in leg.reason
    for values in (leg.lss, leg.step_length, leg.bend_mean, leg.pair_distance, leg.pair_bound):
        assert np.isnan(values).all()


def test_every_leg_with_a_step_has_a_profile():
    wide, narrow = random_tracks(d=6, steps=1), random_tracks(d=3, steps=2)
    profile = track_profile(track_of([*wide, *narrow, np.ones((20, 1))]))
    assert [(leg.index, leg.d, leg.n_steps, leg.bend_mean.shape) for leg in profile.legs] == [
        (0, 6, 1, (0,)),
        (1, 3, 2, (1,)),
    ]
    assert profile.labels is None
