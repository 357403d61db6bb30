from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from geodl.transport.exact import Basis, price
from geodl.transport.problem import transport_problem
from geodl.transport.proof import certificate_of, kept_by_bounds, ties_of
from geodl.transport.search import polish, solve_exactly
from geodl.transport.tie_groups import tie_groups
from geodl.transport.tiles import CostTiles
from tests.transport.clouds_of_kinds import KINDS, clouds
from tests.transport.references import brute_force, loop_cost

LIMITS = {"tie_tolerance": 1e-12, "max_pivots": 10**6}


def test_the_certificate_of_any_potentials_is_a_lower_bound():
    x, y = clouds("random", 7, 2, seed=0)
    tiles = CostTiles(x, y, stored=True)
    least, _, _ = brute_force(x, y)
    rng = np.random.default_rng(0)
    for _ in range(50):
        plan = rng.permutation(7)
        basis = Basis(plan, tiles.entries(np.arange(7), plan), rng.normal(size=7))
        certificate = certificate_of(basis.match_cost, basis.u, basis.v[basis.match], price(tiles, basis, 1e-12))
        assert 0.0 <= certificate.dual <= least * (1 + 1e-12)
        assert certificate.primal == pytest.approx(loop_cost(x, y)[np.arange(7), plan].mean(), rel=1e-12)
        assert 0.0 <= certificate.gap <= 1.0
        assert certificate.slack <= 0.0


@pytest.mark.parametrize("kind", ["random", "lattice", "collapsed", "tiny", "duplicates", "permuted"])
def test_bounds_never_exclude_or_force_what_an_optimal_plan_decides_otherwise(kind):
    decided = 0
    for seed in range(40):
        x, y = clouds(kind, 6, 2, seed)
        problem = transport_problem(x, y)
        tiles = CostTiles(problem.x, problem.y, stored=True)
        good = solve_exactly(tiles, from_own=True, **LIMITS).basis
        rng = np.random.default_rng(seed)
        # The optimum's potentials, disturbed: a bracket of some width around it.
        guess = good.u + 0.02 * rng.normal(size=6) * rng.integers(2)
        basis = Basis(good.match.astype(int), good.match_cost, guess)
        possible, forced, certificate = kept_by_bounds(problem, basis, price(tiles, basis, 1e-12), tie_groups(x, y))
        cost = loop_cost(x, y)
        totals = {order: cost[np.arange(6), order].sum() for order in permutations(range(6))}
        least = min(totals.values())
        best = [order for order, total in totals.items() if total <= least * (1 + 1e-12)]
        lower, upper = problem.ratio_bounds(good.match.astype(int), certificate.primal - certificate.dual)
        if problem.identity_cost > 0.0:
            assert lower <= least / 6 / problem.identity_cost * (1 + 1e-12)
            assert upper >= least / 6 / problem.identity_cost * (1 - 1e-12)
        for order in best:
            kept = (y[list(order)] == y).all(axis=1)
            assert (kept <= possible).all()
            assert (forced <= kept).all()
        decided += int((~possible).sum() + forced.sum())
    assert decided > 0


@pytest.mark.parametrize("kind", KINDS)
def test_ties_are_those_of_brute_force(kind):
    if kind in ("scales", "outlier"):
        pytest.skip("brute force in float64 cannot tell these costs apart")
    for seed in range(15):
        x, y = clouds(kind, 6, 2, seed)
        tiles = CostTiles(x, y, stored=True)
        answer = polish(tiles, solve_exactly(tiles, from_own=True, **LIMITS), **LIMITS)
        ends = ties_of(tiles, answer.basis, answer.priced, tie_groups(x, y), 1e-12)
        _, fewest, most = brute_force(x, y)
        assert (ends.kept_low.sum(), ends.kept.sum()) == (fewest, most)


def test_a_row_with_many_tight_arcs_is_listed_whole():
    # All costs equal although all points differ: on two circles about one centre, in orthogonal planes.
    angle = 2 * np.pi * np.arange(40) / 40
    circle, zero = np.stack([np.cos(angle), np.sin(angle)], axis=1), np.zeros((40, 2))
    x, y = np.hstack([circle, zero]), np.hstack([zero, circle])
    tiles = CostTiles(x, y, stored=True)
    answer = solve_exactly(tiles, from_own=True, **LIMITS)
    ends = ties_of(tiles, answer.basis, answer.priced, tie_groups(x, y), 1e-12)
    assert (ends.kept_low.sum(), ends.kept.sum()) == (0, 40)


def test_too_many_ties_are_undecided_and_said(monkeypatch):
    monkeypatch.setattr("geodl.transport.proof.LARGEST_TIGHT_GRAPH", 100)
    x = np.eye(40)
    tiles = CostTiles(x, -x, stored=True)  # all pairs but the own cost the same
    answer = solve_exactly(tiles, from_own=True, **LIMITS)
    ends = ties_of(tiles, answer.basis, answer.priced, tie_groups(x, -x), 1e-12)
    assert ends == "1,560 pairs of distinct points may be partners, above the limit of 100"
