"""Straight lines at constant speed from points to points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]


def straight_states(start: Points, end: Points, depth: int) -> tuple[Points, ...]:
    """Walk from start to end in equal steps: x^l = x^0 + (l / L)(x^L - x^0).

    LSS, path straightness and kinetic straightness are 1 whatever the end points are, so that a map reached this way
    shows what OTS and the transport ratio make of the pairing alone.

    Args:
        start: (n, d) points x^0.
        end: (n, d) points x^L.
        depth: Number of steps L >= 1.

    Returns:
        L + 1 arrays (n, d); the first and the last hold exactly the given points.

    Example:
        >>> [float(x[0, 0]) for x in straight_states(np.array([[0.0]]), np.array([[4.0]]), 4)]
        [0.0, 1.0, 2.0, 3.0, 4.0]
    """
    inner = [start + (step / depth) * (end - start) for step in range(1, depth)]
    return (start, *inner, end)
