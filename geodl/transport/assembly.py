"""The compiled loop that turns a matrix product into squared distances, each right by itself.

A block of -2 x_i·y_j comes out of BLAS; this adds the norms and, in the same pass, computes again from the differences
every entry that the expanded square could have spoilt (see `geodl.transport.cost`). One pass, no temporaries.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geodl.compiled import compiled


@compiled("reassoc", "contract", "nsz")
def squared_difference(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Squared distance of two points from the differences of their coordinates.

    Args:
        a: (d,) float64.
        b: (d,) float64.

    Returns:
        Σ_k (b_k - a_k)², >= 0.

    Example:
        >>> squared_difference(np.array([1.0, 2.0]), np.array([4.0, 6.0]))
        25.0
    """
    total = 0.0
    for k in range(a.shape[0]):
        difference = b[k] - a[k]
        total += difference * difference
    return total


@compiled("nnan", "nsz", "contract", "reassoc")
def complete_block(
    block: NDArray[np.float64],
    x_norms: NDArray[np.float64],
    y_norms: NDArray[np.float64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    start: int,
    factor: float,
) -> None:
    """Turn products into squared distances, in place.

    block_ij <- ‖x_i‖² + ‖y_j‖² + block_ij, or ‖x_i - y_j‖² by differences where that is at most factor times the sum of
    the norms; so no entry is negative, and the pairs of equal index (the diagonal) are always by differences.

    Args:
        block: (r, m) float64, holds -2 x_i·y_j of the centred points on entry, squared distances on exit.
        x_norms: (r,) squared norms of the block's centred points.
        y_norms: (m,) squared norms of all centred targets.
        x: (r, d) the block's points as they were before centring.
        y: (m, d) all targets as they were before centring.
        start: Index of the block's first row, for the diagonal; -1 if there is none.
        factor: Share of the norms below which an entry counts as spoilt.
    """
    m = y_norms.shape[0]
    for i in range(block.shape[0]):
        row, own = block[i], x_norms[i]
        least = np.inf
        for j in range(m):
            norms = own + y_norms[j]
            value = row[j] + norms
            row[j] = value
            least = min(least, value - factor * norms)
        if least <= 0.0:
            for j in range(m):
                if row[j] <= factor * (own + y_norms[j]):
                    row[j] = squared_difference(x[i], y[j])
        if start >= 0 and start + i < m:
            row[start + i] = squared_difference(x[i], y[start + i])


@compiled()
def distances_along(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    result: NDArray[np.float64],
) -> None:
    """Squared distances of some pairs of points, from the differences of their coordinates.

    Args:
        x: (n, d) float64.
        y: (m, d) float64.
        rows: (k,) indices into x.
        columns: (k,) indices into y.
        result: (k,), written.
    """
    for k in range(rows.shape[0]):
        result[k] = squared_difference(x[rows[k]], y[columns[k]])
