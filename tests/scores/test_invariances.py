"""What must not change the scores: where the states lie, how they are turned, scaled and ordered."""

from __future__ import annotations

import numpy as np
import pytest

from geodl.scores import leg_metrics, score_leg
from tests.scores.tracks import random_tracks, rotation

LENGTHS = {"action", "track_margin"}  # in units of the states


def metrics(states, labels):
    return leg_metrics(score_leg(states, labels))


@pytest.fixture(scope="module", params=[0.3, 3.0], ids=["short steps", "long steps"])
def track(request):
    states = random_tracks(seed=7, n=40, d=6, steps=3, size=request.param)
    labels = np.arange(40) % 4
    return states, labels, metrics(states, labels)


def assert_same(found, expected, rel, factor=1.0):
    for name, value in expected.items():
        scale = factor if name in LENGTHS else 1.0
        assert found[name] == pytest.approx(scale * value, rel=rel), name


@pytest.mark.parametrize("offset", [1.0, 1e6])
def test_translation_changes_nothing(track, offset):
    states, labels, expected = track
    assert_same(metrics([state + offset for state in states], labels), expected, rel=1e-8)


def test_rotation_changes_nothing(track):
    states, labels, expected = track
    q = rotation(0, 6)
    assert_same(metrics([state @ q for state in states], labels), expected, rel=1e-11)


@pytest.mark.parametrize("factor", [2.0**-60, 1e-8, 3.0, 1e12])
def test_scale_changes_only_lengths(track, factor):
    states, labels, expected = track
    assert_same(metrics([factor * state for state in states], labels), expected, rel=1e-11, factor=factor)


def test_the_order_of_samples_changes_nothing(track):
    states, labels, expected = track
    order = np.random.default_rng(0).permutation(40)
    assert_same(metrics([state[order] for state in states], labels[order]), expected, rel=1e-12)


def test_the_order_of_features_and_empty_features_change_nothing(track):
    states, labels, expected = track
    order = np.random.default_rng(1).permutation(6)
    wider = [np.concatenate([state[:, order], np.full((40, 3), 5.0)], axis=1) for state in states]
    assert_same(metrics(wider, labels), expected, rel=1e-11)
