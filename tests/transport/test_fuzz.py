"""Random small problems of all kinds against brute force, SciPy, and the checks that anyone can make."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from geodl.transport import solve_transport
from tests.transport.clouds_of_kinds import KINDS, clouds
from tests.transport.references import brute_force, loop_cost, scipy_cost


def check(kind, n, d, seed, **options):
    """Solve one problem, check all that can be checked of it, and say what solved it."""
    x, y = clouds(kind, n, d, seed)
    plan = solve_transport(x, y, **options)
    where = f"{kind}, n = {n}, d = {d}, seed {seed}, {options}: {plan}"
    assert plan.status == "optimal", where
    assert sorted(plan.permutation.tolist()) == list(range(n)), where
    assert plan.cost == pytest.approx(scipy_cost(x, y), rel=1e-10, abs=0.0), where
    assert 0.0 <= plan.gap <= 1e-9, where
    assert 0.0 <= plan.lower <= plan.upper <= 1.0, where
    if plan.identity_cost > 0.0:
        assert plan.cost <= plan.identity_cost * (1 + 1e-12), where
        assert plan.upper == pytest.approx(plan.cost / plan.identity_cost, rel=1e-12), where
    assert plan.kept_low.sum() <= plan.kept.sum(), where
    own = (y[plan.permutation] == y).all(axis=1)
    assert np.array_equal(own, plan.kept), where
    u, v = plan.potentials
    cost = loop_cost(x, y)
    size = cost + np.abs(u)[:, None] + np.abs(v)
    assert (cost - u[:, None] - v >= -1e-11 * size).all(), where
    if n <= 6 and kind not in ("scales", "outlier"):  # where sums in float64 lose what differs, brute force errs
        _, fewest, most = brute_force(x, y)
        assert (plan.kept_low.sum(), plan.kept.sum()) == (fewest, most), where
    return plan.method


def sizes(seed, largest):
    rng = np.random.default_rng(seed)
    return int(rng.integers(2, largest)), int(rng.integers(1, 6))


@pytest.mark.parametrize("kind", KINDS)
def test_small_problems_of_every_kind(kind):
    for seed in range(30):
        check(kind, *sizes(seed, 7), seed)
    for seed in range(30, 60):
        check(kind, *sizes(seed, 40), seed)


@pytest.mark.parametrize("kind", ["random", "lattice", "outlier", "scales", "duplicates", "classes"])
@pytest.mark.parametrize("method", ["simplex", "lazy", "emd"])
def test_every_method_agrees(kind, method):
    for seed in range(10):
        assert check(kind, *sizes(seed, 30), seed, method=method) == method


@pytest.mark.slow
def test_ten_thousand_problems():
    methods = Counter()
    kinds = list(KINDS)
    for seed in range(10_000):
        kind = kinds[seed % len(kinds)]
        methods[kind, check(kind, *sizes(seed, 7 if seed % 2 else 40), seed)] += 1
    assert sum(methods.values()) == 10_000
    by_method = Counter()
    for (_, method), count in methods.items():
        by_method[method] += count
    assert set(by_method) <= {"certificate", "simplex", "emd"}
    assert by_method["emd"] < 100  # POT is the last resort, and is hardly ever needed
