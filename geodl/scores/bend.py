"""Bend: the angle by which a data track turns at an inner read-out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodl.errors import DataError
from geodl.scores.state_rows import state_rows
from geodl.scores.states import as_states

BLOCK_NUMBERS = 2**18
"""Numbers of a state that are converted at once: a few blocks of them stay in the cache."""


def bend_angles(states: Any) -> NDArray[np.float64]:
    """Angle between consecutive steps at every inner read-out.

    angle_i^l = arccos( Δ_i^l · Δ_i^{l+1} / (‖Δ_i^l‖ ‖Δ_i^{l+1}‖) ),   Δ_i^l = x_i^l - x_i^{l-1},   l = 1, ..., L - 1

    0° goes straight on, 90° is what independent steps have in high dimension, 180° turns back. Where LSS says how much
    a track bends, this says where. Computed as 2 atan2(‖u - v‖, ‖u + v‖) from the unit steps u and v, the same angle
    (Kahan 2006, section 12), since the arc cosine loses half of the digits near 0° and 180°.

    Args:
        states: L + 1 arrays or tensors (n, d), or one of shape (L + 1, n, d); L may be 1.

    Returns:
        (L - 1, n) float64, degrees in [0, 180]; NaN where a step has length zero and so no direction.

    Raises:
        DataError: If the states cannot be scored: NaN, infinity, one sample, no step.

    Source:
        W. Kahan 2006, "How Futile are Mindless Assessments of Roundoff in Floating-Point Computation?", section 12.

    Example:
        One sample goes straight on, one turns by a right angle, one rests:

        >>> x0, x1 = [[0.0, 0.0], [0.0, 0.0], [1.0, 1.0]], [[1.0, 0.0], [1.0, 0.0], [1.0, 1.0]]
        >>> bend_angles([x0, x1, [[5.0, 0.0], [1.0, 3.0], [2.0, 1.0]]])
        array([[ 0., 90., nan]])
    """
    leg = as_states(states)
    if leg.fault:
        raise DataError(f"states: expected states that can be scored, found that {leg.fault}; correct them")
    angles = np.full((leg.n_steps - 1, leg.n_samples), np.nan)
    rows = max(1, BLOCK_NUMBERS // leg.dim)
    for start in range(0, leg.n_samples, rows):
        stop = min(start + rows, leg.n_samples)
        before = state_rows(leg.sources[0], start, stop)
        direction_before: NDArray[np.float64] | None = None
        for index in range(1, leg.n_steps + 1):
            after = state_rows(leg.sources[index], start, stop)
            direction = _directions(after - before)
            if direction_before is not None:
                angles[index - 2, start:stop] = _angles(direction_before, direction)
            before, direction_before = after, direction
    return angles


def _directions(steps: NDArray[np.float64]) -> NDArray[np.float64]:
    # Scaled by the largest coordinate first, so that no square underflows or overflows; a step of zero becomes NaN.
    largest = np.abs(steps).max(axis=1, keepdims=True)
    scaled = np.divide(steps, largest, out=np.full_like(steps, np.nan), where=largest > 0.0)
    unit: NDArray[np.float64] = scaled / np.linalg.norm(scaled, axis=1, keepdims=True)
    return unit


def _angles(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    apart, along = np.linalg.norm(first - second, axis=1), np.linalg.norm(first + second, axis=1)
    return np.asarray(np.degrees(2.0 * np.arctan2(apart, along)), dtype=np.float64)
