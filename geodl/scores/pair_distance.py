"""Pair distance: how near the tracks of two samples come, beside what a geodesic would keep."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodl.errors import DataError
from geodl.scores.states import as_states
from geodl.transport.clouds import as_float64

BLOCK_NUMBERS = 2**18
"""Numbers of a state that are gathered at once."""


def sample_pairs(n_samples: int, n_pairs: int = 2000, *, seed: int = 0) -> NDArray[np.int64]:
    """Draw pairs of samples, each pair at most once, with a generator of its own.

    Args:
        n_samples: n >= 2.
        n_pairs: Largest number of pairs; of fewer than that all are taken.
        seed: Seed of the generator. Runs with the same n and seed have the same pairs.

    Returns:
        (m, 2) int64, i < j, sorted, m = min(n_pairs, n(n-1)/2).

    Example:
        >>> sample_pairs(3)
        array([[0, 1],
               [0, 2],
               [1, 2]])
    """
    total = math.comb(n_samples, 2)
    if total <= n_pairs:
        chosen = np.arange(total)
    else:
        chosen = np.sort(np.random.default_rng(seed).choice(total, n_pairs, replace=False, shuffle=False))
    later = np.arange(n_samples - 1, -1, -1)  # partners j > i of each i
    begins = np.cumsum(later) - later
    first = np.searchsorted(begins[:-1], chosen, side="right") - 1
    return np.stack([first, chosen - begins[first] + first + 1], axis=1).astype(np.int64)


def pair_distances(states: Any, pairs: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Track distance of some pairs of samples, and its geodesic bound.

    d(i, j) = min_l ‖x_i^l - x_j^l‖,   bound ab / √(a² + b²),   a = ‖x_i^0 - x_j^0‖,  b = ‖x_i^L - x_j^L‖

    `geodl.scores.track_distance` counts over all pairs who keeps the bound; this gives the two numbers of each.

    Args:
        states: L + 1 arrays or tensors (n, d), or one of shape (L + 1, n, d).
        pairs: (m, 2) integers in [0, n).

    Returns:
        Distances (m,) and bounds (m,), float64, >= 0, units of the states. The bound of samples that coincide at the
        start or at the end is 0.

    Raises:
        DataError: If the states cannot be scored, or a pair names a sample that is not there.

    Source:
        Gai & Zhang 2021, arXiv:2102.09235.

    Example:
        Two tracks that meet half-way, between distances of 3 and 4, where a geodesic keeps 12 / 5:

        >>> pair_distances([[[0.0], [3.0]], [[1.0], [1.0]], [[0.0], [4.0]]], [[0, 1]])
        (array([0.]), array([2.4]))
    """
    leg, chosen = as_states(states), np.asarray(pairs)
    if leg.fault:
        raise DataError(f"states: expected states that can be scored, found that {leg.fault}; correct them")
    if chosen.ndim != 2 or chosen.shape[1] != 2 or chosen.dtype.kind not in "iu":
        raise DataError(f"pairs: expected (m, 2) integers, found {chosen.dtype} of shape {chosen.shape}; pass two each")
    if chosen.size and not 0 <= chosen.min() <= chosen.max() < leg.n_samples:
        raise DataError(
            f"pairs: expected samples from 0 to {leg.n_samples - 1}, found {chosen.min()} to {chosen.max()}; "
            "draw them with sample_pairs(n)"
        )
    nearest = np.full(len(chosen), math.inf)
    ends: list[NDArray[np.float64]] = []
    for index in range(leg.n_steps + 1):
        apart = _distances(leg.sources[index], chosen)
        nearest = np.minimum(nearest, apart)
        if index in {0, leg.n_steps}:
            ends.append(apart)
    hypotenuse = np.hypot(*ends)
    # a (b / √(a² + b²)): no product of two lengths, which could overflow.
    return nearest, ends[0] * np.divide(ends[1], hypotenuse, out=np.zeros_like(hypotenuse), where=hypotenuse > 0.0)


def _distances(source: Any, pairs: NDArray[Any]) -> NDArray[np.float64]:
    # By differences, not by inner products: there are few pairs, and near ones keep all their digits.
    found = np.zeros(len(pairs))
    rows = max(1, BLOCK_NUMBERS // source.shape[1])
    for start in range(0, len(pairs), rows):
        first, second = pairs[start : start + rows].T
        apart = as_float64(source[first], "states") - as_float64(source[second], "states")
        # By the largest coordinate, so that no square underflows or overflows.
        largest = np.abs(apart).max(axis=1)
        scale = np.where(largest > 0.0, largest, 1.0)
        found[start : start + rows] = np.linalg.norm(apart / scale[:, None], axis=1) * scale
    return found
