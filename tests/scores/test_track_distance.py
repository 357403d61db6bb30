from __future__ import annotations

import importlib
import math

import numpy as np
import pytest

from geodl.errors import DataError
from geodl.scores import track_distance
from tests.scores.tracks import random_tracks, rotation, straight_tracks


def loop_distances(states, labels):
    """Pairs kept, and least track distances between and within classes, by explicit loops."""
    n = len(states[0])
    kept = np.zeros((n, n), dtype=bool)
    between, within = [], []
    for i in range(n):
        for j in range(i + 1, n):
            distances = [math.sqrt(((state[i] - state[j]) ** 2).sum()) for state in states]
            a, b = distances[0], distances[-1]
            bound = a * b / math.sqrt(a * a + b * b) if a + b > 0 else 0.0
            kept[i, j] = kept[j, i] = min(distances) >= bound * (1 - 1e-9)
            (within if labels[i] == labels[j] else between).append(min(distances))
    return kept, min(between), min(within)


@pytest.mark.parametrize("offset", [0.0, 1e6])
@pytest.mark.parametrize("n", [4, 20, 150])
def test_it_agrees_with_explicit_loops(n, offset):
    states = [state + offset for state in random_tracks(n=n, d=3, size=0.5)]
    labels = np.arange(n) // 2 % 3
    kept, between, within = loop_distances(states, labels)
    result = track_distance(states, labels)
    assert result.details["n_pairs"] == n * (n - 1) // 2
    assert result.value == pytest.approx(kept.sum() / (n * (n - 1)), abs=1e-15)
    np.testing.assert_allclose(result.per_sample, kept.sum(axis=1) / (n - 1))
    assert result.details["margin_between_classes"] == pytest.approx(between, rel=1e-9)
    assert result.details["margin_within_classes"] == pytest.approx(within, rel=1e-9)
    assert result.details["least"] == pytest.approx(min(between, within), rel=1e-9)


def test_a_geodesic_keeps_the_bound_for_all_pairs():
    assert track_distance(straight_tracks(n=60, speeds=(0.5, 3.0, 1.0, 1.0))).value == 1.0


# One sample rests at the origin, the other goes straight from (0, 3) to (4, 0): a right triangle with legs 3 and 4. Its
# height 2.4 is the bound, and (1.44, 1.92) is the foot of the height.
FOOT = np.array([1.44, 1.92])


@pytest.mark.parametrize("seed", range(10))
def test_a_pair_exactly_on_the_bound_keeps_it_whatever_the_rounding(seed):
    q = rotation(seed, 2)
    states = [7.0 + np.stack([np.zeros(2), point @ q]) for point in (np.array([0.0, 3.0]), FOOT, np.array([4.0, 0.0]))]
    result = track_distance(states)
    assert result.details["least"] == pytest.approx(2.4)
    assert result.value == 1.0


def test_a_pair_just_under_the_bound_does_not_keep_it():
    points = (np.array([0.0, 3.0]), FOOT * (1 - 1e-7), np.array([4.0, 0.0]))
    assert track_distance([np.stack([np.zeros(2), point]) for point in points]).value == 0.0


def test_tracks_that_cross_break_the_bound():
    result = track_distance([[[0.0], [2.0]], [[1.0], [1.0]], [[2.0], [0.0]]])
    assert (result.value, result.details["least"]) == (0.0, 0.0)


def test_equal_samples_keep_their_bound_of_zero():
    result = track_distance([np.ones((3, 2)), np.zeros((3, 2)), np.ones((3, 2))])
    assert (result.value, result.details["least"]) == (1.0, 0.0)


def test_tiny_distances_at_a_large_offset_are_resolved():
    rng = np.random.default_rng(0)
    base = 1e6 + rng.normal(size=(30, 4))
    base[1] = base[0] + 1e-8
    result = track_distance([base, base + 1.0], labels=np.arange(30) % 2)
    assert result.details["margin_between_classes"] == pytest.approx(np.linalg.norm(base[1] - base[0]), rel=1e-9)


@pytest.mark.parametrize("labels", [None, np.zeros(20)])
def test_a_margin_without_pairs_is_nan(labels):
    result = track_distance(random_tracks(), labels)
    assert result.valid
    assert math.isnan(result.details["margin_between_classes"])
    assert math.isnan(result.details["margin_within_classes"]) == (labels is None)
    assert result.details["least"] > 0.0


def test_one_class_a_sample_has_no_margin_within():
    assert math.isnan(track_distance(random_tracks(), np.arange(20)).details["margin_within_classes"])


def test_wrong_labels_raise():
    with pytest.raises(DataError, match="labels: expected 20 whole numbers"):
        track_distance(random_tracks(), [0, 1])


def test_bad_numbers_give_a_reason():
    assert "state 0 holds" in track_distance([np.full((2, 2), np.nan), np.eye(2)]).reason


def test_a_track_whose_converted_states_are_not_kept_has_the_same_result(monkeypatch):
    states, labels = random_tracks(n=300, d=4), np.arange(300) % 3
    kept = track_distance(states, labels)
    monkeypatch.setattr(importlib.import_module("geodl.scores.track_distance"), "_KEPT_BYTES", 0)
    converted = track_distance([state.astype(np.float64) for state in states], labels)
    assert (converted.value, converted.details) == (kept.value, kept.details)
    assert np.array_equal(converted.per_sample, kept.per_sample)
