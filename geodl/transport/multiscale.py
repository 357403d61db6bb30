"""A first guess from fewer samples: the potentials of a subset, extended to all.

Potentials are functions of a point, v(y) = min_x (‖x - y‖² - u(x)), so those of a random quarter of the samples are
defined on all of them, and they are close to the whole problem's, since the clouds are. A plan read off them leaves the
simplex a tenth of the pivots that it needs from the network's own pairing (compare Gerber & Maggioni 2017, "Multiscale
strategies for computing optimal transport", JMLR 18).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geodl.transport.candidates import Candidates, greedy_matching
from geodl.transport.exact import ROOM, Basis, full_pricer, improve_until_optimal
from geodl.transport.pricing import least_of_rows, nearest_columns
from geodl.transport.tiles import CostTiles

NEAREST = 64
"""First candidates of a row."""

_SMALLEST = 300  # samples below which there is nothing to gain from fewer
_SHARE = 4  # samples of a problem to those of the next smaller
_SMALL_MATRIX = 2.0**28  # bytes of a smaller problem's matrix that is kept in any case
_PASSES = 6  # of a smaller problem: its potentials need not be proven


def column_potentials(
    x: NDArray[np.float64], y: NDArray[np.float64], *, seed: int, threads: int
) -> NDArray[np.float64]:
    """Approximate column potentials of the transport problem between two clouds of equal size.

    Args:
        x: (n, d) float64.
        y: (n, d) float64.
        seed: Of the choice of the subset.
        threads: Threads of a pass.

    Returns:
        (n,) float64.
    """
    n = len(x)
    if n <= _SMALLEST:
        return c_transform_of(CostTiles(y, x, stored=False, threads=threads), np.zeros(n))
    subset = np.sort(np.random.default_rng(seed).permutation(n)[: n // _SHARE])
    x_few, y_few = x[subset], y[subset]
    v = column_potentials(x_few, y_few, seed=seed + 1, threads=threads)
    tiles = CostTiles(x_few, y_few, stored=8.0 * len(subset) ** 2 <= _SMALL_MATRIX, threads=threads)
    basis, candidates = start_from_potentials(tiles, v)
    improve_until_optimal(full_pricer(tiles, 1e-12), basis, candidates, max_pivots=1000 * n, max_passes=_PASSES)
    return c_transform_of(CostTiles(y, x_few, stored=False, threads=threads), basis.u)


def start_from_potentials(tiles: CostTiles, v: NDArray[np.float64]) -> tuple[Basis, Candidates]:
    """A plan and candidates from column potentials: the nearest columns by reduced cost, matched greedily.

    Args:
        tiles: The (n, n) cost matrix.
        v: (n,) column potentials, in units of the matrix.

    Returns:
        A basis, whose row potentials are the c-transform of v; and the `NEAREST` best arcs of each row.
    """
    n = tiles.shape[0]
    k = min(NEAREST, n)
    columns, costs = np.empty((n, k), dtype=np.int32), np.empty((n, k))
    tiles.sweep(lambda block, start: nearest_columns(block, start, v, columns, costs))
    reduced = costs - v[columns]
    u = reduced[:, 0].copy()
    reduced -= u[:, None]
    match, owner = np.full(n, -1, dtype=np.int32), np.full(n + 1, -1, dtype=np.int32)
    greedy_matching(np.argsort(reduced, axis=None, kind="stable"), columns, match, owner)
    free = np.flatnonzero(match < 0)
    match[free] = np.flatnonzero(owner[:-1] < 0)
    rows = np.arange(n, dtype=np.int64)
    candidates = Candidates(n, ROOM)
    candidates.set(columns, costs)
    plan = match.astype(np.int64)
    return Basis(plan, tiles.entries(rows, plan), u), candidates


def c_transform_of(tiles: CostTiles, v: NDArray[np.float64]) -> NDArray[np.float64]:
    """Largest row potentials that are feasible with given column potentials.

    u_i = min_j (M_ij - v_j)

    Args:
        tiles: The (n, m) cost matrix.
        v: (m,) column potentials.

    Returns:
        (n,) float64.

    Example:
        >>> tiles = CostTiles(np.array([[0.0], [2.0]]), np.array([[0.0], [1.0]]), stored=False)
        >>> c_transform_of(tiles, np.array([0.0, 1.0]))
        array([0., 0.])
    """
    result = np.empty(tiles.shape[0])
    tiles.sweep(lambda block, start: least_of_rows(block, start, v, result))
    return result
