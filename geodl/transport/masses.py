"""How much mass each sample of a weighted cloud carries."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodl.errors import DataError
from geodl.transport.clouds import as_float64


def masses(weights: Any, n: int, name: str) -> NDArray[np.float64]:
    """Check weights and bring them to a sum of 1.

    Args:
        weights: (n,) array or tensor of numbers >= 0 of any positive sum, or None for equal ones.
        n: Samples of the cloud.
        name: The argument's name, for the error message.

    Returns:
        (n,) float64, of sum 1.

    Raises:
        DataError: If there is not one weight for each sample, or one is negative, NaN or infinite, or all are zero.

    Example:
        >>> masses([1, 3], 2, "source_weights")
        array([0.25, 0.75])
        >>> masses(None, 4, "source_weights")
        array([0.25, 0.25, 0.25, 0.25])
    """
    if weights is None:
        return np.full(n, 1.0 / n)
    values = as_float64(weights, name)
    if values.shape != (n,):
        raise DataError(
            f"{name}: expected one weight for each sample, shape ({n},), found shape {values.shape}; "
            "leave it out for equal weights"
        )
    bad = values[~(np.isfinite(values) & (values >= 0.0))]
    if len(bad):
        raise DataError(
            f"{name}: expected finite numbers >= 0, found {bad[0]:g} (and {len(bad) - 1} more such); "
            "a sample that should not count has weight 0"
        )
    if not values.any():
        raise DataError(f"{name}: expected a positive sum, found only zeros; leave it out for equal weights")
    scaled = values / values.max()  # first, since the sum of large weights may overflow
    shares: NDArray[np.float64] = scaled / scaled.sum()
    return shares
