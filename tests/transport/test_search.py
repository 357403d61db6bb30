from __future__ import annotations

from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest

from geodl.transport import search as search_module
from geodl.transport.search import own_pairing, polish, prove_own_pairing, solve_exactly, solve_from_potentials
from geodl.transport.tiles import CostTiles
from tests.transport.clouds_of_kinds import KINDS, clouds
from tests.transport.references import scipy_cost

LIMITS = {"tie_tolerance": 1e-12, "max_pivots": 10**7}


def tiles_of(kind, n, d=3, seed=0):
    return CostTiles(*clouds(kind, n, d, seed), stored=True)


def exact_costs(x, y):
    """Costs of all permutations, in rational numbers."""
    n = len(x)
    cost = [
        [sum((Fraction(float(a)) - Fraction(float(b))) ** 2 for a, b in zip(x[i], y[j], strict=True)) for j in range(n)]
        for i in range(n)
    ]
    return {order: sum(cost[i][order[i]] for i in range(n)) for order in permutations(range(n))}


def test_the_better_guess_of_the_own_pairings_potentials_is_taken():
    basis, share = own_pairing(tiles_of("residual", 50))
    assert share < 0.25
    assert basis.root_costs.any()
    basis, share = own_pairing(tiles_of("tiny", 50))
    assert share == 0.0
    assert not basis.root_costs.any()  # zero loses fewer digits
    assert own_pairing(tiles_of("random", 50))[1] > 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_the_own_pairing_is_proved_or_disproved_as_brute_force_says(kind):
    for seed in range(12):
        x, y = clouds(kind, 5, 2, seed)
        answer = prove_own_pairing(CostTiles(x, y, stored=True), **LIMITS)
        costs = exact_costs(x, y)
        own = costs[tuple(range(5))]
        found = costs[tuple(int(j) for j in answer.basis.match)]
        assert bool(answer.reason) == (answer.basis.cycles > 0)
        if answer.reason:
            assert "the own pairing is not optimal" in answer.reason
            assert found < own  # the exchanges named are a proof
        else:  # no exchange saves what float64 could show
            assert own - min(costs.values()) <= own * Fraction(1, 10**13)


@pytest.mark.parametrize("from_own", [True, False])
@pytest.mark.parametrize("kind", ["random", "classes", "residual", "permuted"])
def test_all_ways_end_at_the_optimum(monkeypatch, kind, from_own):
    monkeypatch.setattr(search_module, "_FEW", 0)
    tiles = tiles_of(kind, 350)
    answer = solve_exactly(tiles, from_own=from_own, **LIMITS)
    assert answer.reason == ""
    assert answer.basis.match_cost.mean() == pytest.approx(scipy_cost(tiles.x, tiles.y), rel=1e-10)
    assert answer.own == (from_own and kind == "residual")


def test_given_potentials_change_the_time_and_not_the_plan():
    tiles = tiles_of("random", 80)
    plans = [
        solve_from_potentials(tiles, v, start="", **LIMITS).basis.match
        for v in (np.zeros(80), 100.0 * np.random.default_rng(0).normal(size=80))
    ]
    assert np.array_equal(*plans)


def test_polishing_finds_what_large_potentials_hide():
    x = np.array([[0.0], [1e-9], [5.0]])
    y = np.array([[1e-9], [0.0], [6.0]])
    tiles = CostTiles(x, y, stored=True)
    coarse = solve_exactly(tiles, from_own=True, **LIMITS)
    fine = polish(tiles, coarse, **LIMITS)
    assert fine.basis.match.tolist() == [1, 0, 2]
    assert np.abs(fine.basis.u[:2]).max() < 1e-17
