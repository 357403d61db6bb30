from __future__ import annotations

import numpy as np
import pytest

from geodl.scores import optimal_transport_score, transport_ratio
from geodl.scores.metrics import leg_metrics
from geodl.transport import solve_transport
from tests.transport.clouds_of_kinds import KINDS, clouds


@pytest.mark.parametrize("kind", KINDS)
def test_the_bracket_holds_the_truth(kind):
    for seed, n in ((0, 12), (1, 40), (2, 400)):
        x, y = clouds(kind, n, 3, seed)
        bounds, exact = solve_transport(x, y, method="sinkhorn"), solve_transport(x, y)
        assert bounds.status == "bracket"
        assert "bounds" in bounds.reason
        assert sorted(bounds.permutation.tolist()) == list(range(n))
        ratio = 1.0 if exact.identity_cost == 0.0 else exact.cost / exact.identity_cost
        assert bounds.lower * (1 - 1e-9) <= ratio <= bounds.upper * (1 + 1e-9)
        assert bounds.kept_low.sum() <= exact.kept_low.sum()
        assert exact.kept.sum() <= bounds.kept.sum()
        assert (bounds.kept_low <= bounds.kept).all()
        u, v = bounds.potentials
        assert u.mean() + v.mean() <= exact.cost * (1 + 1e-9) + 1e-12 * (np.abs(u).max() + np.abs(v).max())


def test_scores_of_a_bracket_are_nan_with_their_bounds_beside_them():
    x, y = clouds("classes", 300, 3, seed=0)
    y = y[np.random.default_rng(0).permutation(300)]
    plan = solve_transport(x, y, method="sinkhorn")
    results = {
        "optimal_transport": optimal_transport_score(x, y, plan=plan),
        "transport_ratio": transport_ratio(x, y, plan=plan),
    }
    exact = {"optimal_transport": optimal_transport_score(x, y), "transport_ratio": transport_ratio(x, y)}
    for name, result in results.items():
        assert not result.valid
        assert "only bounds are proved" in result.reason
        assert result.details["low"] <= exact[name].value * (1 + 1e-12)
        assert exact[name].value <= result.details["high"] * (1 + 1e-12)
    row = leg_metrics(results)
    assert np.isnan([row["ots"], row["transport_ratio"]]).all()
    assert 0.0 <= row["ots_low"] <= row["ots_high"] <= 1.0
    assert 0.0 <= row["transport_ratio_low"] <= row["transport_ratio_high"] <= 1.0
    assert "ots_high" not in leg_metrics(exact)


def test_potentials_that_are_not_finite_are_a_reason(monkeypatch):
    monkeypatch.setattr(
        "geodl.transport.bracket.sinkhorn_potentials", lambda x, y, **options: (None, np.full(len(x), np.nan), None)
    )
    plan = solve_transport(*clouds("random", 20, 2, 0), method="sinkhorn")
    assert plan.status == "failed"
    assert "not finite" in plan.reason
