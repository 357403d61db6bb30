"""Spearman's rank correlation, plain and with a covariate held fixed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def rank_correlation(x: Sequence[float], y: Sequence[float]) -> float:
    """Spearman's rank correlation over the pairs in which both values are finite.

    Args:
        x: Values.
        y: Values of the same length.

    Returns:
        Correlation in [-1, 1]; NaN for fewer than three pairs or a constant side.

    Source: Spearman (1904), "The proof and measurement of association between two things".

    >>> rank_correlation([1.0, 2.0, 3.0], [9.0, 4.0, 1.0])
    -1.0
    """
    return partial_rank_correlation(x, y, [0.0] * len(x))


def partial_rank_correlation(x: Sequence[float], y: Sequence[float], covariate: Sequence[float]) -> float:
    r"""Rank correlation of x and y at equal covariate z.

    The ranks of x and y lose what a linear function of the ranks of z explains; what is left is correlated:
    :math:`(\rho_{xy} - \rho_{xz}\rho_{yz}) / \sqrt{(1 - \rho_{xz}^2)(1 - \rho_{yz}^2)}`. A constant z explains
    nothing, so the plain rank correlation remains.

    Args:
        x: Values.
        y: Values of the same length.
        covariate: z, values of the same length.

    Returns:
        Correlation in [-1, 1] over the triples that are finite; NaN for fewer than three, or where nothing of x or y is
        left once z is known.

    Source: Kendall (1942), "Partial rank correlation"; Conover (1999), "Practical nonparametric statistics", 5.4.

    >>> round(partial_rank_correlation([1.0, 2.0, 3.0, 4.0], [1.0, 3.0, 2.0, 4.0], [1.0, 2.0, 4.0, 3.0]), 4)
    0.8729
    """
    rows = np.array([row for row in zip(x, y, covariate, strict=True) if all(map(math.isfinite, row))])
    if len(rows) < 3:
        return math.nan
    a, b, z = (ranks - ranks.mean() for ranks in map(_ranks, rows.T))
    if (norm := float(z @ z)) > 0:
        a, b = a - z * (a @ z) / norm, b - z * (b @ z) / norm
    scale = float(np.sqrt((a @ a) * (b @ b)))
    least = 1e-9 * len(rows) ** 3  # rounding of residuals that are 0
    if min(float(a @ a), float(b @ b)) <= least:
        return math.nan
    return float(np.clip(a @ b / scale, -1.0, 1.0))


def rank_step(n: int) -> float:
    r"""Least change of Spearman's correlation of n values without ties: two neighbours trade places.

    Args:
        n: Number of values, at least 2.

    Returns:
        :math:`12 / (n (n^2 - 1))`.

    >>> rank_step(3), rank_step(5)
    (0.5, 0.1)
    """
    return 12 / (n * (n * n - 1))


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    # Ranks from 0, ties sharing their mean rank.
    below = (values[None, :] < values[:, None]).sum(axis=1)
    equal = (values[None, :] == values[:, None]).sum(axis=1)
    return np.asarray(below + (equal - 1) / 2, dtype=np.float64)
