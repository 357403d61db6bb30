"""The tie interval where points coincide: tight edges between distinct rows, and plans made from flows.

Clouds with many equal points (a constant feature, a dead layer, outputs that collapsed onto their classes) have tight
graphs of up to n² edges between samples, but few between distinct rows. Here the ends of the interval are found as
flows between these (see `tie_flow`), and each flow is turned into a permutation of the samples that reaches its end.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from geodl.transport.tie_flow import FlowCells, cheapest_flow, fewest_kept, most_kept
from geodl.transport.tie_groups import TieGroups
from geodl.transport.ties import TieInterval, tie_interval

LARGEST_TIGHT_GRAPH = 4_000_000
"""Most tight edges between distinct rows of which the interval is computed (10 s, 1.2 GB); more stay undecided."""


def grouped_tie_interval(
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    permutation: NDArray[np.int64],
    groups: TieGroups,
) -> TieInterval | str:
    """The optimal plans that keep the most and the fewest own outputs, from tight edges between distinct rows.

    Args:
        rows: Source group of each tight edge: group g stands for the representative ``groups.source.first[g]``.
        columns: Target group of each tight edge. No edge comes twice; those of the plan are added where they are
            missing, since all edges of an optimal plan are tight.
        permutation: (n,) int64, some optimal plan of the samples.
        groups: Groups of equal samples, from `tie_groups`; where all are distinct they are the samples themselves, and
            this is `tie_interval`.

    Returns:
        Both ends; or, if there are more edges than `LARGEST_TIGHT_GRAPH`, the reason why they are left undecided.

    Example:
        Three equal inputs with outputs 5, 5, 6 may be paired in any way, but one of them keeps a 5 in any case:

        >>> from geodl.transport.tie_groups import tie_groups
        >>> groups = tie_groups(np.zeros((3, 1)), np.array([[5.0], [5.0], [6.0]]))
        >>> ends = grouped_tie_interval(np.array([0, 0]), np.array([0, 1]), np.array([2, 1, 0]), groups)
        >>> ends.permutation, ends.kept, ends.kept_low
        (array([0, 1, 2]), array([ True,  True,  True]), array([False,  True, False]))
    """
    if len(rows) > LARGEST_TIGHT_GRAPH:
        return f"{len(rows):,} pairs of distinct points may be partners, above the limit of {LARGEST_TIGHT_GRAPH:,}"
    if groups.distinct:
        return tie_interval(rows, columns, permutation, groups.target.group)
    cells = _cells(rows, columns, permutation, groups)
    free = _free_cells(cells, len(groups.source.first), len(groups.target.first))
    high, low = cells.flow.copy(), cells.flow.copy()
    if free.any():
        part = cells.take(free)
        high[free] = cheapest_flow(part, part.own)
        low[free] = cheapest_flow(part, part.supply - part.own)
    upper, lower = _keeping(cells, high, groups), _exchanging(cells, low, groups)
    own = groups.target.group
    kept, kept_low = upper == own, lower == own
    assert np.count_nonzero(kept) == most_kept(high, cells), "a plan keeps what its flow allows"
    assert np.count_nonzero(kept_low) == fewest_kept(low, cells), "a plan loses what its flow allows"
    return TieInterval(_samples_of(upper, groups), kept, kept_low)


def _cells(
    rows: NDArray[np.int64], columns: NDArray[np.int64], permutation: NDArray[np.int64], groups: TieGroups
) -> FlowCells:
    """Return all tight cells with the plan's flow on them."""
    source, target = groups.source.group, groups.target.group
    width = len(groups.target.first)
    taken, flow = np.unique(source * width + target[permutation], return_counts=True)
    keys = np.union1d(rows * width + columns, taken)
    carried, owned = np.zeros(len(keys), dtype=np.int64), np.zeros(len(keys), dtype=np.int64)
    carried[np.searchsorted(keys, taken)] = flow
    belonging, own = np.unique(source * width + target, return_counts=True)
    place = np.minimum(np.searchsorted(keys, belonging), len(keys) - 1)
    tight = keys[place] == belonging
    owned[place[tight]] = own[tight]
    return FlowCells(keys // width, keys % width, carried, owned, groups.source.count[keys // width])


def _free_cells(cells: FlowCells, n_source: int, n_target: int) -> NDArray[np.bool_]:
    """Return which cells may carry another flow in another optimal plan.

    Flow is rerouted along cycles that gain on any cell and lose on cells that have some, so within strongly connected
    components; and a component without a cycle of cells, a tree, has one flow with its marginals.
    """
    carrying = cells.flow > 0
    tails = np.concatenate([cells.rows, n_source + cells.columns[carrying]])
    heads = np.concatenate([n_source + cells.columns, cells.rows[carrying]])
    size = n_source + n_target
    n_components, component = connected_components(
        csr_matrix((np.ones(len(tails)), (tails, heads)), shape=(size, size)), connection="strong"
    )
    home = component[cells.rows]
    inside = home == component[n_source + cells.columns]
    n_cells = np.bincount(home[inside], minlength=n_components)
    n_nodes = np.bincount(component, minlength=n_components)
    free: NDArray[np.bool_] = inside & (n_cells >= n_nodes)[home]
    return free


def _keeping(cells: FlowCells, flow: NDArray[np.int64], groups: TieGroups) -> NDArray[np.int64]:
    """Return the target group of each sample under a flow, with as many own ones as the flow allows."""
    source, own = groups.source.group, groups.target.group
    width = len(groups.target.first)
    keys = cells.rows * width + cells.columns
    wanted = source * width + own
    order = np.argsort(wanted, kind="stable")
    ranked = wanted[order]
    rank = np.empty(len(own), dtype=np.int64)  # of each sample among those of its input and output
    rank[order] = np.arange(len(own)) - np.searchsorted(ranked, ranked)
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    served = (keys[place] == wanted) & (rank < flow[place])
    given = np.where(served, own, -1)
    waiting = np.flatnonzero(~served)
    left = flow - np.minimum(flow, cells.own)
    # Cells are sorted by source group, and so are the samples that still wait: they take what is left in this order.
    given[waiting[np.argsort(source[waiting], kind="stable")]] = np.repeat(cells.columns, left)
    return given


def _exchanging(cells: FlowCells, flow: NDArray[np.int64], groups: TieGroups) -> NDArray[np.int64]:
    """Return the target group of each sample under a flow, with as few own ones as the flow allows."""
    own = groups.target.group
    order = np.lexsort((own, groups.source.group))
    outputs = np.repeat(cells.columns, flow)  # of one source group after the other, as the samples in this order
    given = np.empty(len(own), dtype=np.int64)
    stops = np.cumsum(groups.source.count)
    for start, stop in zip(stops - groups.source.count, stops, strict=True):
        members = order[start:stop]
        # Both are sorted by output: half a turn brings most apart at once, and what is left is exchanged.
        given[members] = np.roll(outputs[start:stop], (stop - start) // 2)
        for value in np.unique(own[members[given[members] == own[members]]]):
            owns, gets = own[members] == value, given[members] == value
            keepers, others = members[owns & gets], members[~owns & ~gets]
            n = min(len(keepers), len(others))
            given[keepers[:n]], given[others[:n]] = given[others[:n]], value
    return given


def _samples_of(given: NDArray[np.int64], groups: TieGroups) -> NDArray[np.int64]:
    """Return a permutation that gives each sample a target of its group, and its own index to who keeps its output."""
    own = groups.target.group
    permutation = np.arange(len(given), dtype=np.int64)
    moved = np.flatnonzero(given != own)
    permutation[moved[np.argsort(given[moved], kind="stable")]] = moved[np.argsort(own[moved], kind="stable")]
    return permutation
