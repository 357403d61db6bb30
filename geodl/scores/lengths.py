"""Lengths of the steps and of the chords of data tracks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodl.scores.states import as_states


def step_lengths(states: Any) -> NDArray[np.float64]:
    """Lengths of all steps, ‖Δ_i^l‖ = ‖x_i^l - x_i^{l-1}‖.

    Args:
        states: L + 1 arrays or tensors (n, d), or one of shape (L + 1, n, d), finite. Of a leg that was measured before
            nothing is read again.

    Returns:
        (L, n) float64, >= 0; zero exactly for equal states, without underflow or overflow of squares.

    Example:
        >>> step_lengths((np.array([[0.0]]), np.array([[2.0]]), np.array([[-1.0]])))
        array([[2.],
               [3.]])
    """
    return as_states(states).lengths.steps


def chord_lengths(states: Any) -> NDArray[np.float64]:
    """Distances from the first to the last state, ‖x_i^L - x_i^0‖.

    Args:
        states: L + 1 arrays or tensors (n, d), or one of shape (L + 1, n, d), finite. Of a leg that was measured before
            nothing is read again.

    Returns:
        (n,) float64, >= 0; zero exactly for equal states, without underflow or overflow of squares.

    Example:
        >>> chord_lengths((np.array([[0.0]]), np.array([[2.0]]), np.array([[-1.0]])))
        array([1.])
    """
    return as_states(states).lengths.chords
