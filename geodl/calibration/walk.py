"""A random walk: as crooked as a path gets without turning back on purpose."""

from __future__ import annotations

import math

import numpy as np

from geodl.calibration.line import Points


def walk_states(start: Points, amount: float, depth: int, generator: np.random.Generator) -> tuple[Points, ...]:
    """Add an independent Gaussian step of standard deviation σ/√L to every point, L times.

    The end is x + σ z as with `noise_states`, so OTS and transport ratio are those of the identity plus noise;
    the way there is not. Expected: LSS near √L in high dimension, where steps are orthogonal, and larger on average in
    the plane, where they may cancel.

    Args:
        start: (n, d) points x^0.
        amount: σ > 0 of the whole walk, in standard deviations of the points.
        depth: Number of steps L >= 1.
        generator: Draws the steps.

    Returns:
        L + 1 arrays (n, d).

    Example:
        >>> states = walk_states(np.zeros((400, 2)), 2.0, 4, np.random.default_rng(0))
        >>> [round(float(states[step].std())) for step in (0, 1, 4)]
        [0, 1, 2]
    """
    states = [start]
    for _ in range(depth):
        states.append(states[-1] + amount / math.sqrt(depth) * generator.standard_normal(start.shape))
    return tuple(states)
