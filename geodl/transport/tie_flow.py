"""The optimal flows between equal inputs and equal outputs that keep the most and the fewest own outputs.

Let n_g samples have input g, m_h have output h, and own[g, h] both. An optimal plan sends flow f[g, h] from input g to
output h: any whole numbers >= 0 on the tight cells with row sums n_g and column sums m_h. Which sample of group g
takes which of its outputs costs the same, so of the pairings with one flow

- the most keep  Σ min(f, own):  min(f, own) samples of a cell can keep their output, and can do so in all cells at
  once, since they are different samples and different outputs. Lost are Σ max(0, f - own) outputs;
- the fewest keep  Σ max(0, f - (n_g - own)):  only n_g - own samples of group g own something else than h, so the rest
  of the f outputs h must go to owners of h. All cells reach this at once: if a sample owns and gets h, exchange its
  output for that of a sample of the group that neither owns nor gets h. Nothing new is kept by that, and no such sample
  is left only when the own + f - kept owners and takers of h are the whole group, so when kept = f + own - n_g.

Both ends are thus flows of least cost Σ max(0, f - reach), with reach = own and reach = n_g - own: a unit is free as
far as the reach goes and costs 1 beyond. The primal-dual method for such a flow sends all it can along free residual
paths (a maximum flow), then all it can along those of the next larger length, and so on: whole numbers from the
beginning to the end, and few rounds, since the lengths rise and their sum over all units, the cost, is at most n: so at
most 1 + √(2n) of them.

Source:
    Ford & Fulkerson 1962, *Flows in Networks*, III.3 (the primal-dual method).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra, maximum_flow


@dataclass(frozen=True, eq=False)
class FlowCells:
    """A flow on the tight cells between groups, and what it is compared with.

    Attributes:
        rows: (e,) int64: source group of each cell.
        columns: (e,) int64: target group of each cell; cells are sorted by row and column, and none comes twice.
        flow: (e,) int64, >= 0: samples that some optimal plan sends along the cell.
        own: (e,) int64, >= 0: samples of the cell's source group whose own output is of its target group.
        supply: (e,) int64: size of the cell's source group, n_g.
    """

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    flow: NDArray[np.int64]
    own: NDArray[np.int64]
    supply: NDArray[np.int64]

    def take(self, chosen: NDArray[np.bool_]) -> FlowCells:
        """Return some of the cells.

        Args:
            chosen: (e,) bool.

        Returns:
            The chosen cells.
        """
        return FlowCells(
            self.rows[chosen], self.columns[chosen], self.flow[chosen], self.own[chosen], self.supply[chosen]
        )


def most_kept(flow: NDArray[np.int64], cells: FlowCells) -> int:
    """Own outputs kept by the pairings of a flow that keep the most.

    Args:
        flow: (e,) int64, the flow.
        cells: The cells.

    Returns:
        Σ min(f, own).
    """
    return int(np.minimum(flow, cells.own).sum())


def fewest_kept(flow: NDArray[np.int64], cells: FlowCells) -> int:
    """Own outputs kept by the pairings of a flow that keep the fewest.

    Args:
        flow: (e,) int64, the flow.
        cells: The cells.

    Returns:
        Σ max(0, f + own - n_g).
    """
    return int(np.maximum(flow + cells.own - cells.supply, 0).sum())


def cheapest_flow(cells: FlowCells, reach: NDArray[np.int64]) -> NDArray[np.int64]:
    """Flow with the same row and column sums that exceeds the reach of its cells least.

    Args:
        cells: Cells with a flow of these sums, e >= 1.
        reach: (e,) int64, >= 0: how many units of each cell are free; ``cells.own`` gives the flow that keeps the most
            own outputs, ``cells.supply - cells.own`` the one that keeps the fewest.

    Returns:
        (e,) int64, of least Σ max(0, f - reach): proven by potentials, in whole numbers.

    Example:
        Two inputs of two samples each, and two outputs:

        >>> cells = FlowCells(*(np.array(a) for a in ([0, 0, 1, 1], [0, 1, 0, 1], [1] * 4, [2, 0, 0, 2], [2] * 4)))
        >>> cheapest_flow(cells, cells.own), cheapest_flow(cells, cells.supply - cells.own)
        (array([2, 0, 0, 2]), array([0, 2, 2, 0]))
    """
    _, left = np.unique(cells.rows, return_inverse=True)
    _, right = np.unique(cells.columns, return_inverse=True)
    supply, demand = _sums(left, cells.flow), _sums(right, cells.flow)
    most = np.minimum(supply[left], demand[right])  # of any flow in a cell
    free = np.minimum(reach, most)
    # Distances from the groups that have something left to send; a cell's unit of cost c is worth sending while
    # c <= at_right - at_left, which is 1 at most, since units of cost 1 never run out.
    at_left, at_right = np.zeros(len(supply), dtype=np.int64), np.zeros(len(demand), dtype=np.int64)
    while True:
        worth = at_right[right] - at_left[left]
        settled = np.where(worth == 1, free, 0)
        room = np.where(worth == 1, most - free, np.where(worth == 0, free, 0))
        sent = _largest_flow(left, right, room, supply - _sums(left, settled), demand - _sums(right, settled))
        flow = settled + sent
        if flow.sum() == supply.sum():
            break
        from_left, from_right = _distances(left, right, flow, free, worth, supply, demand)
        nearest = int(from_right[_sums(right, flow) < demand].min())
        at_left += np.minimum(from_left, nearest).astype(np.int64)
        at_right += np.minimum(from_right, nearest).astype(np.int64)
    # Complementary slackness: no unit is worth moving, so no flow of these sums costs less.
    assert np.array_equal(_sums(left, flow), supply)
    assert np.array_equal(_sums(right, flow), demand)
    assert flow.min() >= 0
    assert worth.max() <= 1
    assert worth[flow < free].max(initial=0) <= 0
    assert worth[flow > 0].min(initial=0) >= 0
    assert worth[flow > free].min(initial=1) >= 1
    return flow


def _sums(index: NDArray[np.int64], values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the sums of whole numbers by index."""
    return np.bincount(index, values).astype(np.int64)  # exact: the sums are far below 2**53


