"""Optimal transport between clouds of unequal sizes or with weights: a coupling in place of a permutation."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from geodl.errors import DataError
from geodl.transport.clouds import as_cloud, cloud_fault
from geodl.transport.cost import paired_squared_distances, power_of_two_scale, squared_distances, without_translation
from geodl.transport.coupling import optimal_coupling
from geodl.transport.emd_plan import EMD_MATRICES
from geodl.transport.masses import masses
from geodl.transport.memory import physical_memory
from geodl.transport.plan import TransportPlan
from geodl.transport.potentials import c_transform
from geodl.transport.problem import SMALLEST_UNIT, TransportProblem

_NO_PAIRING = "samples of clouds of unequal sizes or weights have no outputs of their own"


def solve_weighted(
    source: Any,
    target: Any,
    source_weights: Any = None,
    target_weights: Any = None,
    *,
    max_memory: float | None = None,
    max_iterations: int = 10_000_000,
    gap_tolerance: float = 1e-9,
) -> TransportPlan:
    """Optimal coupling of two clouds of any sizes, with any masses, by the squared Euclidean cost.

    W₂² = min Σ_ij P_ij ‖x_i - y_j‖²   over P >= 0 with row sums a and column sums b

    Weights of each cloud are divided by their own sum: only their proportions count, and the two sums need not agree.

    Args:
        source: (n, d) array or tensor, n >= 1.
        target: (m, d) array or tensor, m >= 1.
        source_weights: (n,) numbers >= 0, not all zero; None for equal ones.
        target_weights: (m,) likewise.
        max_memory: Bytes that the solution may take; None for half of the machine's memory.
        max_iterations: Most pivots of the network simplex, >= 1; on reaching them it gets ten times as many.
        gap_tolerance: Largest certified relative duality gap of an optimal plan, in (0, 1).

    Returns:
        A plan with ``coupling``, sparse (n, m) of sum 1, in place of ``permutation``: there is no own pairing, so
        ``identity_cost``, ``lower`` and ``upper`` are NaN, and ``kept`` and ``kept_low`` are empty. ``potentials`` have
        the lengths n and m, and are feasible for samples of weight zero too. What cannot be solved and certified has
        status ``"failed"`` and a reason.

    Raises:
        DataError: If the clouds' numbers of features differ, or weights are none.

    Example:
        A point of mass 3 and one of mass 1 go to a single place:

        >>> plan = solve_weighted([[0.0], [2.0]], [[1.0]], [3.0, 1.0])
        >>> plan.status, plan.cost, plan.coupling.toarray().tolist()
        ('optimal', 1.0, [[0.75], [0.25]])
    """
    started = time.perf_counter()
    x, y = as_cloud(source, "source"), as_cloud(target, "target")
    if x.shape[1] != y.shape[1]:
        raise DataError(
            f"target: expected the {x.shape[1]} features of source, found {y.shape[1]}; "
            "transport is defined between clouds of one space"
        )
    a, b = masses(source_weights, len(x), "source_weights"), masses(target_weights, len(y), "target_weights")
    failed = TransportPlan(n=len(x), d=x.shape[1], status="failed", reason="not solved", method="emd")
    plan = _solve(x, y, a, b, failed, max_memory, max_iterations, gap_tolerance)
    return replace(plan, seconds=time.perf_counter() - started)


def _solve(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    failed: TransportPlan,
    max_memory: float | None,
    max_iterations: int,
    gap_tolerance: float,
) -> TransportPlan:
    """Solve what is well formed.

    Returns:
        The plan.
    """
    for name, cloud in (("source", x), ("target", y)):
        fault = cloud_fault(np.concatenate([cloud, np.zeros((1, x.shape[1]))]))  # one sample is enough here
        if fault:
            return replace(failed, reason=f"{name} {fault}")
    needed = EMD_MATRICES * 8.0 * len(x) * len(y)
    allowed = min(physical_memory(), physical_memory() / 2 if max_memory is None else max_memory)
    if needed > allowed:
        reason = (
            f"a coupling of {len(x):,} and {len(y):,} samples needs about {needed / 2**30:.3g} GiB of memory, and may "
            f"take {allowed / 2**30:.3g} GiB; take fewer samples or more max_memory"
        )
        return replace(failed, reason=reason)
    x_own, y_own, delta = without_translation(x, y)
    scale = power_of_two_scale(x_own, y_own)
    problem = TransportProblem(x, y, x_own / scale, y_own / scale, scale, delta, identity_cost=float("nan"))
    cost = squared_distances(problem.x, problem.y)
    if problem.unit < SMALLEST_UNIT and cost.any():
        return replace(failed, reason=problem.underflow)
    heavy, heavy_target = np.flatnonzero(a), np.flatnonzero(b)
    whole = len(heavy) == len(a) and len(heavy_target) == len(b)
    found = optimal_coupling(
        cost if whole else np.ascontiguousarray(cost[np.ix_(heavy, heavy_target)]),
        a[heavy],
        b[heavy_target],
        max_iterations,
    )
    if isinstance(found, str):
        return replace(failed, reason=found)
    if found.gap > gap_tolerance:
        reason = (
            f"the coupling could not be certified: relative duality gap {found.gap:.1e} (tolerance {gap_tolerance:.1e})"
        )
        return replace(failed, reason=reason)
    # Samples without mass take the largest potentials that are feasible: first the columns, then all rows.
    v = np.empty(len(b))
    v[heavy_target] = found.v
    if not whole:
        light = np.flatnonzero(b == 0.0)
        v[light] = c_transform(np.ascontiguousarray(cost[np.ix_(heavy, light)].T), found.u)
    u = found.u if whole else c_transform(cost, v)
    rows, columns = heavy[found.rows], heavy_target[found.columns]
    return replace(
        failed,
        status="optimal",
        reason="",
        coupling=csr_matrix((found.mass, (rows, columns)), shape=cost.shape),
        cost=float(found.mass @ paired_squared_distances(x[rows], y[columns])),
        potentials=problem.potentials_of(u, v),
        gap=found.gap,
        slack=found.slack,
        ties=_NO_PAIRING,
        how="POT's network simplex with weights",
    )
