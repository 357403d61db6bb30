from __future__ import annotations

import time

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from geodl.transport import grouped_ties
from geodl.transport.grouped_ties import grouped_tie_interval
from geodl.transport.potentials import tighten_potentials
from geodl.transport.tie_groups import tie_groups
from geodl.transport.ties import tie_interval, tight_edges
from tests.transport.references import brute_force, loop_cost


def solved(x, y):
    """An optimal permutation, the groups, and the tight edges between distinct rows."""
    cost = loop_cost(x, y)
    permutation = linear_sum_assignment(cost)[1].astype(np.int64)
    u, v = tighten_potentials(cost, permutation, np.zeros(len(x)))
    groups = tie_groups(x, y)
    rows, columns = groups.source.first, groups.target.first
    edges = tight_edges(cost[np.ix_(rows, columns)], u[rows], v[columns], 1e-12)
    return cost, permutation, groups, edges


def lattice(rng, n, kind):
    """Clouds of few whole numbers, so that points coincide in x, in y or in both."""
    d, few = int(rng.integers(1, 3)), rng.integers(1, 5, size=2)
    x, y = rng.integers(few[0], size=(n, d)) * 1.0, rng.integers(few[1], size=(n, d)) * 1.0
    if kind == "x distinct":
        x = rng.normal(size=(n, d))
    if kind == "y distinct":
        y = rng.normal(size=(n, d))
    if kind == "permuted":
        y = x[rng.permutation(n)]
    return x, y


def assert_consistent(ends, y, cost, permutation):
    n = len(y)
    assert sorted(ends.permutation.tolist()) == list(range(n))
    best = cost[np.arange(n), permutation].sum()
    assert cost[np.arange(n), ends.permutation].sum() == pytest.approx(best, rel=1e-12, abs=1e-12)
    assert np.array_equal((y[ends.permutation] == y).all(axis=1), ends.kept)
    assert np.array_equal(ends.permutation[ends.kept], np.flatnonzero(ends.kept))


KINDS = ("both", "x distinct", "y distinct", "permuted")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(5))
def test_the_interval_is_that_of_all_optimal_permutations(kind, seed):
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    for _ in range(100):
        x, y = lattice(rng, int(rng.integers(2, 6)), kind)
        cost, permutation, groups, edges = solved(x, y)
        ends = grouped_tie_interval(*edges, permutation, groups)
        _, fewest, most = brute_force(x, y)
        assert (int(ends.kept_low.sum()), int(ends.kept.sum())) == (fewest, most)
        assert_consistent(ends, y, cost, permutation)


@pytest.mark.parametrize("kind", KINDS)
def test_the_interval_is_that_of_the_samples_one_by_one(kind):
    rng = np.random.default_rng(KINDS.index(kind))
    for _ in range(40):
        x, y = lattice(rng, int(rng.integers(6, 40)), kind)
        cost, permutation, groups, edges = solved(x, y)
        ends = grouped_tie_interval(*edges, permutation, groups)
        tight = np.zeros((len(groups.source.first), len(groups.target.first)), dtype=bool)
        tight[edges] = True
        rows, columns = np.nonzero(tight[groups.source.group][:, groups.target.group])
        single = tie_interval(rows, columns, permutation, groups.target.group)
        assert (ends.kept.sum(), ends.kept_low.sum()) == (single.kept.sum(), single.kept_low.sum())
        assert_consistent(ends, y, cost, permutation)


def test_the_low_mask_belongs_to_an_optimal_plan():
    # Relabelled so that the owners are who the low plan says: its own pairing must then be possible at the same cost.
    rng = np.random.default_rng(7)
    for _ in range(60):
        x, y = lattice(rng, 6, "both")
        cost, permutation, groups, edges = solved(x, y)
        low = grouped_tie_interval(*edges, permutation, groups).kept_low
        masked = cost.copy()
        own = (y[:, None] == y[None]).all(axis=2)
        masked[own != low[:, None]] = 1e6  # who keeps must keep, who loses must lose
        rows, columns = linear_sum_assignment(masked)
        assert masked[rows, columns].sum() == pytest.approx(cost[np.arange(6), permutation].sum(), abs=1e-9)


def test_distinct_points_go_the_way_of_single_samples(monkeypatch):
    monkeypatch.setattr(grouped_ties, "cheapest_flow", None)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30, 2)), rng.normal(size=(30, 2))
    _, permutation, groups, edges = solved(x, y)
    ends = grouped_tie_interval(*edges, permutation, groups)
    assert np.array_equal(ends.kept, permutation == np.arange(30))
    assert np.array_equal(ends.kept, ends.kept_low)


def test_edges_of_the_plan_that_were_not_given_are_added():
    groups = tie_groups(np.zeros((2, 1)), np.array([[1.0], [2.0]]))
    none = np.empty(0, dtype=np.int64)
    ends = grouped_tie_interval(none, none, np.array([1, 0]), groups)
    assert (ends.kept.sum(), ends.kept_low.sum()) == (2, 0)


def test_more_edges_than_the_limit_are_a_reason(monkeypatch):
    monkeypatch.setattr(grouped_ties, "LARGEST_TIGHT_GRAPH", 3)
    groups = tie_groups(np.zeros((4, 1)), np.arange(4.0)[:, None])
    reason = grouped_tie_interval(np.zeros(4, dtype=int), np.arange(4), np.arange(4), groups)
    assert reason == "4 pairs of distinct points may be partners, above the limit of 3"


@pytest.mark.parametrize("kind", ["both constant", "x constant", "y constant", "handful"])
def test_ten_thousand_coinciding_points_take_seconds(kind):
    n = 10_000
    rng = np.random.default_rng(0)
    x = np.zeros((n, 16)) if kind in {"both constant", "x constant"} else rng.normal(size=(n, 16))
    y = np.zeros((n, 16)) if kind in {"both constant", "y constant"} else rng.normal(size=(n, 16))
    if kind == "handful":  # every pair costs the same: the values lie on orthogonal axes
        x, y = np.eye(16)[rng.integers(8, size=n)], np.eye(16)[8 + rng.integers(8, size=n)]
    started = time.perf_counter()
    groups = tie_groups(x, y)
    rows, columns = np.divmod(np.arange(len(groups.source.first) * len(groups.target.first)), len(groups.target.first))
    ends = grouped_tie_interval(rows, columns, rng.permutation(n), groups)
    assert time.perf_counter() - started < 10.0
    assert ends.kept.all()
    assert ends.kept_low.all() == (kind in {"both constant", "y constant"})
    assert ends.kept_low.any() == ends.kept_low.all()
