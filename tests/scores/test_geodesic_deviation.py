from __future__ import annotations

import math
import sys
from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from geodl.scores import geodesic_deviation
from geodl.transport import solve_transport
from tests.scores.tracks import random_tracks, straight_tracks
from tests.transport.references import loop_cost, scipy_cost


def test_it_agrees_with_scipys_transport_and_explicit_loops():
    states = random_tracks(n=12)
    _, partner = linear_sum_assignment(loop_cost(states[0], states[-1]))
    lengths = [np.mean([np.linalg.norm(b[i] - a[i]) for i in range(12)]) for a, b in pairwise(states)]
    expected = []
    for k in range(1, 4):
        t = sum(lengths[:k]) / sum(lengths)
        between = np.array([(1 - t) * states[0][i] + t * states[-1][partner[i]] for i in range(12)])
        expected.append(math.sqrt(scipy_cost(states[k], between) / scipy_cost(states[0], states[-1])))
    result = geodesic_deviation(states)
    assert result.details["per_step"] == pytest.approx(expected, rel=1e-9)
    assert result.value == pytest.approx(max(expected), rel=1e-9)


@pytest.mark.parametrize("speeds", [(1.0, 1.0, 1.0), (0.5, 3.0, 1.0)])
def test_a_geodesic_has_none_at_any_speed(speeds):
    result = geodesic_deviation(straight_tracks(speeds=speeds))
    assert result.value < 1e-14
    np.testing.assert_allclose(result.details["times"], np.cumsum(speeds)[:-1] / sum(speeds), rtol=1e-12)


def test_only_distributions_are_compared_and_not_who_is_where():
    # Half-way along a translation by 2 both samples have exchanged their places; the arcs before and after are equal.
    result = geodesic_deviation([[[0.0], [4.0]], [[5.0], [1.0]], [[2.0], [6.0]]])
    assert result.details["times"] == [0.5]
    assert result.value == 0.0


def test_what_is_undefined_has_a_reason():
    x = np.eye(3)
    assert "no interior state" in geodesic_deviation([x, x + 1.0]).reason
    assert "coincide" in geodesic_deviation([x, x + 1.0, x]).reason
    assert "coincide" in geodesic_deviation([x, x, x]).reason
    assert "NaN" in geodesic_deviation([x, x * np.nan, x]).reason


def test_failed_plans_give_their_reasons(monkeypatch):
    states = random_tracks(n=60)
    failed = solve_transport(states[0], states[-1], max_iterations=1)
    assert geodesic_deviation(states, plan=failed).reason == failed.reason
    plan = solve_transport(states[0], states[-1])
    # The package's attribute of this name is the function, so the module is looked up by its import name.
    module = sys.modules["geodl.scores.geodesic_deviation"]
    monkeypatch.setattr(module, "solve_many", lambda pairs, **options: [failed for _ in pairs])
    result = geodesic_deviation(states, plan=plan)
    assert math.isnan(result.value)
    assert result.reason.startswith("state 1 against the geodesic: the network simplex reached")
