"""A known map as a data track, scored like a network's."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import torch

from geodl.calibration.known import known_states
from geodl.calibration.line import Points
from geodl.tracks import Track


def known_track(
    kind: str, amount: float | None, *, n: int, dim: int, depth: int, seed: int, points: Any = None
) -> Track:
    """Record the states of a known map as a track.

    Args:
        kind: Name of the map, as `known_states` says.
        amount: Its amount; None for ``pairing``.
        n: Number of points.
        dim: Dimension d.
        depth: Number of steps L >= 1.
        seed: Seed of points and map.
        points: (n, d) points to start from instead of standard Gaussian ones.

    Returns:
        A track of one leg, epoch 0, without labels; its metadata name the map.

    Example:
        >>> track = known_track("noise", 0.1, n=5, dim=3, depth=2, seed=0)
        >>> track.names, track.metadata["model"]
        (('points', 'step.1', 'step.2'), 'known map: noise 0.1')
    """
    states = known_states(kind, amount, n=n, dim=dim, depth=depth, seed=seed, points=points)
    named = kind if amount is None else f"{kind} {amount:g}"
    return Track(
        states=tuple(torch.from_numpy(np.ascontiguousarray(state)) for state in states),
        names=("points", *(f"step.{step}" for step in range(1, len(states)))),
        epoch=0,
        metadata={"model": f"known map: {named}", "moment": "end"},
    )


def points_digest(points: Points) -> str:
    """Hash points, to tell runs of the same points.

    Args:
        points: (n, d) points.

    Returns:
        SHA-256 of shape and float64 values, 64 hexadecimal digits.

    Example:
        >>> points_digest(np.zeros((1, 2))) == points_digest(np.zeros((2, 1)))
        False
    """
    state = hashlib.sha256(repr(points.shape).encode())
    state.update(np.ascontiguousarray(points, dtype="<f8").tobytes())
    return state.hexdigest()
