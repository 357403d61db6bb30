"""Compiled passes over blocks of the cost matrix: which arcs would improve the plan, and which are tight.

All of them read reduced costs r_ij = M_ij - u_i - v_j, row by row, so that no result depends on how rows are split into
blocks or among threads.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geodl.compiled import compiled

_STRETCH = 64


@compiled("nnan", "nsz", "contract", "reassoc")
def nearest_columns(
    block: NDArray[np.float64],
    start: int,
    v: NDArray[np.float64],
    columns: NDArray[np.int32],
    costs: NDArray[np.float64],
) -> None:
    """The k columns of least M_ij - v_j in every row, in ascending order.

    The first of them gives the c-transform of v: u_i = min_j (M_ij - v_j).

    Args:
        block: (r, m) rows start .. start + r - 1 of the cost matrix.
        start: Index of the first row.
        v: (m,) column potentials.
        columns: (n, k) with k <= m, written in these rows.
        costs: (n, k), the entries M_ij of these columns, written in these rows.
    """
    m, k = v.shape[0], columns.shape[1]
    values = np.empty(k)
    for i in range(block.shape[0]):
        row = block[i]
        found = 0
        worst = np.inf
        for first in range(0, m, _STRETCH):
            last = min(first + _STRETCH, m)
            if found == k:
                # Most stretches of a row hold nothing near, which a loop without branches finds out quickly.
                least = row[first] - v[first]
                for j in range(first + 1, last):
                    least = min(least, row[j] - v[j])
                if least >= worst:
                    continue
            for j in range(first, last):
                value = row[j] - v[j]
                if found == k and value >= worst:
                    continue
                place = found if found < k else k - 1
                found += found < k
                while place > 0 and values[place - 1] > value:
                    values[place] = values[place - 1]
                    columns[start + i, place] = columns[start + i, place - 1]
                    place -= 1
                values[place] = value
                columns[start + i, place] = j
                if found == k:
                    worst = values[k - 1]
        for place in range(k):
            costs[start + i, place] = row[columns[start + i, place]]


@compiled("nnan", "nsz", "contract", "reassoc")
def least_of_rows(block: NDArray[np.float64], start: int, v: NDArray[np.float64], result: NDArray[np.float64]) -> None:
    """The c-transform of column potentials, min_j (M_ij - v_j), for a block of rows.

    Args:
        block: (r, m) rows start .. start + r - 1 of the cost matrix.
        start: Index of the first row.
        v: (m,) column potentials.
        result: (n,), written in these rows.
    """
    for i in range(block.shape[0]):
        row = block[i]
        least = np.inf
        for j in range(v.shape[0]):
            least = min(least, row[j] - v[j])
        result[start + i] = least


@compiled("nnan", "nsz", "contract", "reassoc")
def price_rows(
    block: NDArray[np.float64],
    start: int,
    u: NDArray[np.float64],
    v: NDArray[np.float64],
    match: NDArray[np.int32],
    noise: float,
    tie: float,
    violated: NDArray[np.int32],
    costs: NDArray[np.float64],
    n_violated: NDArray[np.int32],
    n_tight: NDArray[np.int64],
    tight: NDArray[np.int32],
    lowest: NDArray[np.float64],
    largest: NDArray[np.float64],
) -> None:
    """Price all arcs of a block of rows.

    violated:  r_ij < -noise · (M_ij + |u_i| + |v_j|), the k most negative of each row, in ascending order
    tight:     r_ij <= tie · (M_ij + |u_i| + |v_j|), without the plan's own arcs

    Args:
        block: (r, m) rows start .. start + r - 1 of the cost matrix.
        start: Index of the first row.
        u: (n,) row potentials.
        v: (m,) column potentials.
        match: (n,) columns of the plan's own arcs.
        noise: Relative size of a reduced cost that rounding can explain.
        tie: Relative size of a reduced cost that counts as a tie, at least ``noise``.
        violated: (n, k), columns of violated arcs, written in these rows.
        costs: (n, k), their costs.
        n_violated: (n,), how many of these were written.
        n_tight: (n,), how many arcs of the row are tight; all of them are counted.
        tight: (n, t), columns of the first t tight arcs, written in these rows.
        lowest: (n,), the least reduced cost of the row, its own arc left out.
        largest: (n,), the largest cost of the row.
    """
    m, k, room = v.shape[0], violated.shape[1], tight.shape[1]
    values = np.empty(k)
    for i in range(block.shape[0]):
        row, own, u_i = block[i], match[start + i], u[start + i]
        bound = u_i + tie * abs(u_i)
        least, most, near = np.inf, 0.0, np.inf
        # Two stretches around the plan's own arc, which would otherwise be found tight in every row.
        for stretch in range(2):
            first, last = (0, own) if stretch == 0 else (own + 1, m)
            for j in range(first, last):
                cost, value = row[j], v[j]
                least = min(least, cost - value)
                near = min(near, cost - tie * cost - value - tie * abs(value))
                most = max(most, cost)
        lowest[start + i] = least - u_i
        largest[start + i] = max(most, row[own])
        n_violated[start + i] = 0
        n_tight[start + i] = 0
        if near > bound:
            continue
        found, ties = 0, 0
        for j in range(m):
            cost, value = row[j], v[j]
            size = cost + abs(u_i) + abs(value)
            reduced = cost - u_i - value
            if reduced > tie * size or j == own:
                continue
            if ties < room:
                tight[start + i, ties] = j
            ties += 1
            if reduced < -noise * size and (found < k or reduced < values[k - 1]):
                place = found if found < k else k - 1
                found += found < k
                while place > 0 and values[place - 1] > reduced:
                    values[place] = values[place - 1]
                    violated[start + i, place] = violated[start + i, place - 1]
                    place -= 1
                values[place] = reduced
                violated[start + i, place] = j
        for place in range(found):
            costs[start + i, place] = row[violated[start + i, place]]
        n_violated[start + i] = found
        n_tight[start + i] = ties


@compiled()
def count_tight(
    block: NDArray[np.float64],
    start: int,
    u: NDArray[np.float64],
    v: NDArray[np.float64],
    tie: float,
    row_asked: NDArray[np.bool_],
    column_asked: NDArray[np.bool_],
    counts: NDArray[np.int64],
) -> None:
    """Count the arcs with r_ij <= tie · (M_ij + |u_i| + |v_j|), the plan's own included.

    Args:
        block: (r, m) rows start .. start + r - 1 of the cost matrix.
        start: Index of the first row.
        u: (n,) row potentials.
        v: (m,) column potentials.
        tie: Relative size of a reduced cost that counts as zero.
        row_asked: (n,) rows to look at; the others have none.
        column_asked: (m,) columns to look at.
        counts: (n,), written in these rows.
    """
    for i in range(start, start + block.shape[0]):
        counts[i] = 0
        if row_asked[i]:
            for j in range(v.shape[0]):
                cost = block[i - start, j]
                if cost - u[i] - v[j] <= tie * (cost + abs(u[i]) + abs(v[j])) and column_asked[j]:
                    counts[i] += 1


@compiled()
def list_tight(
    block: NDArray[np.float64],
    start: int,
    u: NDArray[np.float64],
    v: NDArray[np.float64],
    tie: float,
    row_asked: NDArray[np.bool_],
    column_asked: NDArray[np.bool_],
    offsets: NDArray[np.int64],
    columns: NDArray[np.int64],
) -> None:
    """List the arcs that `count_tight` counts.

    Args:
        block: (r, m) rows start .. start + r - 1 of the cost matrix.
        start: Index of the first row.
        u: (n,) row potentials.
        v: (m,) column potentials.
        tie: Relative size of a reduced cost that counts as zero.
        row_asked: (n,) rows to look at.
        column_asked: (m,) columns to look at.
        offsets: (n,) where the columns of each row begin.
        columns: Columns of all tight arcs, row after row, written for these rows.
    """
    for i in range(start, start + block.shape[0]):
        if row_asked[i]:
            place = offsets[i]
            for j in range(v.shape[0]):
                cost = block[i - start, j]
                if cost - u[i] - v[j] <= tie * (cost + abs(u[i]) + abs(v[j])) and column_asked[j]:
                    columns[place] = j
                    place += 1
