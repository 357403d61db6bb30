"""The squared Euclidean cost matrix, accurate entry by entry.

    M_ij = ‖x_i - y_j‖²

The expanded square ‖x‖² + ‖y‖² - 2 x·y runs at the speed of a matrix product, but loses everything when the distance is
small beside the norms: at an offset of 10⁶ a displacement of 10⁻⁸ comes out as noise, negative half of the time. Here
the clouds are first moved by a common shift (which changes no distance), and every entry that could still have lost
more than `RELATIVE_ERROR` is computed again from the differences themselves, on the original coordinates.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

RELATIVE_ERROR = 2.5e-13
"""Relative error that every entry of a cost matrix keeps (a tie is recognised at four times this)."""

_SHIFT_ROWS = 64
_ROWS = 256  # rows handled at once: keeps the masks and temporaries inside the cache


def common_shift(*clouds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Coordinate-wise median of several clouds together, the origin in which their norms are small.

    Of large clouds every k-th row is looked at, at least 64 of each.

    The median and not the mean, since one far outlier would drag the mean away from every other sample.

    Args:
        *clouds: Arrays of shapes (n_k, d).

    Returns:
        (d,) float64 array.

    Example:
        >>> common_shift(np.array([[0.0], [1.0]]), np.array([[2.0], [3.0], [1e9]]))
        array([2.])
    """
    # Any origin amid the points will do, so a sample of them decides; a median of all is as dear as a matrix product.
    stacked = np.concatenate([cloud[:: max(1, len(cloud) // _SHIFT_ROWS)] for cloud in clouds])
    middle = len(stacked) // 2
    # One of the two middle values, not their mean: a value of the data is exact.
    shift: NDArray[np.float64] = np.partition(stacked, middle, axis=0)[middle]
    return shift


def power_of_two_scale(*clouds: NDArray[np.float64]) -> float:
    """Power of two that brings the spread of the clouds to order one.

    Dividing by a power of two is exact, so scores computed after it are invariant to scale in the last bit, and squares
    of very small or large coordinates neither underflow nor overflow.

    Args:
        *clouds: Arrays of shapes (n_k, d), finite.

    Returns:
        The scale 2^k with k = exponent of the largest coordinate after the common shift; 1.0 if all points coincide.

    Example:
        >>> power_of_two_scale(np.array([[100.0], [103.0]]), np.array([[101.0], [105.0]]))
        4.0
    """
    shift = common_shift(*clouds)
    # The extremes of each coordinate, so that no copy of a cloud is made.
    spread = max(
        float(max((cloud.max(axis=0) - shift).max(), (shift - cloud.min(axis=0)).max(), 0.0)) for cloud in clouds
    )
    if spread == 0.0:
        return 1.0
    exponent = math.frexp(spread)[1]
    return math.ldexp(1.0, exponent)


def squared_distances(
    x: NDArray[np.float64], y: NDArray[np.float64], *, shift: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Squared Euclidean distances between all rows of two clouds.

    M_ij = ‖x_i - y_j‖², each entry right to about `RELATIVE_ERROR`. The rounding of an expanded entry is modelled as
    (2 + √d / 4) ε (‖x_i‖² + ‖y_j‖²), which bounds what BLAS does for d up to 10⁵; entries for which this exceeds the
    relative error are recomputed by differences.

    Args:
        x: (n, d) float64, finite.
        y: (m, d) float64, finite.
        shift: (d,) common shift; by default `common_shift` of both clouds. It never changes the result by more than
            rounding, so blocks of one large matrix should share one.

    Returns:
        (n, m) float64, every entry >= 0.

    Example:
        >>> squared_distances(np.array([[0.0, 0.0]]), np.array([[3.0, 4.0], [1.0, 0.0]]))
        array([[25.,  1.]])
        >>> far = np.array([[1e6]])
        >>> bool(squared_distances(far, far + 2.0**-27)[0, 0] == 2.0**-54)
        True
    """
    origin = common_shift(x, y) if shift is None else shift
    x_centred, y_centred = x - origin, y - origin
    x_norms = np.einsum("ij,ij->i", x_centred, x_centred)
    y_norms = np.einsum("ij,ij->i", y_centred, y_centred)
    y_centred *= -2.0
    cost: NDArray[np.float64] = x_centred @ y_centred.T
    factor = (2.0 + math.sqrt(x.shape[1]) / 4.0) * float(np.finfo(np.float64).eps) / RELATIVE_ERROR
    largest_norm = float(y_norms.max())
    for start in range(0, len(x), _ROWS):
        block, block_norms = cost[start : start + _ROWS], x_norms[start : start + _ROWS]
        block += block_norms[:, None]
        block += y_norms
        # One threshold a row first, since it costs one pass; then the entry's own, for the few below it.
        rows, columns = np.nonzero(block <= factor * (block_norms + largest_norm)[:, None])
        suspect = block[rows, columns] <= factor * (block_norms[rows] + y_norms[columns])
        rows, columns = rows[suspect], columns[suspect]
        block[rows, columns] = distances_of_pairs(x, y, start + rows, columns)
    # Every entry that rounding could make negative was recomputed above; clipping makes the promise unconditional.
    return np.maximum(cost, 0.0, out=cost)


def paired_squared_distances(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Squared distances between rows of equal index, by differences: the diagonal M_ii.

    Args:
        x: (n, d) float64.
        y: (n, d) float64.

    Returns:
        (n,) float64, >= 0.

    Example:
        >>> paired_squared_distances(np.array([[0.0], [1.0]]), np.array([[2.0], [1.0]]))
        array([4., 0.])
    """
    difference = y - x
    squares: NDArray[np.float64] = np.einsum("ij,ij->i", difference, difference)
    return squares


def without_translation(
    x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Remove a translation between two clouds where it would drown their shapes.

    With x = x' + s, y = y' + s' and δ = s - s' the cost is ‖x_i - y_j‖² = ‖x'_i - y'_j‖² + 2 δ·x'_i - 2 δ·y'_j + ‖δ‖²:
    a translation adds terms of i and of j alone, so it changes no optimal plan, only the digits left for finding it.

    Args:
        x: (n, d) float64, finite.
        y: (n, d) float64, finite.

    Returns:
        x', y' and δ (d,), each cloud about its own median, if ‖δ‖² exceeds the sum of both clouds' mean squared norms
        about these; else the clouds as they are, to the last digit, and δ = 0.

    Example:
        >>> without_translation(np.array([[0.0], [1.0]]), np.array([[100.0], [101.0]]))
        (array([[-1.], [ 0.]]), array([[-1.], [ 0.]]), array([-100.]))
        >>> without_translation(np.array([[0.0], [1.0]]), np.array([[0.5], [1.5]]))[2]
        array([0.])
    """
    x_shift, y_shift = common_shift(x), common_shift(y)
    delta = x_shift - y_shift
    x_own, y_own = x - x_shift, y - y_shift
    spread = float(np.einsum("ij,ij->", x_own, x_own) + np.einsum("ij,ij->", y_own, y_own)) / len(x)
    if float(delta @ delta) <= spread:
        return x, y, np.zeros_like(delta)
    return x_own, y_own, delta


def cost_matrix(source: NDArray[np.float64], target: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Cost matrix of a transport problem, in units of the square of a power-of-two scale.

    Args:
        source: (n, d) float64, finite.
        target: (n, d) float64, finite.

    Returns:
        The (n, n) matrix ‖x_i - y_j‖² / s², whose entries are of order d or less, with the diagonal by differences; and
        the scale s (a power of two).

    Example:
        >>> cost, scale = cost_matrix(np.array([[0.0], [8.0]]), np.array([[4.0], [8.0]]))
        >>> cost * scale**2
        array([[16., 64.],
               [16.,  0.]])
    """
    scale = power_of_two_scale(source, target)
    x, y = source / scale, target / scale
    cost = squared_distances(x, y)
    np.fill_diagonal(cost, paired_squared_distances(x, y))
    return cost, scale


def distances_of_pairs(
    x: NDArray[np.float64], y: NDArray[np.float64], rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Squared distances of some pairs of rows, from the differences of their coordinates.

    Args:
        x: (n, d) float64.
        y: (m, d) float64.
        rows: (k,) indices into x.
        columns: (k,) indices into y.

    Returns:
        (k,) float64, ‖x_i - y_j‖², >= 0.

    Example:
        >>> distances_of_pairs(np.array([[0.0], [1.0]]), np.array([[2.0]]), np.array([1, 0]), np.array([0, 0]))
        array([1., 4.])
    """
    result = np.empty(len(rows))
    size = max(1, 2**20 // x.shape[1])  # 8 MiB of differences at once
    for start in range(0, len(rows), size):
        chunk = slice(start, start + size)
        difference = y[columns[chunk]] - x[rows[chunk]]
        result[chunk] = np.einsum("ij,ij->i", difference, difference)
    return result
