from __future__ import annotations

import math

import numpy as np
import pytest

from geodl.scores import METRICS, SCORES, leg_metrics, score_leg
from tests.scores.tracks import random_tracks, wave_tracks

NAMES = [
    "lss",
    "lss_median",
    "lss_q25",
    "lss_q75",
    "zero_steps",
    "ots",
    "ots_low",
    "transport_ratio",
    "path_straightness",
    "kinetic_straightness",
    "geodesic_score",
    "geodesic_deviation",
    "step_ots",
    "step_transport_ratio",
    "track_bound_share",
    "track_margin",
    "action",
]


def test_a_full_leg_has_every_metric_as_a_finite_number():
    row = leg_metrics(score_leg(random_tracks(), np.arange(20) % 2))
    assert list(row) == NAMES
    assert all(isinstance(value, float) and math.isfinite(value) for value in row.values())


def test_the_weights_norm_is_there_when_weights_are():
    row = leg_metrics(score_leg(random_tracks(), weights=[np.ones(4)]))
    assert list(row) == [*NAMES, "weight_norm"]
    assert row["weight_norm"] == 4.0
    assert math.isnan(row["track_margin"])


def test_each_number_is_the_one_of_its_score():
    results = score_leg(random_tracks(), np.arange(20) % 2)
    row = leg_metrics(results)
    assert row["lss"] == results["line_shape"].value
    assert row["lss_median"] == results["line_shape"].details["median"]
    assert row["ots_low"] == results["optimal_transport"].details["low"]
    assert row["step_transport_ratio"] == results["step_transport"].details["transport_ratio_mean"]
    assert row["track_margin"] == results["track_distance"].details["margin_between_classes"]


def test_a_leg_without_scores_is_nan_in_every_metric():
    row = leg_metrics(score_leg([np.eye(3), np.full((3, 3), np.nan)]))
    assert list(row) == NAMES
    assert np.isnan(list(row.values())).all()


def test_only_the_scores_that_were_asked_for_have_metrics():
    assert list(leg_metrics(score_leg(random_tracks(), scores=["action", "geodesic"]))) == ["geodesic_score", "action"]


def test_every_metric_belongs_to_a_registered_score_and_every_score_has_one():
    assert {metric.score for metric in METRICS.values()} == set(SCORES)


def test_pinned_values_of_a_leg_given_by_a_formula():
    row = leg_metrics(score_leg(wave_tracks(), np.arange(12) % 3, weights=[np.arange(4.0)]))
    expected = {
        "lss": 2.30074157,
        "lss_median": 2.405394614,
        "lss_q25": 1.646719642,
        "lss_q75": 2.820892203,
        "zero_steps": 0,
        "ots": 0.8333333333,
        "ots_low": 0.8333333333,
        "transport_ratio": 0.9964745013,
        "path_straightness": 0.5129534735,
        "kinetic_straightness": 0.2765190344,
        "geodesic_score": 0.2755441669,
        "geodesic_deviation": 0.5509491599,
        "step_ots": 0.9444444444,
        "step_transport_ratio": 0.9960493593,
        "track_bound_share": 0.9696969697,
        "track_margin": 0.1297922494,
        "action": 2.06546426,
        "weight_norm": 14,
    }
    assert row == pytest.approx(expected, rel=1e-9)
