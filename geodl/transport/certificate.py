"""The proof that a plan is optimal: a feasible solution of the dual problem with the same cost.

Kantorovich duality for uniform weights: for every pair of potentials with u_i + v_j <= M_ij for all i, j, and every
permutation π,

    mean_i u_i + mean_j v_j  <=  mean_i M_{iπ(i)},

with equality exactly for optimal π and (u, v). So a plan needs no trust in the solver that found it: primal cost, dual
cost, feasibility of the dual and the gap between the two can be recomputed from M, π, u and v alone, as is done here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_ROWS = 256


@dataclass(frozen=True)
class Certificate:
    """What potentials prove about a permutation.

    Attributes:
        primal: Mean cost of the permutation, in units of the cost matrix, >= 0.
        dual: Certified lower bound on the mean cost of every permutation: the dual cost, lowered by the worst violation
            of feasibility, and at least 0, since costs are not negative.
        slack: Most negative reduced cost min_ij (M_ij - u_i - v_j), at most 0, relative to the largest entry of M: how
            far the potentials are from being feasible.
        gap: (primal - dual) / primal, in [0, 1]: by which share of the plan's own mean cost a better plan could at most
            be cheaper. Relative to the plan's cost and not to the largest entry, so that it also bounds the relative
            error of a transport ratio. 0 if the primal cost is 0, which no plan can beat.
    """

    primal: float
    dual: float
    slack: float
    gap: float


def certify(
    cost: NDArray[np.float64],
    permutation: NDArray[np.int64],
    u: NDArray[np.float64],
    v: NDArray[np.float64],
) -> Certificate:
    """Certify a permutation by potentials, whoever computed them.

    The gap is summed from the reduced costs on the plan, M_{iπ(i)} - u_i - v_{π(i)}, so that it does not drown in the
    rounding of two large sums. It is exact up to the rounding of single reduced costs, ε (M_ij + |u_i| + |v_j|).

    Args:
        cost: (n, n) float64, finite, >= 0.
        permutation: (n,) int64: sample i goes to target permutation[i].
        u: (n,) potentials of the rows, in units of ``cost``.
        v: (n,) potentials of the columns.

    Returns:
        The certificate; a gap of 0 means proven optimal, of 1 that nothing is proven.

    Example:
        >>> cost = np.array([[1.0, 4.0], [4.0, 1.0]])
        >>> certify(cost, np.array([0, 1]), np.array([1.0, 1.0]), np.zeros(2))
        Certificate(primal=1.0, dual=1.0, slack=0.0, gap=0.0)
        >>> certify(cost, np.array([1, 0]), np.array([1.0, 1.0]), np.zeros(2)).gap
        0.75
    """
    own = cost[np.arange(len(cost)), permutation]
    primal = float(own.mean())
    lowest = min(
        float((cost[start : start + _ROWS] - u[start : start + _ROWS, None] - v).min())
        for start in range(0, len(cost), _ROWS)
    )
    violation = min(lowest, 0.0)
    excess = max(float((own - u - v[permutation]).mean()) - violation, 0.0)
    excess = min(excess, primal)  # the zero potentials prove as much
    largest = float(cost.max())
    return Certificate(
        primal=primal,
        dual=primal - excess,
        slack=violation / largest if largest > 0.0 else 0.0,
        gap=excess / primal if primal > 0.0 else 0.0,
    )
