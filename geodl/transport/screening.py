"""Compiled pricing with products in single precision, which only sort out what needs no second look.

A product in float32 costs half of one in float64, and its error is bounded: for the dot product of two vectors of d
numbers, whatever the order of summation, by (d + 2) 2⁻²⁴ ‖x‖ ‖y‖ (Higham 2002, "Accuracy and stability of numerical
algorithms", section 3.1; 2 more for rounding the vectors themselves). An arc whose reduced cost is above zero by more
than the bound is not violated and not tight, for certain. The others are few, and are computed in float64 from the
differences.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geodl.compiled import compiled
from geodl.transport.assembly import squared_difference


@compiled("nnan", "nsz", "contract", "reassoc")
def screen_rows(
    block: NDArray[np.float32],
    start: int,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    row_part: NDArray[np.float64],
    row_norm: NDArray[np.float64],
    row_bound: NDArray[np.float64],
    column_part: NDArray[np.float64],
    column_error: NDArray[np.float64],
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
    looked_at: NDArray[np.int64],
) -> None:
    """Price all arcs of a block of rows, as `geodl.transport.pricing.price_rows` does.

    An arc is looked at in float64 if

    block_ij + column_part_j - row_norm_i · column_error_j <= row_bound_i - row_part_i

    Args:
        block: (r, m) float32, -2 x_i·y_j of the centred clouds.
        start: Index of the first row.
        x: (n, d) float64, the sources.
        y: (m, d) float64, the targets.
        row_part: (n,) ‖x_i‖² - u_i of the centred sources.
        row_norm: (n,) ‖x_i‖.
        row_bound: (n,) what rounding in float64 and the tie tolerance may add, the part of the row.
        column_part: (m,) ‖y_j‖² - v_j, less the column's part of that.
        column_error: (m,) bound of the error of block_ij, divided by ‖x_i‖.
        u: (n,) row potentials.
        v: (m,) column potentials.
        match: (n,) columns of the plan's own arcs.
        noise: As for `price_rows`.
        tie: As for `price_rows`.
        violated: (n, k), written.
        costs: (n, k), written.
        n_violated: (n,), written.
        n_tight: (n,), written.
        tight: (n, t), written.
        lowest: (n,), written: a lower bound of the row's least reduced cost, exact where it is negative.
        looked_at: (n,), written: arcs of the row that were computed in float64.
    """
    m, k, room = v.shape[0], violated.shape[1], tight.shape[1]
    values = np.empty(k)
    for offset in range(block.shape[0]):
        i = start + offset
        row, own, norm = block[offset], match[i], row_norm[i]
        threshold = row_bound[i] - row_part[i]
        found, ties, seen = 0, 0, 0
        least = np.inf
        for first in range(0, m, 256):
            last = min(first + 256, m)
            near = np.inf
            for j in range(first, last):
                near = min(near, row[j] + column_part[j] - norm * column_error[j])
            least = min(least, near)
            if near > threshold:
                continue
            for j in range(first, last):
                if row[j] + column_part[j] - norm * column_error[j] > threshold or j == own:
                    continue
                seen += 1
                cost = squared_difference(x[i], y[j])
                size = cost + abs(u[i]) + abs(v[j])
                reduced = cost - u[i] - v[j]
                if reduced > tie * size:
                    continue
                if ties < room:
                    tight[i, ties] = j
                ties += 1
                lowest[i] = min(lowest[i], reduced) if ties > 1 else reduced
                if reduced < -noise * size and (found < k or reduced < values[k - 1]):
                    place = found if found < k else k - 1
                    found += found < k
                    while place > 0 and values[place - 1] > reduced:
                        values[place] = values[place - 1]
                        violated[i, place] = violated[i, place - 1]
                        costs[i, place] = costs[i, place - 1]
                        place -= 1
                    values[place] = reduced
                    violated[i, place] = j
                    costs[i, place] = cost
        if ties == 0:
            # Nothing is tight; the own arc, whose reduced cost is 0, may be what is near.
            lowest[i] = max(least + row_part[i], 0.0)
        n_violated[i], n_tight[i], looked_at[i] = found, ties, seen


@compiled("contract", "nsz", "reassoc")
def centre_rows(
    cloud: NDArray[np.float64],
    origin: NDArray[np.float64],
    factor: float,
    single: NDArray[np.float32],
    squares: NDArray[np.float64],
) -> None:
    """Move points to an origin, round them to float32, and take their squared norms before rounding.

    Args:
        cloud: (n, d) float64.
        origin: (d,) float64.
        factor: A power of two that the rounded points are multiplied by.
        single: (n, d) float32, written.
        squares: (n,) float64, written: norms without the factor.
    """
    for i in range(cloud.shape[0]):
        total = 0.0
        for k in range(cloud.shape[1]):
            value = cloud[i, k] - origin[k]
            total += value * value
            single[i, k] = np.float32(factor * value)
        squares[i] = total
