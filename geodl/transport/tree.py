"""The compiled network simplex of the assignment problem, on a tree of samples.

A basis of the assignment problem whose matched arcs all point away from the root (Barr, Glover & Klingman 1977, "The
alternating basis algorithm for assignment problems", Math. Programming 13) is a rooted tree of samples: sample i with
its target hangs on the target that a basic, unmatched arc connects it with. Two kinds of pivot bring arc (i, j) with a
negative reduced cost into the basis:

- j does not hang below i: i moves, with all that hangs on it, below j. The plan stays; potentials fall.
- j hangs below i: the arc closes a cycle, along which every sample takes the target of the one above it. The plan gets
  cheaper by the reduced cost.

Started from the network's own pairing this is Bellman and Ford's search for negative cycles, with every cycle that is
found put to use: no cycle at all is the proof that the own pairing is optimal.

The root is a target without a sample, at artificial costs u⁰_i. Nobody may ever be matched with it, so it changes no
plan; its costs are a first guess of the potentials.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geodl.compiled import compiled


@compiled()
def _detach(
    i: int, above: NDArray[np.int32], first: NDArray[np.int32], after: NDArray[np.int32], before: NDArray[np.int32]
) -> None:
    """Take sample i off the target above it."""
    p, q = before[i], after[i]
    if p >= 0:
        after[p] = q
    else:
        first[above[i]] = q
    if q >= 0:
        before[q] = p


@compiled()
def _attach(
    i: int,
    j: int,
    above: NDArray[np.int32],
    first: NDArray[np.int32],
    after: NDArray[np.int32],
    before: NDArray[np.int32],
) -> None:
    """Hang sample i on target j."""
    above[i] = j
    q = first[j]
    after[i], before[i] = q, -1
    if q >= 0:
        before[q] = i
    first[j] = i


@compiled()
def _shift(
    j: int,
    amount: float,
    u: NDArray[np.float64],
    v: NDArray[np.float64],
    match: NDArray[np.int32],
    first: NDArray[np.int32],
    after: NDArray[np.int32],
    stack: NDArray[np.int32],
) -> None:
    """Raise the row potentials of all samples below target j, and lower those of the targets, j among them."""
    stack[0] = j
    top = 1
    while top > 0:
        top -= 1
        target = stack[top]
        v[target] -= amount
        x = first[target]
        while x >= 0:
            u[x] += amount
            stack[top] = match[x]
            top += 1
            x = after[x]


@compiled()
def pivot_until_optimal(
    columns: NDArray[np.int32],
    costs: NDArray[np.float64],
    counts: NDArray[np.int32],
    u: NDArray[np.float64],
    v: NDArray[np.float64],
    match: NDArray[np.int32],
    owner: NDArray[np.int32],
    match_cost: NDArray[np.float64],
    above: NDArray[np.int32],
    above_cost: NDArray[np.float64],
    first: NDArray[np.int32],
    after: NDArray[np.int32],
    before: NDArray[np.int32],
    noise: float,
    max_pivots: int,
) -> tuple[int, int]:
    """Pivot until no candidate arc has a negative reduced cost.

    Rows are visited in turn, and of each row the arc of least reduced cost enters.

    Args:
        columns: (n, c) candidate arcs: target of the k-th arc of row i.
        costs: (n, c) their costs.
        counts: (n,) candidates of each row.
        u: (n,) row potentials, changed in place.
        v: (n + 1,) column potentials, changed; the last belongs to the root.
        match: (n,) the plan, changed.
        owner: (n + 1,) its inverse; -1 for the root.
        match_cost: (n,) costs of the plan's arcs.
        above: (n,) target that each sample hangs on; n is the root.
        above_cost: (n,) costs of these arcs.
        first: (n + 1,) some sample that hangs on the target, -1 if there is none.
        after: (n,) next sample on the same target, or -1.
        before: (n,) previous sample on the same target, or -1.
        noise: A reduced cost counts as negative below -noise (M_ij + |u_i| + |v_j|).
        max_pivots: Pivots after which to stop all the same.

    Returns:
        Pivots made, and how many of them changed the plan. Reaching ``max_pivots`` means that it was stopped.
    """
    n = u.shape[0]
    stack = np.empty(n + 1, np.int32)
    pivots, cycles, calm, i = 0, 0, 0, 0
    while calm < n and pivots < max_pivots:
        least, j, cost = 0.0, -1, 0.0
        for t in range(counts[i]):
            reduced = costs[i, t] - u[i] - v[columns[i, t]]
            if reduced < least:
                least, j, cost = reduced, columns[i, t], costs[i, t]
        if j < 0 or least >= -noise * (cost + abs(u[i]) + abs(v[j])):
            calm += 1
            i = i + 1 if i + 1 < n else 0
            continue
        pivots += 1
        calm = 0
        x = owner[j]
        while x != i and above[x] != n:
            x = owner[above[x]]
        if x != i:
            _detach(i, above, first, after, before)
            _attach(i, j, above, first, after, before)
            above_cost[i] = cost
            u[i] += least
            _shift(match[i], least, u, v, match, first, after, stack)
            i = i + 1 if i + 1 < n else 0
            continue
        cycles += 1
        x = owner[j]
        while x != i:
            # x takes the target above it, and hangs on the one it had.
            taken, taken_cost, left, left_cost = above[x], above_cost[x], match[x], match_cost[x]
            higher = owner[taken]
            _detach(x, above, first, after, before)
            _attach(x, left, above, first, after, before)
            above_cost[x] = left_cost
            match[x], match_cost[x], owner[taken] = taken, taken_cost, x
            x = higher
        match[i], match_cost[i], owner[j] = j, cost, i
        _shift(j, -least, u, v, match, first, after, stack)
    return pivots, cycles


@compiled()
def recompute_potentials(
    root_costs: NDArray[np.float64],
    u: NDArray[np.float64],
    v: NDArray[np.float64],
    match: NDArray[np.int32],
    match_cost: NDArray[np.float64],
    above_cost: NDArray[np.float64],
    first: NDArray[np.int32],
    after: NDArray[np.int32],
) -> None:
    """Potentials from the tree alone, without the rounding errors that pivots add up.

    u_i = c - v of the target that sample i hangs on, v of its own target = M_{iπ(i)} - u_i.

    Args:
        root_costs: (n,) costs of the arcs to the root.
        u: (n,) row potentials, written.
        v: (n + 1,) column potentials, written; the root's stays 0.
        match: (n,) the plan.
        match_cost: (n,) costs of its arcs.
        above_cost: (n,) costs of the arcs that samples hang on.
        first: (n + 1,) some sample that hangs on the target, or -1.
        after: (n,) next sample on the same target, or -1.
    """
    n = u.shape[0]
    stack = np.empty(n + 1, np.int32)
    top = 0
    x = first[n]
    while x >= 0:
        u[x] = root_costs[x]
        stack[top] = x
        top += 1
        x = after[x]
    while top > 0:
        top -= 1
        y = stack[top]
        j = match[y]
        v[j] = match_cost[y] - u[y]
        x = first[j]
        while x >= 0:
            u[x] = above_cost[x] - v[j]
            stack[top] = x
            top += 1
            x = after[x]
