"""The one door to optimal transport: two clouds in, a certified plan out.

    W₂²(μ, ν) = min_π mean_i ‖x_i - y_{π(i)}‖²

`solve_transport` chooses how to solve, and says what it chose; whatever solved it, the answer is what potentials and
one pass over all n² arcs prove (see `proof`).
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from geodl.errors import ConfigError, DataError
from geodl.transport.clouds import as_cloud, cloud_fault
from geodl.transport.emd_plan import EMD_MATRICES, plan_by_emd
from geodl.transport.memory import STORED_MATRICES, fits_stored, physical_memory
from geodl.transport.plan import TransportPlan
from geodl.transport.problem import TransportProblem, transport_problem

METHODS = ("auto", "certificate", "simplex", "lazy", "emd", "sinkhorn")
"""What ``method`` may be, see `solve_transport`."""

MAX_ITERATIONS = 10_000_000
"""Pivots of the network simplex; 4,000 samples of trained networks need up to 300,000."""


def solve_transport(
    source: Any,
    target: Any,
    method: str = "auto",
    *,
    source_weights: Any = None,
    target_weights: Any = None,
    max_memory: float | None = None,
    threads: int | None = None,
    max_iterations: int = MAX_ITERATIONS,
    gap_tolerance: float = 1e-9,
    tie_tolerance: float = 1e-12,
) -> TransportPlan:
    """Optimal transport between two clouds, by the squared Euclidean cost.

    A plan counts as optimal if its certified duality gap is within ``gap_tolerance`` and each of its edges is tight
    within ``tie_tolerance``: the first bounds the cost as a whole, the second speaks for every single sample, however
    small its displacement beside the others'.

    ============= ===================================================================================================
    method        what it does
    ============= ===================================================================================================
    auto          asks first whether the own pairing is optimal, and then takes simplex, or lazy where the matrix does
                  not fit into ``max_memory``; where these cannot certify their plan, emd
    certificate   proves the own pairing optimal by potentials alone, or fails with the exchanges that disprove it
    simplex       network simplex on candidate arcs, priced against a stored cost matrix: 8 n² bytes
    lazy          the same without a stored matrix: it is computed anew in every pass, of which there are about ten
    emd           POT's network simplex, about 40 n² bytes
    sinkhorn      entropic potentials (on a GPU where there is one), a plan near the optimum, and proved bounds for both
    ============= ===================================================================================================

    Clouds of unequal sizes, or with weights, go through POT's general plan (auto or emd) and have a ``coupling`` in
    place of a permutation; scores of networks need equal sizes, since sample i belongs to output i.

    Args:
        source: (n, d) array or tensor, the first states x_i.
        target: (n, d) array or tensor, the last states y_i = f(x_i), in the same order.
        method: One of `METHODS`.
        source_weights: (n,) masses of the source samples, or None for equal ones.
        target_weights: (m,) masses of the target samples, or None for equal ones.
        max_memory: Bytes that the solution may take; None for half of the machine's memory.
        threads: Threads of a pass over the cost matrix; None for all processors, or ``OMP_NUM_THREADS`` of them. They
            change no result.
        max_iterations: Most pivots of the network simplex, >= 1; on reaching them it gets ten times as many, and then
            gives up.
        gap_tolerance: Largest certified relative duality gap of an optimal plan, in (0, 1).
        tie_tolerance: Relative size of reduced costs below which an edge counts as optimal too, in (0, 1).

    Returns:
        The plan. It is never partial: numerical failure (NaN, infinity, one sample, an unfinished or uncertified
        solution, or more memory needed than allowed) gives status ``"failed"`` with its reason.

    Raises:
        DataError: If the clouds' shapes do not fit.
        ConfigError: If an option is out of its range.

    Example:
        Two points that exchange their places would better have stayed:

        >>> plan = solve_transport([[0.0], [1.0]], [[1.0], [0.0]])
        >>> plan.permutation, plan.cost, plan.identity_cost, plan.gap
        (array([1, 0]), 0.0, 1.0, 0.0)
        >>> solve_transport([[0.0], [float("nan")]], [[1.0], [0.0]]).reason
        'source holds 1 value that is NaN or infinite'
    """
    _check_options(method, max_memory, max_iterations, gap_tolerance, tie_tolerance)
    x, y = as_cloud(source, "source"), as_cloud(target, "target")
    if x.shape[1] != y.shape[1]:
        raise DataError(
            f"target: expected the {x.shape[1]} features of source, found {y.shape[1]}; "
            "transport is defined between clouds of one space"
        )
    started = time.perf_counter()
    n, d = x.shape
    if source_weights is not None or target_weights is not None or len(y) != n:
        from geodl.transport.weighted import solve_weighted

        if method not in ("auto", "emd"):
            raise ConfigError(
                f"method: expected auto or emd for clouds of unequal sizes or weights, found {method!r}, which pairs "
                "samples one to one; leave it out"
            )
        return solve_weighted(
            x,
            y,
            source_weights,
            target_weights,
            max_memory=max_memory,
            max_iterations=max_iterations,
            gap_tolerance=gap_tolerance,
        )
    failed = TransportPlan(n=n, d=d, status="failed", reason="not solved", method=method)
    for name, cloud in (("source", x), ("target", y)):
        fault = cloud_fault(cloud)
        if fault:
            return replace(failed, reason=f"{name} {fault}")
    memory = min(physical_memory(), physical_memory() / 2 if max_memory is None else max_memory)
    limits = {"max_iterations": max_iterations, "gap_tolerance": gap_tolerance, "tie_tolerance": tie_tolerance}
    try:
        plan = _solve(transport_problem(x, y), failed, memory, threads, limits)
    except MemoryError:
        plan = replace(failed, reason=f"memory ran out while solving for {n:,} samples; take method='lazy' or fewer")
    return replace(plan, seconds=time.perf_counter() - started)


def _check_options(
    method: str, max_memory: float | None, max_iterations: int, gap_tolerance: float, tie_tolerance: float
) -> None:
    """Refuse options out of their range.

    Raises:
        ConfigError: If one is.
    """
    if method not in METHODS:
        raise ConfigError(f"method: expected one of {', '.join(METHODS)}, found {method!r}; leave it at auto")
    if max_memory is not None and not max_memory > 0:
        raise ConfigError(f"max_memory: expected a number of bytes above 0, found {max_memory!r}; leave it out")
    if isinstance(max_iterations, bool) or not isinstance(max_iterations, int) or max_iterations < 1:
        raise ConfigError(
            f"max_iterations: expected an integer >= 1, found {max_iterations!r}; leave it at {MAX_ITERATIONS}"
        )
    for name, tolerance in (("gap_tolerance", gap_tolerance), ("tie_tolerance", tie_tolerance)):
        if not 0.0 < tolerance < 1.0:
            raise ConfigError(f"{name}: expected a number in (0, 1), found {tolerance!r}; leave it at its default")


def _solve(
    problem: TransportProblem, failed: TransportPlan, memory: float, threads: int | None, limits: dict[str, Any]
) -> TransportPlan:
    """Solve by the method that ``failed`` names.

    Returns:
        The plan.
    """
    n, method = failed.n, failed.method
    if method == "emd" or (method == "simplex" and not fits_stored(n, memory)):
        matrices = EMD_MATRICES if method == "emd" else STORED_MATRICES
        if matrices * 8 * n * n > memory:
            needed, allowed = matrices * 8 * n * n / 2**30, memory / 2**30
            return replace(
                failed,
                reason=f"method {method} needs about {needed:.3g} GiB of memory for {n:,} samples, and may take "
                f"{allowed:.3g} GiB; take method='lazy', fewer samples or more max_memory",
            )
    if method == "emd":
        return plan_by_emd(problem, failed, **limits)
    if method == "sinkhorn":
        from geodl.transport.bracket import plan_by_sinkhorn  # compiled code and torch, which only who needs them loads

        return plan_by_sinkhorn(
            *(problem, failed),
            memory=memory,
            threads=threads,
            max_iterations=limits["max_iterations"],
            tie_tolerance=limits["tie_tolerance"],
        )
    from geodl.transport.simplex_plan import plan_by_simplex

    stored = method != "lazy" and fits_stored(n, memory)
    plan = plan_by_simplex(problem, failed, stored=stored, threads=threads, **limits)
    doubtful = plan.status == "failed" and method == "auto" and "certified" in plan.reason
    if doubtful and EMD_MATRICES * 8 * n * n <= memory:
        return replace(plan_by_emd(problem, failed, **limits), how=f"{plan.reason}; then POT")
    return plan
