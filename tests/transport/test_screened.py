from __future__ import annotations

import numpy as np
import pytest

from geodl.transport import screened as screened_module
from geodl.transport.exact import Basis, price
from geodl.transport.screened import ScreenedTiles
from geodl.transport.search import own_pairing, solve_exactly
from geodl.transport.tiles import CostTiles
from tests.transport.clouds_of_kinds import KINDS, clouds

LIMITS = {"tie_tolerance": 1e-12, "max_pivots": 10**6}


def bases(tiles):
    """A basis far from the optimum, the optimum's, and one between."""
    rng = np.random.default_rng(0)
    best = solve_exactly(tiles, from_own=True, **LIMITS).basis
    plan = best.match.astype(int)
    yield own_pairing(tiles)[0]
    yield best
    yield Basis(plan, tiles.entries(np.arange(len(plan)), plan), best.u * (1 + 1e-3 * rng.normal(size=len(plan))))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stored", [True, False])
def test_it_finds_what_double_precision_finds(monkeypatch, kind, stored):
    monkeypatch.setattr(screened_module, "_BLOCK", 4 * 300 * 70)  # blocks of seventy rows
    x, y = clouds(kind, 300, 6, seed=0)
    scale = 2.0 ** np.ceil(np.log2(max(np.abs(x).max(), np.abs(y).max())))
    tiles = CostTiles(x / scale, y / scale, stored=True)
    screened = ScreenedTiles(x / scale, y / scale, stored=stored)
    for basis in bases(tiles):
        full, found = price(tiles, basis, 1e-12), screened.price(basis, tie_tolerance=1e-12)
        assert np.array_equal(found.counts > 0, full.counts > 0)
        # Costs differ in their last digits between the two, so arcs within rounding of zero may go either way.
        near = np.abs(full.lowest) > 1e-11 * (full.largest + np.abs(basis.u))
        clear = near & (full.counts < full.columns.shape[1])
        assert np.array_equal(found.counts[clear], full.counts[clear])
        negative = (full.lowest < 0) & near
        assert found.lowest[negative] == pytest.approx(full.lowest[negative], rel=1e-9)
        assert (found.lowest[full.lowest >= 0] <= full.lowest[full.lowest >= 0] + 1e-15).all()
        for i in np.flatnonzero(clear & (full.counts > 0)):
            assert sorted(found.columns[i, : found.counts[i]]) == sorted(full.columns[i, : full.counts[i]])
        assert found.largest >= full.largest * (1 - 1e-12)


def test_wide_margins_need_no_second_look():
    x, _ = clouds("random", 400, 50, seed=1)
    tiles = CostTiles(x / 8, x / 8 + 0.01, stored=True)
    basis, _ = own_pairing(tiles)
    screened = ScreenedTiles(tiles.x, tiles.y, stored=True)
    assert not screened.price(basis, tie_tolerance=1e-12).n_violated_rows
    assert screened.looked_at < 1e-4


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_change_nothing_that_is_used(threads):
    x, y = clouds("classes", 200, 5, seed=2)
    tiles = CostTiles(x / 32, y / 32, stored=True)
    basis, _ = own_pairing(tiles)
    one = ScreenedTiles(tiles.x, tiles.y, stored=True, threads=1).price(basis, tie_tolerance=1e-12)
    more = ScreenedTiles(tiles.x, tiles.y, stored=True, threads=threads).price(basis, tie_tolerance=1e-12)
    assert np.array_equal(one.counts, more.counts)
    for i in range(200):
        assert np.array_equal(one.columns[i, : one.counts[i]], more.columns[i, : more.counts[i]])
