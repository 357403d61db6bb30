"""Tracks with known scores."""

from __future__ import annotations

import numpy as np


def random_tracks(seed=0, n=20, d=5, steps=4, size=1.0):
    """Random walks from a Gaussian cloud."""
    rng = np.random.default_rng(seed)
    states = [rng.normal(size=(n, d))]
    for _ in range(steps):
        states.append(states[-1] + size * rng.normal(size=(n, d)))
    return states


def straight_tracks(seed=0, n=20, d=5, speeds=(1.0, 1.0, 1.0)):
    """A geodesic: every sample moves along the gradient of a convex function, in steps of the given lengths.

    The coordinates are multiples of a power of two, so that the tracks are straight in float64 too.
    """
    rng = np.random.default_rng(seed)
    start = np.round(rng.normal(size=(n, d)) * 64) / 64
    displacement = start * np.round(rng.uniform(0, 2, size=d) * 4) / 4 + 1.0
    return [start + t * displacement for t in np.concatenate([[0.0], np.cumsum(speeds)])]


def wave_tracks(n=12, d=4, steps=3):
    """Tracks by a formula without a random generator, for pinned values."""
    grid = np.arange(n)[:, None] * 3.3 + np.arange(d) * 0.9
    return [np.sin(grid + 0.15 * k) * (1 + 0.1 * k) + 0.3 * np.cos(5 * k * grid) for k in range(steps + 1)]


def rotation(seed, d):
    """A random orthogonal matrix."""
    q, r = np.linalg.qr(np.random.default_rng(seed).normal(size=(d, d)))
    return q * np.sign(np.diagonal(r))


def turn(x, degrees):
    """Rotate all planes (0, 1), (2, 3), ... by one angle."""
    angle = np.deg2rad(degrees)
    block = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return x @ np.kron(np.eye(x.shape[1] // 2), block)
