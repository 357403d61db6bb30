"""An optimal coupling of two weighted clouds: POT's general network simplex, and the proof of what it found.

    min Σ_ij P_ij M_ij   over P >= 0 with row sums a and column sums b

The dual problem asks for the most Σ a_i u_i + Σ b_j v_j with u_i + v_j <= M_ij. As for permutations (see
`certificate`), nothing is believed of the solver: potentials are made again from its plan, one pass over the matrix
says by how much they are feasible, and masses that rounding lost are charged at the largest cost.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geodl.transport.emd import call_pot
from geodl.transport.potentials import c_transform

_ITERATION_LIMIT = 3  # POT's result code MAX_ITER_REACHED
_OPTIMAL = 1
_RETRY_FACTOR = 10
_SWEEPS = 64
_ROWS = 256
_LOST_MASS = 1e-9  # shares of the whole mass by which a plan's marginals may be off


@dataclass(frozen=True, eq=False)
class CertifiedCoupling:
    """A plan between weighted clouds, with the potentials that prove it.

    Attributes:
        rows: (e,) int64: source of each pair that exchanges mass.
        columns: (e,) int64: target of each.
        mass: (e,) float64, > 0, of sum 1 up to rounding.
        u: (n,) row potentials, in units of the cost matrix.
        v: (m,) column potentials.
        gap: Certified relative duality gap: by which share of its cost a better plan could at most be cheaper.
        slack: Most negative reduced cost relative to the largest cost, <= 0.
    """

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    mass: NDArray[np.float64]
    u: NDArray[np.float64]
    v: NDArray[np.float64]
    gap: float
    slack: float


def optimal_coupling(
    cost: NDArray[np.float64], a: NDArray[np.float64], b: NDArray[np.float64], max_iterations: int
) -> CertifiedCoupling | str:
    """Solve a transport problem with weights by POT's network simplex, and certify it.

    Args:
        cost: (n, m) float64, finite, >= 0.
        a: (n,) masses of the rows, > 0, of sum 1.
        b: (m,) masses of the columns, > 0, of sum 1.
        max_iterations: Most pivots; on reaching them the simplex is run once more with ten times as many.

    Returns:
        The coupling with its certificate, or the reason why there is none.

    Example:
        >>> cost = np.array([[0.0, 4.0], [1.0, 1.0]])
        >>> found = optimal_coupling(cost, np.array([0.5, 0.5]), np.array([0.25, 0.75]), 1000)
        >>> found.rows, found.columns, found.mass, found.gap
        (array([0, 0, 1]), array([0, 1, 1]), array([0.25, 0.25, 0.5 ]), 0.0)
    """
    solved = _simplex(cost, a, b, max_iterations)
    if isinstance(solved, str):
        return solved
    plan, guess = solved
    rows, columns = (index.astype(np.int64) for index in np.nonzero(plan))
    mass = plan[rows, columns]
    off_rows = np.bincount(rows, mass, minlength=len(a)) - a
    off_columns = np.bincount(columns, mass, minlength=len(b)) - b
    lost = max(float(np.abs(off_rows).sum()), float(np.abs(off_columns).sum()))
    if not (mass.min() >= 0.0 and lost <= _LOST_MASS):
        return f"the network simplex returned a plan whose marginals are off by {lost:.1e} of the mass"
    candidates = []
    for start in (guess - np.median(guess), np.zeros(len(a))):
        u, v = _tightened(cost, rows, columns, start)
        lowest = min(
            float((cost[first : first + _ROWS] - u[first : first + _ROWS, None] - v).min())
            for first in range(0, len(cost), _ROWS)
        )
        violation, largest = min(lowest, 0.0), float(cost.max())
        paid = cost[rows, columns]
        primal = float(mass @ paid)
        # Primal minus dual cost, from the reduced costs on the plan: it does not drown in the rounding of large sums.
        excess = float(mass @ (paid - u[rows] - v[columns])) + float(off_rows @ u + off_columns @ v)
        excess = max(excess, 0.0) - violation + lost * largest
        gap = min(excess / primal, 1.0) if primal > 0.0 else 0.0
        candidates.append(
            CertifiedCoupling(rows, columns, mass, u, v, gap, violation / largest if largest > 0.0 else 0.0)
        )
    return min(candidates, key=lambda candidate: candidate.gap)


def _simplex(
    cost: NDArray[np.float64], a: NDArray[np.float64], b: NDArray[np.float64], max_iterations: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | str:
    """Return POT's plan and its row potentials, or the reason why there is none."""
    unit = float(max(len(a), len(b)))  # masses of order one, well above POT's own tolerance
    for limit in (max_iterations, max_iterations * _RETRY_FACTOR):
        plan, log = call_pot(a * unit, b * unit, cost, limit)
        code, message = int(log["result_code"]), log["warning"]
        if code != _ITERATION_LIMIT:
            break
    if code == _ITERATION_LIMIT:
        return f"the network simplex reached its limit of {limit} iterations"
    if code != _OPTIMAL or message is not None:
        return f"the network simplex ended with result code {code}: {message}"
    u = np.asarray(log["u"], dtype=np.float64)
    if not (np.isfinite(plan).all() and np.isfinite(u).all()):
        return "the network simplex returned masses or potentials that are not finite"
    return plan / unit, u


def _tightened(
    cost: NDArray[np.float64], rows: NDArray[np.int64], columns: NDArray[np.int64], start: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return potentials that make the pairs of a plan tight, as nearly as feasibility allows.

    Bellman and Ford's iteration, as `geodl.transport.potentials.tighten_potentials` for permutations: v_j is set by the
    dearest of the pairs of column j, and u_i lowered where that is infeasible.
    """
    paid = cost[rows, columns]
    u = start.copy()
    for _ in range(_SWEEPS):
        v = np.full(cost.shape[1], -np.inf)
        np.maximum.at(v, columns, paid - u[rows])
        lowered = c_transform(cost, v)
        if not np.any(lowered < u):
            break
        u = np.minimum(u, lowered)
    return c_transform(cost, v), v
