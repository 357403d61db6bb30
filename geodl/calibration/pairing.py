"""A random pairing: what OTS is worth where a map knows nothing of its points."""

from __future__ import annotations

import numpy as np

from geodl.calibration.line import Points, straight_states


def pairing_states(start: Points, depth: int, generator: np.random.Generator) -> tuple[Points, ...]:
    """Move every point along a straight line to a point drawn independently of it, from the same Gaussian.

    Expected: LSS 1, and OTS 1/n on average: given the two clouds, every pairing is equally likely. The transport ratio
    W₂²/mean ‖y - x‖² falls short of 1 by what a better pairing saves, which is much in the plane and little in high
    dimension, where all points are about √(2d) apart.

    Args:
        start: (n, d) points x^0.
        depth: Number of steps L >= 1.
        generator: Draws the end points.

    Returns:
        L + 1 arrays (n, d).

    Example:
        >>> states = pairing_states(np.zeros((400, 1)), 3, np.random.default_rng(0))
        >>> len(states), round(float(states[-1].std()), 1)
        (4, 1.0)
    """
    return straight_states(start, generator.standard_normal(start.shape), depth)
