"""Which samples keep their own outputs, over all optimal plans.

By complementary slackness the optimal permutations are the perfect matchings of the **tight graph**: the edges (i, j)
whose reduced cost M_ij - u_i - v_j is zero, for any optimal potentials. Where this graph has one perfect matching, the
plan is unique; where it has several (outputs that coincide, symmetric clouds), the share of samples that keep their own
output is an interval, and its two ends are a minimum- and a maximum-weight perfect matching.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, min_weight_full_bipartite_matching

from geodl.transport.tie_groups import row_groups

_ROWS = 256


@dataclass(frozen=True, eq=False)
class TieInterval:
    """The optimal plans that keep the most and the fewest own outputs.

    Attributes:
        permutation: (n,) int64, the optimal plan that keeps the most.
        kept: (n,) bool: which samples that plan gives an output equal in value to their own.
        kept_low: (n,) bool: the same for the optimal plan that keeps the fewest.
    """

    permutation: NDArray[np.int64]
    kept: NDArray[np.bool_]
    kept_low: NDArray[np.bool_]


def value_groups(cloud: NDArray[np.float64]) -> NDArray[np.int64]:
    """Number equal rows alike.

    Args:
        cloud: (n, d) float64, finite.

    Returns:
        (n,) int64: two rows have the same number exactly if they are equal in every coordinate (0.0 equals -0.0).

    Example:
        >>> value_groups(np.array([[1.0, 0.0], [2.0, 0.0], [1.0, -0.0]]))
        array([0, 1, 0])
    """
    return row_groups(cloud).group


def tight_edges(
    cost: NDArray[np.float64], u: NDArray[np.float64], v: NDArray[np.float64], tie_tolerance: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Edges that an optimal plan may use.

    M_ij - u_i - v_j <= tie_tolerance · (M_ij + |u_i| + |v_j|)

    The tolerance is relative to the numbers that were subtracted, since these set the rounding error, and not to the
    largest cost: one far outlier would otherwise turn all other samples into ties.

    Args:
        cost: (n, n) float64, >= 0.
        u: (n,) row potentials.
        v: (n,) column potentials.
        tie_tolerance: Relative tolerance, a few times the relative error of ``cost``.

    Returns:
        Row and column indices of the tight edges, sorted by row.

    Example:
        >>> tight_edges(np.array([[0.0, 1.0], [4.0, 1.0]]), np.zeros(2), np.array([0.0, 1.0]), 1e-12)
        (array([0, 0, 1]), array([0, 1, 1]))
    """
    rows: list[NDArray[np.int64]] = []
    columns: list[NDArray[np.int64]] = []
    for start in range(0, len(cost), _ROWS):
        block, u_block = cost[start : start + _ROWS], u[start : start + _ROWS, None]
        tight = block - u_block - v <= tie_tolerance * (block + np.abs(u_block) + np.abs(v))
        found = np.nonzero(tight)
        rows.append(found[0] + start)
        columns.append(found[1])
    return np.concatenate(rows), np.concatenate(columns)


def tie_interval(
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    permutation: NDArray[np.int64],
    groups: NDArray[np.int64],
) -> TieInterval:
    """The optimal plans that keep the most and the fewest own outputs.

    Args:
        rows: Row indices of the tight edges, which contain the plan's own.
        columns: Column indices of the tight edges.
        permutation: (n,) int64, some optimal plan.
        groups: (n,) numbers of equal targets, from `value_groups`: sample i keeps its own output under π if
            groups[π(i)] = groups[i].

    Returns:
        Both ends. The upper plan gives every sample that keeps its own output its own index too.

    Example:
        >>> everything = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])  # two equal sources: both plans are optimal
        >>> ends = tie_interval(*everything, np.array([1, 0]), groups=np.array([0, 1]))
        >>> ends.permutation, ends.kept, ends.kept_low
        (array([0, 1]), array([ True,  True]), array([False, False]))
    """
    n = len(permutation)
    inverse = np.argsort(permutation)
    # Another optimal plan differs from this one by alternating cycles: steps from i to the sample whose target i could
    # take instead. Samples on no cycle, alone in their strongly connected component, have no choice.
    steps = csr_matrix((np.ones(len(rows)), (rows, inverse[columns])), shape=(n, n))
    n_components, component = connected_components(steps, connection="strong")
    if n_components == n:
        kept = groups[permutation] == groups
        return TieInterval(_own_indices(permutation, groups), kept, kept)
    choice = component[rows] == component[inverse[columns]]
    rows, columns = rows[choice], columns[choice]
    own = groups[columns] == groups[rows]
    ends = []
    for weights in (np.where(own, 1.0, 2.0), np.where(own, 2.0, 1.0)):  # from 1: SciPy takes a weight of 0 for no edge
        graph = csr_matrix((weights, (rows, columns)), shape=(n, n))
        matched_rows, matched_columns = min_weight_full_bipartite_matching(graph)
        end = np.empty(n, dtype=np.int64)
        end[matched_rows] = matched_columns
        ends.append(end)
    high, low = ends
    return TieInterval(_own_indices(high, groups), groups[high] == groups, groups[low] == groups)


def _own_indices(permutation: NDArray[np.int64], groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the permutation with equal targets exchanged: who keeps the own value also keeps the own index."""
    result = permutation.copy()
    inverse = np.argsort(permutation)
    for i in np.flatnonzero((groups[permutation] == groups) & (permutation != np.arange(len(permutation)))):
        other, given = inverse[i], result[i]  # who holds target i now, and what i holds
        result[i], result[other] = i, given
        inverse[i], inverse[given] = i, other
    return result
