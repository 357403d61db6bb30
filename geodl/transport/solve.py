"""The one door to optimal transport: two clouds in, a certified plan out.

    W₂²(μ, ν) = min_π mean_i ‖x_i - y_{π(i)}‖²

POT's network simplex finds the plan; nothing of it is believed before it is proven (see `certificate`). Where the
simplex's own precision is too coarse, since its potentials carry n times the largest cost, it is run again on the
reduced costs, which are of the size of the gap that is left: iterative refinement, as for linear systems.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodl.errors import ConfigError, DataError
from geodl.transport.certificate import Certificate, certify
from geodl.transport.clouds import as_cloud, cloud_fault
from geodl.transport.cost import cost_matrix, paired_squared_distances, without_translation
from geodl.transport.emd import SimplexOutcome, network_simplex
from geodl.transport.memory import physical_memory
from geodl.transport.plan import TransportPlan
from geodl.transport.potentials import tighten_potentials
from geodl.transport.ties import tie_interval, tight_edges, value_groups

MAX_ITERATIONS = 1_000_000
"""Pivots of the network simplex; 1,000 random samples of dimension 128 need 20,000 to 50,000."""

_MATRICES = 5  # n × n matrices of float64 at the peak
_RETRY_FACTOR = 10
_REFINEMENTS = 3
_SMALLEST_UNIT = 1e-280  # below this squared scale, costs themselves would underflow


def solve_transport(
    source: Any,
    target: Any,
    *,
    max_iterations: int = MAX_ITERATIONS,
    gap_tolerance: float = 1e-9,
    tie_tolerance: float = 1e-12,
) -> TransportPlan:
    """Optimal transport between two clouds of equal size, by the squared Euclidean cost.

    A plan counts as optimal if its certified duality gap is within ``gap_tolerance`` and each of its edges is tight
    within ``tie_tolerance``: the first bounds the cost as a whole, the second speaks for every single sample, however
    small its displacement beside the others'. Peak memory is about five n × n matrices: 170 MB at n = 2,000.

    Args:
        source: (n, d) array or tensor, the first states x_i.
        target: (n, d) array or tensor, the last states y_i = f(x_i), in the same order.
        max_iterations: Most pivots of the network simplex, >= 1; on reaching them it is run once more with ten times as
            many, and then gives up.
        gap_tolerance: Largest certified relative duality gap of an optimal plan, in (0, 1).
        tie_tolerance: Relative size of reduced costs below which an edge counts as optimal too, in (0, 1).

    Returns:
        The plan. It is never partial: numerical failure (NaN, infinity, one sample, an unfinished or uncertified
        solution, or more memory needed than the machine has) gives status ``"failed"`` with its reason.

    Raises:
        DataError: If the clouds' shapes differ.
        ConfigError: If an option is out of its range.

    Example:
        Two points that exchange their places would better have stayed:

        >>> plan = solve_transport([[0.0], [1.0]], [[1.0], [0.0]])
        >>> plan.permutation, plan.cost, plan.identity_cost, plan.gap
        (array([1, 0]), 0.0, 1.0, 0.0)
        >>> solve_transport([[0.0], [float("nan")]], [[1.0], [0.0]]).reason
        'source holds 1 value that is NaN or infinite'
    """
    if isinstance(max_iterations, bool) or not isinstance(max_iterations, int) or max_iterations < 1:
        raise ConfigError(
            f"max_iterations: expected an integer >= 1, found {max_iterations!r}; leave it at {MAX_ITERATIONS}"
        )
    for name, tolerance in (("gap_tolerance", gap_tolerance), ("tie_tolerance", tie_tolerance)):
        if not 0.0 < tolerance < 1.0:
            raise ConfigError(f"{name}: expected a number in (0, 1), found {tolerance!r}; leave it at its default")
    x, y = as_cloud(source, "source"), as_cloud(target, "target")
    if x.shape != y.shape:
        raise DataError(
            f"target: expected the shape of source, {x.shape}, found {y.shape}; "
            "transport is defined between states of one leg"
        )
    started = time.perf_counter()
    n, d = x.shape
    for name, cloud in (("source", x), ("target", y)):
        fault = cloud_fault(cloud)
        if fault:
            return TransportPlan(n=n, d=d, status="failed", reason=f"{name} {fault}")
    needed, present = _MATRICES * 8 * n * n, physical_memory()
    if needed > present:
        reason = (
            f"a plan of {n:,} samples needs about {needed / 2**30:.0f} GiB of memory, and this machine has "
            f"{present / 2**30:.0f} GiB; take fewer samples"
        )
        return TransportPlan(n=n, d=d, status="failed", reason=reason)
    x_own, y_own, delta = without_translation(x, y)
    cost, scale = cost_matrix(x_own, y_own)
    if cost.any() and scale**2 < _SMALLEST_UNIT:
        reason = f"the clouds spread over less than {2.0 * scale:.3g}, and their squared distances underflow float64"
        return TransportPlan(n=n, d=d, status="failed", reason=reason)
    solution = _certified_plan(cost, max_iterations, gap_tolerance, tie_tolerance)
    if isinstance(solution, str):
        seconds = time.perf_counter() - started
        return TransportPlan(n=n, d=d, status="failed", reason=solution, seconds=seconds)
    rows, columns = solution.edges
    ends = tie_interval(rows, columns, solution.permutation, value_groups(y))
    certificate = certify(cost, ends.permutation, solution.u, solution.v)
    if certificate.gap > gap_tolerance:
        reason = f"the tied plans differ by a relative cost of {certificate.gap:.1e}, above {gap_tolerance:.1e}"
        seconds = time.perf_counter() - started
        return TransportPlan(n=n, d=d, status="failed", reason=reason, seconds=seconds)
    unit = scale**2
    translation_u, translation_v = 2.0 * (x_own @ delta) + delta @ delta, -2.0 * (y_own @ delta)
    return TransportPlan(
        n=n,
        d=d,
        status="optimal",
        permutation=ends.permutation,
        cost=float(paired_squared_distances(x, y[ends.permutation]).mean()),
        identity_cost=float(paired_squared_distances(x, y).mean()),
        potentials=(solution.u * unit + translation_u, solution.v * unit + translation_v),
        gap=certificate.gap,
        slack=certificate.slack,
        kept=ends.kept,
        kept_low=ends.kept_low,
        seconds=time.perf_counter() - started,
    )


@dataclass(frozen=True, eq=False)
class _Solution:
    """A permutation with the potentials that prove it, and the tight graph that contains it."""

    permutation: NDArray[np.int64]
    u: NDArray[np.float64]
    v: NDArray[np.float64]
    edges: tuple[NDArray[np.int64], NDArray[np.int64]]


def _certified_plan(
    cost: NDArray[np.float64], max_iterations: int, gap_tolerance: float, tie_tolerance: float
) -> _Solution | str:
    """Return a plan, refined until its proof is good enough, or the reason why there is none."""
    n = len(cost)
    outcome = _with_retry(cost, max_iterations)
    base, unit = np.zeros(n), 1.0
    best: tuple[Certificate, NDArray[np.float64], NDArray[np.float64]]
    for refinement in range(_REFINEMENTS + 1):
        if outcome.reason:
            return outcome.reason
        candidates = []
        # Only differences of row potentials count; their common offset would blur every reduced cost.
        guess = base + unit * outcome.u
        for permutation in _contenders(cost, outcome.permutation, gap_tolerance):
            # Zero potentials are the more precise start, the solver's the faster one for long chains of dependencies.
            for start in (np.zeros(n), guess - np.median(guess)):
                u, v = tighten_potentials(cost, permutation, start)
                certificate = certify(cost, permutation, u, v)
                if certificate.gap <= gap_tolerance:
                    edges = tight_edges(cost, u, v, tie_tolerance)
                    if _contains(edges, permutation):
                        return _Solution(permutation, u, v, edges)
                candidates.append((certificate, u, v))
        best = min(candidates, key=lambda candidate: candidate[0].gap)
        _, base, v = best
        reduced = np.maximum(cost - base[:, None] - v, 0.0)
        unit = float(reduced[np.arange(n), outcome.permutation].sum())
        if unit == 0.0 or refinement == _REFINEMENTS:
            break
        # A plan better than this one uses no edge that alone costs more than all of this one: cut those down, so that
        # the solver's precision is spent at the scale of the gap.
        np.minimum(reduced, 2.0 * unit, out=reduced)
        reduced /= unit
        outcome = _with_retry(reduced, max_iterations)
    return (
        f"the plan could not be certified: relative duality gap {best[0].gap:.1e} (tolerance {gap_tolerance:.1e}), "
        f"after {_REFINEMENTS} refinements"
    )


def _with_retry(cost: NDArray[np.float64], max_iterations: int) -> SimplexOutcome:
    """Return the network simplex's outcome, run once more with more iterations if it reached their limit."""
    outcome = network_simplex(cost, max_iterations)
    if outcome.iteration_limit:
        outcome = network_simplex(cost, max_iterations * _RETRY_FACTOR)
    return outcome


def _contenders(
    cost: NDArray[np.float64], permutation: NDArray[np.int64], gap_tolerance: float
) -> list[NDArray[np.int64]]:
    """Return the permutations to certify: the network's own pairing, if as cheap as the solver's, and the solver's.

    Where the own pairing is one of many optimal ones, proving it directly makes its edges tight by construction.
    """
    own = np.arange(len(cost), dtype=np.int64)
    if np.array_equal(permutation, own):
        return [own]
    cheap = float(np.diagonal(cost).sum()) <= float(cost[own, permutation].sum()) * (1.0 + gap_tolerance)
    return [own, permutation] if cheap else [permutation]


def _contains(edges: tuple[NDArray[np.int64], NDArray[np.int64]], permutation: NDArray[np.int64]) -> bool:
    """Return whether all edges of the permutation are among the tight ones."""
    rows, columns = edges
    return int(np.count_nonzero(permutation[rows] == columns)) == len(permutation)
