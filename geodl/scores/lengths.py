"""Lengths of the steps and of the chords of data tracks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray


def row_norms(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Euclidean norms of rows, without underflow or overflow of their squares.

    Args:
        vectors: (n, d) float64, finite.

    Returns:
        (n,) float64; zero exactly for zero rows.

    Example:
        >>> row_norms(np.array([[3.0, 4.0], [0.0, 0.0], [3e-200, 4e-200]]))
        array([5.e+000, 0.e+000, 5.e-200])
    """
    largest = np.abs(vectors).max(axis=1)
    # A power of two: dividing by it is exact, so that ordinary vectors lose no digit.
    scale = np.ldexp(1.0, np.frexp(largest)[1])
    scaled = vectors / scale[:, None]
    norms: NDArray[np.float64] = np.sqrt(np.einsum("ij,ij->i", scaled, scaled)) * scale
    return norms


def step_lengths(states: tuple[NDArray[np.float64], ...]) -> NDArray[np.float64]:
    """Lengths of all steps, ‖Δ_i^l‖ = ‖x_i^l - x_i^{l-1}‖.

    Args:
        states: L + 1 arrays (n, d).

    Returns:
        (L, n) float64, >= 0.

    Example:
        >>> step_lengths((np.array([[0.0]]), np.array([[2.0]]), np.array([[-1.0]])))
        array([[2.],
               [3.]])
    """
    return np.stack([row_norms(after - before) for before, after in pairwise(states)])


def chord_lengths(states: tuple[NDArray[np.float64], ...]) -> NDArray[np.float64]:
    """Distances from the first to the last state, ‖x_i^L - x_i^0‖.

    Args:
        states: L + 1 arrays (n, d).

    Returns:
        (n,) float64, >= 0.

    Example:
        >>> chord_lengths((np.array([[0.0]]), np.array([[2.0]]), np.array([[-1.0]])))
        array([1.])
    """
    return row_norms(states[-1] - states[0])
