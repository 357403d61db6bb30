from __future__ import annotations

import numpy as np
import pytest

from geodl.transport.candidates import Candidates
from geodl.transport.exact import ROOM, Basis, full_pricer, improve_until_optimal, price
from geodl.transport.tiles import CostTiles
from tests.transport.clouds_of_kinds import clouds
from tests.transport.references import loop_cost, scipy_cost


def start(kind="random", n=60, d=4):
    x, y = clouds(kind, n, d, seed=0)
    tiles = CostTiles(x, y, stored=True)
    rows = np.arange(n)
    return x, y, tiles, Basis(rows, tiles.entries(rows, rows), np.zeros(n)), Candidates(n, ROOM)


@pytest.mark.parametrize("kind", ["random", "classes", "rotated"])
def test_column_generation_ends_with_a_proof_that_all_arcs_share(kind):
    x, y, tiles, basis, candidates = start(kind)
    priced, reason, passes = improve_until_optimal(full_pricer(tiles, 1e-12), basis, candidates, max_pivots=10**6)
    assert (reason, priced.n_violated_rows) == ("", 0)
    assert passes >= 2
    reduced = loop_cost(x, y) - basis.u[:, None] - basis.v
    assert reduced.min() > -1e-12
    assert basis.match_cost.mean() == pytest.approx(scipy_cost(x, y), rel=1e-12)
    assert basis.u.mean() + basis.v.mean() == pytest.approx(basis.match_cost.mean(), rel=1e-12)


def test_a_limit_of_passes_or_pivots_is_a_reason():
    _, _, tiles, basis, candidates = start()
    priced, reason, passes = improve_until_optimal(
        full_pricer(tiles, 1e-12), basis, candidates, max_pivots=10**6, max_passes=1
    )
    assert "better partners left after 1 passes" in reason
    assert (passes, priced.n_violated_rows > 0) == (1, True)
    _, _, tiles, basis, candidates = start()
    _, reason, _ = improve_until_optimal(
        full_pricer(tiles, 1e-12), basis, candidates, max_pivots=7, priced=price(tiles, basis, 1e-12)
    )
    assert reason == "the network simplex reached its limit of 7 iterations"
    assert basis.pivots == 7


def test_what_rounding_decides_ends_the_search():
    # Potentials of 1e9 beside costs of 1: violations by rounding alone never vanish, and are not chased for ever.
    x, y = clouds("random", 40, 2, seed=0)
    tiles = CostTiles(x, y, stored=True)
    rows = np.arange(40)
    basis = Basis(rows, tiles.entries(rows, rows), 1e9 * np.random.default_rng(0).normal(size=40))
    _, _, passes = improve_until_optimal(full_pricer(tiles, 1e-12), basis, Candidates(40, ROOM), max_pivots=10**6)
    assert passes < 100
