from __future__ import annotations

import math
import sys
from itertools import pairwise

import numpy as np
import pytest

from geodl.scores import optimal_transport_score, step_transport, transport_ratio
from geodl.transport import TransportPlan
from tests.scores.tracks import random_tracks, straight_tracks


def test_every_step_is_scored_by_itself():
    states = random_tracks()
    result = step_transport(states)
    pairs = list(pairwise(states))
    assert result.details["ots"] == [optimal_transport_score(a, b).value for a, b in pairs]
    assert result.details["ots_low"] == [optimal_transport_score(a, b).details["low"] for a, b in pairs]
    assert result.details["transport_ratio"] == [transport_ratio(a, b).value for a, b in pairs]
    assert result.value == pytest.approx(np.mean(result.details["ots"]))
    assert result.details["transport_ratio_mean"] == pytest.approx(np.mean(result.details["transport_ratio"]))


def test_a_geodesic_is_made_of_optimal_steps():
    result = step_transport(straight_tracks())
    assert (result.value, result.details["transport_ratio_mean"]) == (1.0, 1.0)


def test_a_block_at_rest_is_an_optimal_map():
    x = np.eye(3)
    result = step_transport([x, x, -x])
    assert result.details["ots"] == [1.0, 0.0]


def test_a_failed_step_is_nan_and_named(monkeypatch):
    failed = TransportPlan(n=20, d=5, status="failed", reason="limit")
    module = sys.modules["geodl.scores.step_transport"]
    monkeypatch.setattr(module, "solve_many", lambda pairs, **options: [failed for _ in pairs])
    result = step_transport(random_tracks(steps=2))
    assert math.isnan(result.value)
    assert result.reason == "step 1: limit; step 2: limit"
    assert np.isnan(result.details["ots"]).all()
    assert math.isnan(result.details["transport_ratio_mean"])


def test_bad_numbers_give_a_reason():
    assert "state 1 holds" in step_transport([np.eye(2), np.full((2, 2), np.inf)]).reason
