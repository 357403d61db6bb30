"""POT's network simplex, refined until its plan is proven.

The simplex carries n times the largest cost in its potentials, and where that is too coarse it is run again on the
reduced costs, which are of the size of the gap that is left: iterative refinement, as for linear systems.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geodl.transport.certificate import Certificate, certify
from geodl.transport.emd import SimplexOutcome, network_simplex
from geodl.transport.potentials import tighten_potentials
from geodl.transport.ties import tight_edges

MATRICES = 5
"""n × n matrices of float64 that POT and the refinement need at their peak."""

_RETRY_FACTOR = 10
_REFINEMENTS = 3


@dataclass(frozen=True, eq=False)
class RefinedPlan:
    """A permutation with the potentials that prove it, and the tight graph that contains it.

    Attributes:
        permutation: (n,) int64.
        u: (n,) row potentials.
        v: (n,) column potentials.
        edges: Row and column indices of the tight edges, those of the permutation among them.
    """

    permutation: NDArray[np.int64]
    u: NDArray[np.float64]
    v: NDArray[np.float64]
    edges: tuple[NDArray[np.int64], NDArray[np.int64]]


def refined_plan(
    cost: NDArray[np.float64], *, max_iterations: int, gap_tolerance: float, tie_tolerance: float
) -> RefinedPlan | str:
    """POT's plan, refined until its proof is good enough.

    Args:
        cost: (n, n) float64, finite.
        max_iterations: Most pivots of the network simplex; on reaching them it is run once more with ten times as many.
        gap_tolerance: Largest certified relative duality gap.
        tie_tolerance: Relative size of a reduced cost that counts as zero.

    Returns:
        The plan, or the reason why there is none.

    Example:
        >>> cost = np.array([[5.0, 1.0], [1.0, 5.0]])
        >>> plan = refined_plan(cost, max_iterations=100, gap_tolerance=1e-9, tie_tolerance=1e-12)
        >>> plan.permutation
        array([1, 0])
    """
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
            # Least costs are the more precise start, since no far sample pushes the others' potentials up; the solver's
            # the faster one for long chains of dependencies.
            for start in (cost.min(axis=1), guess - np.median(guess)):
                u, v = tighten_potentials(cost, permutation, start)
                certificate = certify(cost, permutation, u, v)
                if certificate.gap <= gap_tolerance:
                    edges = tight_edges(cost, u, v, tie_tolerance)
                    if _contains(edges, permutation):
                        return RefinedPlan(permutation, u, v, edges)
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
