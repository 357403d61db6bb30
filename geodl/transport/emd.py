"""POT's network simplex, with everything it can do wrong turned into a reason.

The weights are whole numbers (one unit of mass a sample), so that flows stay exact and an optimal plan is a matrix of
zeros and ones (Birkhoff 1946): anything else is refused.
"""

from __future__ import annotations

import contextlib
import threading
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_ITERATION_LIMIT = 3  # POT's result code MAX_ITER_REACHED
_OPTIMAL = 1


@dataclass(frozen=True)
class SimplexOutcome:
    """What one call of the network simplex returned, after checks.

    Attributes:
        permutation: (n,) int64; empty if ``reason`` is not.
        u: (n,) row potentials; empty if ``reason`` is not.
        v: (n,) column potentials; empty if ``reason`` is not.
        reason: Why there is no plan, in words; empty if there is one.
        iteration_limit: Whether the reason is the iteration limit, so that more iterations may help.
    """

    permutation: NDArray[np.int64]
    u: NDArray[np.float64]
    v: NDArray[np.float64]
    reason: str = ""
    iteration_limit: bool = False


def network_simplex(cost: NDArray[np.float64], max_iterations: int) -> SimplexOutcome:
    """Solve the assignment problem by POT's network simplex.

    Args:
        cost: (n, n) float64, finite (POT crashes the interpreter on matrices of NaN, so this is an invariant here).
        max_iterations: Most pivots.

    Returns:
        The permutation with its potentials, or the reason why there is none; never a partial plan.

    Example:
        >>> network_simplex(np.array([[5.0, 1.0], [1.0, 5.0]]), 1000).permutation
        array([1, 0])
    """
    weights = np.ones(len(cost))
    plan, log = call_pot(weights, weights, cost, max_iterations)
    code, message = int(log["result_code"]), log["warning"]
    if code != _OPTIMAL or message is not None:
        if code == _ITERATION_LIMIT:
            return _refusal(f"the network simplex reached its limit of {max_iterations} iterations", limit=True)
        return _refusal(f"the network simplex ended with result code {code}: {message}")
    rows, columns = np.nonzero(plan)
    u, v = np.asarray(log["u"], dtype=np.float64), np.asarray(log["v"], dtype=np.float64)
    if not np.array_equal(plan[rows, columns], np.ones(len(rows))):
        return _refusal("the network simplex returned fractional or unequal masses")
    if not (np.array_equal(rows, np.arange(len(cost))) and np.array_equal(np.sort(columns), rows)):
        return _refusal("the network simplex returned a plan whose marginals are not uniform")
    if not (np.isfinite(u).all() and np.isfinite(v).all()):
        return _refusal("the network simplex returned potentials that are not finite")
    return SimplexOutcome(columns.astype(np.int64), u, v)


def call_pot(
    a: NDArray[np.float64], b: NDArray[np.float64], cost: NDArray[np.float64], max_iterations: int
) -> tuple[NDArray[np.float64], dict[str, Any]]:
    """Call POT's network simplex without its warnings, which say what its log also says.

    Args:
        a: (n,) masses of the rows.
        b: (m,) masses of the columns.
        cost: (n, m) float64, finite.
        max_iterations: Most pivots.

    Returns:
        POT's plan (n, m) and its log; nothing of it is checked.
    """
    import ot  # takes seconds (it brings torch along), and only who solves pays

    assert np.isfinite(cost).all(), "the cost matrix must be finite before POT sees it"
    # Filters of warnings belong to the whole process, so beside the main thread they are left alone.
    alone = threading.current_thread() is threading.main_thread()
    with warnings.catch_warnings() if alone else contextlib.nullcontext():
        if alone:
            warnings.simplefilter("ignore")
        plan, log = ot.emd(a, b, cost, numItermax=max_iterations, log=True)
    return plan, log


def _refusal(reason: str, *, limit: bool = False) -> SimplexOutcome:
    """Return an outcome without any of the solver's numbers."""
    none = np.empty(0)
    return SimplexOutcome(none.astype(np.int64), none, none, reason, limit)
