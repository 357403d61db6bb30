from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from geodl.transport.candidates import Candidates
from geodl.transport.exact import full_pricer, improve_until_optimal
from geodl.transport.multiscale import c_transform_of, column_potentials, start_from_potentials
from geodl.transport.search import own_pairing
from geodl.transport.tiles import CostTiles
from tests.transport.clouds_of_kinds import clouds


def test_the_c_transform_is_the_largest_feasible_potential():
    x, y = clouds("random", 30, 3, seed=0)
    cost = ((x[:, None] - y[None]) ** 2).sum(-1)
    v = np.random.default_rng(1).normal(size=30)
    assert c_transform_of(CostTiles(x, y, stored=False), v) == pytest.approx((cost - v).min(axis=1), rel=1e-12)


def test_potentials_of_fewer_samples_are_near_those_of_all():
    x, y = clouds("random", 600, 2, seed=0)
    y = 2.0 * y + np.sin(3.0 * y)
    v = column_potentials(x, y, seed=0, threads=1)
    dual = c_transform_of(CostTiles(x, y, stored=True), v).mean() + v.mean()
    cost = ((x[:, None] - y[None]) ** 2).sum(-1)
    least = cost[linear_sum_assignment(cost)].mean()
    assert 0.8 * least < dual <= least * (1 + 1e-12)


@pytest.mark.parametrize("kind", ["classes", "random"])
def test_the_start_is_a_plan_that_saves_pivots(kind):
    x, y = clouds(kind, 900, 3, seed=0)
    y = y[np.random.default_rng(0).permutation(900)]  # the own pairing is far from optimal
    tiles = CostTiles(x, y, stored=True)
    basis, candidates = start_from_potentials(tiles, column_potentials(x, y, seed=0, threads=1))
    assert sorted(basis.match.tolist()) == list(range(900))
    improve_until_optimal(full_pricer(tiles, 1e-12), basis, candidates, max_pivots=10**7)
    slow, _ = own_pairing(tiles)
    empty = Candidates(900, candidates.columns.shape[1])
    improve_until_optimal(full_pricer(tiles, 1e-12), slow, empty, max_pivots=10**7)
    assert basis.match_cost.sum() == pytest.approx(slow.match_cost.sum(), rel=1e-12)
    assert basis.pivots < 0.5 * slow.pivots


def test_threads_and_repetition_change_no_bit():
    x, y = clouds("classes", 700, 3, seed=0)
    first = column_potentials(x, y, seed=0, threads=1)
    assert np.array_equal(first, column_potentials(x, y, seed=0, threads=2))
