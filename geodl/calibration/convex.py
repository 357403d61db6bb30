"""The gradient of a convex function: an optimal transport map of its own, whatever the points are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from geodl.calibration.line import Points, straight_states


def convex_gradient(points: Points, amount: float, weights: NDArray[np.float64]) -> Points:
    r"""Gradient of a quadratic and a mixture of softplus functions.

    φ(x) = ‖x‖²/2 + a (‖Wx‖²/2 + Σ_k softplus(w_k·x)), so that ∇φ(x) = x + a Wᵀ(Wx + σ(Wx)) with the logistic
    function σ. φ is convex for a >= 0, hence ∇φ is the optimal transport map from any points to their images
    (Brenier 1991; on finitely many points by cyclical monotonicity, Rockafellar 1966).

    Args:
        points: (n, d) points.
        amount: a >= 0; 0 is the identity.
        weights: (m, d) rows w_k.

    Returns:
        (n, d) gradients.

    Example:
        At 0 the logistic function is 1/2:

        >>> convex_gradient(np.zeros((1, 2)), 2.0, np.eye(2))
        array([[1., 1.]])
    """
    inner = points @ weights.T
    gradients: Points = points + amount * (inner + expit(inner)) @ weights
    return gradients


def convex_states(start: Points, amount: float, depth: int, generator: np.random.Generator) -> tuple[Points, ...]:
    """Move every point along a straight line to ∇φ(x), with W drawn once: d rows, entries N(0, 1/d).

    Expected: OTS, transport ratio, LSS and geodesic score 1, at every n and d. Whatever falls short of 1 here is a
    fault of the measurement.

    Args:
        start: (n, d) points x^0.
        amount: a > 0, how far the map is from the identity.
        depth: Number of steps L >= 1.
        generator: Draws W.

    Returns:
        L + 1 arrays (n, d).

    Example:
        >>> states = convex_states(np.zeros((1, 3)), 1.0, 4, np.random.default_rng(0))
        >>> len(states), bool(np.allclose(states[2], states[4] / 2))
        (5, True)
    """
    dim = start.shape[1]
    weights = generator.standard_normal((dim, dim)) / np.sqrt(dim)
    return straight_states(start, convex_gradient(start, amount, weights), depth)
