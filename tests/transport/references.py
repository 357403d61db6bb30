"""Slow, independent references for transport: brute force and SciPy, explicit loops."""

from __future__ import annotations

from itertools import permutations

import numpy as np
from scipy.optimize import linear_sum_assignment


def loop_cost(source, target):
    """Squared Euclidean costs, entry by entry, in extended precision."""
    n, m = len(source), len(target)
    cost = np.empty((n, m))
    for i in range(n):
        for j in range(m):
            difference = source[i].astype(np.longdouble) - target[j].astype(np.longdouble)
            cost[i, j] = float((difference * difference).sum())
    return cost


def scipy_cost(source, target):
    """Mean cost of SciPy's optimal assignment."""
    cost = loop_cost(source, target)
    rows, columns = linear_sum_assignment(cost)
    return float(cost[rows, columns].mean())


def brute_force(source, target, tolerance=1e-12):
    """Least mean cost, and the fewest and most own outputs kept, over all permutations."""
    cost = loop_cost(source, target)
    n = len(cost)
    found = []
    for order in permutations(range(n)):
        total = sum(cost[i, order[i]] for i in range(n))
        kept = sum(bool(np.array_equal(target[order[i]], target[i])) for i in range(n))
        found.append((total, kept))
    least = min(total for total, _ in found)
    optimal = [kept for total, kept in found if total <= least + tolerance * max(cost.max(), 1e-300)]
    return least / n, min(optimal), max(optimal)
