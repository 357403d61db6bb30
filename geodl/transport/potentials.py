"""Dual potentials of a given permutation, to the last digit.

The network simplex carries the cost of its artificial arcs (n times the largest entry) in its potentials, so these are
good to about 10⁻¹³ of the largest entry and no better: too coarse for clouds that hardly move, or that hold one far
outlier. But for a given permutation π the potentials are shortest-path distances: with v_{π(j)} = M_{jπ(j)} - u_j, so
that the plan's own edges are tight, feasibility reads

    u_i <= u_j + (M_{iπ(j)} - M_{jπ(j)})   for all i, j,

and Bellman and Ford's iteration from u = 0 converges exactly when π is optimal (no negative cycle), with potentials no
larger than the differences of costs that force them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_ROWS = 64  # small blocks: later rows already see the new potentials of earlier ones, which saves sweeps


def tighten_potentials(
    cost: NDArray[np.float64],
    permutation: NDArray[np.int64],
    start: NDArray[np.float64],
    *,
    sweeps: int = 64,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Potentials that make the edges of a permutation tight, as nearly as feasibility allows.

    Args:
        cost: (n, n) float64, finite.
        permutation: (n,) int64.
        start: (n,) first guess of the row potentials; zeros give the smallest potentials.
        sweeps: Most sweeps over the matrix, each O(n²); fewer if nothing changes any more.

    Returns:
        Row and column potentials u, v, feasible up to one rounding (u is the c-transform of v). If the permutation is
        optimal and the sweeps suffice, its edges have reduced cost zero up to rounding; if not, `certify` will say so.

    Example:
        >>> cost = np.array([[0.0, 1.0], [4.0, 1.0]])
        >>> tighten_potentials(cost, np.array([0, 1]), np.zeros(2))
        (array([0., 0.]), array([0., 1.]))
    """
    n = len(cost)
    own = cost[np.arange(n), permutation]
    u = start.astype(np.float64, copy=True)
    v = np.empty(n)
    v[permutation] = own - u
    buffer = np.empty((_ROWS, n))
    for sweep in range(sweeps):
        changed = False
        # Every other sweep runs backwards: a chain of dependencies is then short in one of the two directions.
        starts = range(0, n, _ROWS) if sweep % 2 == 0 else range((n - 1) // _ROWS * _ROWS, -1, -_ROWS)
        for first in starts:
            rows = slice(first, min(first + _ROWS, n))
            lowered = np.subtract(cost[rows], v, out=buffer[: rows.stop - first]).min(axis=1)
            if np.any(lowered < u[rows]):
                changed = True
                u[rows] = np.minimum(u[rows], lowered)
                v[permutation[rows]] = own[rows] - u[rows]
        if not changed:
            break
    return c_transform(cost, v), v


def c_transform(cost: NDArray[np.float64], v: NDArray[np.float64]) -> NDArray[np.float64]:
    """Largest row potentials that are feasible with given column potentials.

    u_i = min_j (M_ij - v_j)

    Args:
        cost: (n, m) float64.
        v: (m,) float64.

    Returns:
        (n,) float64; u_i + v_j <= M_ij up to rounding.

    Example:
        >>> c_transform(np.array([[0.0, 1.0], [4.0, 1.0]]), np.array([0.0, 1.0]))
        array([0., 0.])
    """
    return np.concatenate([(cost[start : start + _ROWS] - v).min(axis=1) for start in range(0, len(cost), _ROWS)])
