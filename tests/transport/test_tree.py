from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from geodl.transport.candidates import Candidates
from geodl.transport.exact import Basis


def all_arcs(cost):
    n = len(cost)
    candidates = Candidates(n, n)
    candidates.set(np.tile(np.arange(n, dtype=np.int32), (n, 1)), cost)
    return candidates


def check_basis(basis, cost):
    """A basis is a spanning tree whose arcs are tight, under the plan's own inverse."""
    n = len(cost)
    assert sorted(basis.match.tolist()) == list(range(n))
    assert np.array_equal(basis.owner[basis.match], np.arange(n))
    assert np.array_equal(basis.match_cost, cost[np.arange(n), basis.match])
    scale = np.abs(cost).max() + np.abs(basis.u).max()
    assert basis.u + basis.v[basis.match] == pytest.approx(basis.match_cost, abs=1e-14 * scale)
    for i in range(n):
        x, steps = i, 0
        while basis._above[x] != n:
            j = basis._above[x]
            assert basis._above_cost[x] == cost[x, j]
            assert basis.u[x] + basis.v[j] == pytest.approx(cost[x, j], abs=1e-13 * scale)
            x, steps = basis.owner[j], steps + 1
            assert steps <= n, "the tree has a cycle"
    hanging = []
    for j in range(n + 1):
        x = basis._first[j]
        while x >= 0:
            assert basis._above[x] == j
            hanging.append(int(x))
            x = basis._after[x]
    assert sorted(hanging) == list(range(n))


@pytest.mark.parametrize("n", [1, 2, 3, 7, 30, 120])
@pytest.mark.parametrize("whole_numbers", [False, True])
def test_with_all_arcs_it_solves_the_assignment_problem(n, whole_numbers):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        cost = rng.integers(5, size=(n, n)) * 1.0 if whole_numbers else rng.uniform(size=(n, n))
        basis = Basis(rng.permutation(n), np.zeros(n), rng.normal(size=n))
        basis = Basis(basis.match.astype(int), cost[np.arange(n), basis.match], rng.normal(size=n))
        basis.improve(all_arcs(cost), 10**6)
        check_basis(basis, cost)
        rows, columns = linear_sum_assignment(cost)
        assert basis.match_cost.sum() == pytest.approx(cost[rows, columns].sum(), rel=1e-12)
        assert (cost - basis.u[:, None] - basis.v).min() > -1e-13 * (1 + np.abs(basis.u).max())


def test_on_few_arcs_it_finds_the_best_plan_among_them():
    rng = np.random.default_rng(1)
    n, k = 80, 6
    cost = rng.uniform(size=(n, n))
    columns = np.stack([np.append(rng.permutation(n)[:k], i) for i in range(n)])  # the own pairing among them
    weights = np.take_along_axis(cost, columns, 1)
    candidates = Candidates(n, k + 1)
    candidates.set(columns.astype(np.int32), weights)
    basis = Basis(np.arange(n), np.diagonal(cost).copy(), np.zeros(n))
    basis.improve(candidates, 10**6)
    check_basis(basis, cost)
    graph = csr_matrix((weights.ravel(), (np.repeat(np.arange(n), k + 1), columns.ravel())), shape=(n, n))
    rows, best = min_weight_full_bipartite_matching(graph)
    assert basis.match_cost.sum() == pytest.approx(cost[rows, best].sum(), rel=1e-12)


def test_without_cheaper_exchanges_no_pivot_changes_the_plan():
    x = np.sort(np.random.default_rng(2).normal(size=60))
    cost = (x[:, None] - (x + 0.3)) ** 2  # a translation in one dimension
    basis = Basis(np.arange(60), np.diagonal(cost).copy(), np.zeros(60))
    assert basis.improve(all_arcs(cost), 10**6) == basis.pivots > 0
    assert basis.cycles == 0
    assert np.array_equal(basis.match, np.arange(60))


def test_the_limit_of_pivots_leaves_a_whole_basis():
    cost = np.random.default_rng(3).uniform(size=(50, 50))
    for limit in range(0, 200, 13):
        basis = Basis(np.arange(50), np.diagonal(cost).copy(), np.zeros(50))
        assert basis.improve(all_arcs(cost), limit) <= limit
        check_basis(basis, cost)
