"""The identity plus noise: a map that is almost the optimal one, and ceases to be as the noise grows."""

from __future__ import annotations

import numpy as np

from geodl.calibration.line import Points, straight_states


def noise_states(start: Points, amount: float, depth: int, generator: np.random.Generator) -> tuple[Points, ...]:
    """Move every point along a straight line to x + σ z, z standard Gaussian.

    Expected: LSS 1. OTS falls from 1 (noise far below the distance of neighbours) to 1/n (noise that drowns the
    points), the later the higher the dimension, since neighbours of Gaussian points in dimension d lie about √(2d)
    apart.

    Args:
        start: (n, d) points x^0.
        amount: σ > 0, in standard deviations of the points.
        depth: Number of steps L >= 1.
        generator: Draws the noise.

    Returns:
        L + 1 arrays (n, d).

    Example:
        >>> states = noise_states(np.zeros((500, 2)), 0.5, 2, np.random.default_rng(0))
        >>> len(states), round(float(states[-1].std()), 1)
        (3, 0.5)
    """
    return straight_states(start, start + amount * generator.standard_normal(start.shape), depth)
