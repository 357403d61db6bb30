"""The few arcs of each row that the network simplex looks at: candidates, chosen by reduced cost."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geodl.compiled import compiled


@compiled()
def _merge(
    columns: NDArray[np.int32],
    costs: NDArray[np.float64],
    counts: NDArray[np.int32],
    new_columns: NDArray[np.int32],
    new_costs: NDArray[np.float64],
    new_counts: NDArray[np.int32],
    v: NDArray[np.float64],
) -> int:
    """Add arcs to the rows, in the place of those of largest reduced cost where a row is full.

    Returns:
        How many were not there before.
    """
    added = 0
    for i in range(counts.shape[0]):
        for t in range(new_counts[i]):
            j = new_columns[i, t]
            known = False
            for s in range(counts[i]):
                if columns[i, s] == j:
                    known = True
                    break
            if known:
                continue
            place = counts[i]
            if place < columns.shape[1]:
                counts[i] += 1
            else:
                worst = -np.inf
                for s in range(columns.shape[1]):
                    value = costs[i, s] - v[columns[i, s]]
                    if value > worst:
                        worst, place = value, s
            columns[i, place] = j
            costs[i, place] = new_costs[i, t]
            added += 1
    return added


@compiled()
def greedy_matching(
    order: NDArray[np.int64], columns: NDArray[np.int32], match: NDArray[np.int32], owner: NDArray[np.int32]
) -> None:
    """Match along arcs in a given order, wherever both ends are still free.

    Args:
        order: Flat indices into ``columns``, the best arc first.
        columns: (n, k) targets of the arcs of each row.
        match: (n,), -1 where free; written.
        owner: (n + 1,), -1 where free; written.
    """
    k = columns.shape[1]
    for flat in order:
        i = flat // k
        j = columns[i, flat % k]
        if match[i] < 0 and owner[j] < 0:
            match[i] = j
            owner[j] = i


class Candidates:
    """Candidate arcs, at most ``room`` a row.

    Args:
        n: Rows.
        room: Most arcs of a row.
    """

    def __init__(self, n: int, room: int) -> None:
        self.columns = np.zeros((n, room), dtype=np.int32)
        self.costs = np.zeros((n, room))
        self.counts = np.zeros(n, dtype=np.int32)

    def set(self, columns: NDArray[np.int32], costs: NDArray[np.float64]) -> None:
        """Replace all candidates.

        Args:
            columns: (n, k) targets, k <= room.
            costs: (n, k) their costs.
        """
        k = columns.shape[1]
        self.columns[:, :k], self.costs[:, :k] = columns, costs
        self.counts[:] = k

    def add(
        self,
        columns: NDArray[np.int32],
        costs: NDArray[np.float64],
        counts: NDArray[np.int32],
        v: NDArray[np.float64],
    ) -> int:
        """Add arcs; in a full row they replace those of largest reduced cost.

        Args:
            columns: (n, k) targets.
            costs: (n, k) their costs.
            counts: (n,) how many of the k to add.
            v: Column potentials, which decide what is replaced.

        Returns:
            How many were not candidates before.
        """
        return int(_merge(self.columns, self.costs, self.counts, columns, costs, counts, v))