def _largest_flow(
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    room: NDArray[np.int64],
    supply: NDArray[np.int64],
    demand: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return a maximum flow through the cells from supplies to demands."""
    n_left, n_right = len(supply), len(demand)
    start, end = n_left + n_right, n_left + n_right + 1
    some = np.flatnonzero(room)
    tails = np.concatenate([left[some], np.full(n_left, start), n_left + np.arange(n_right)])
    heads = np.concatenate([n_left + right[some], np.arange(n_left), np.full(n_right, end)])
    capacity = np.concatenate([room[some], supply, demand]).astype(np.int32)
    graph = csr_matrix((capacity, (tails, heads)), shape=(end + 1, end + 1))
    sent = maximum_flow(graph, start, end).flow
    result = np.zeros(len(room), dtype=np.int64)
    result[some] = np.asarray(sent[left[some], n_left + right[some]]).ravel()
    return result


def _distances(
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    flow: NDArray[np.int64],
    free: NDArray[np.int64],
    worth: NDArray[np.int64],
    supply: NDArray[np.int64],
    demand: NDArray[np.int64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how much dearer than the distances so far the residual paths are from groups with something to send."""
    n_left, n_right = len(supply), len(demand)
    start = n_left + n_right
    back = flow > 0
    senders = np.flatnonzero(_sums(left, flow) < supply)
    tails = np.concatenate([left, n_left + right[back], np.full(len(senders), start)])
    heads = np.concatenate([n_left + right, left[back], senders])
    dearer = np.where(flow < free, 0, 1) - worth  # of one unit more
    cheaper = worth - np.where(flow > free, 1, 0)  # of one unit less
    lengths = np.concatenate([dearer, cheaper[back], np.zeros(len(senders))])
    graph = csr_matrix((lengths.astype(np.float64), (tails, heads)), shape=(start + 1, start + 1))
    distances = dijkstra(graph, indices=start)
    return distances[:n_left], distances[n_left:start]
