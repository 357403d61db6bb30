"""Track distance: whether tracks of different samples keep apart as those of a geodesic do."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodl.scores.result import ScoreResult, ScoreSpec
from geodl.scores.states import as_labels, as_states
from geodl.transport.cost import common_shift, power_of_two_scale, squared_distances

SPEC = ScoreSpec(
    name="track_distance",
    title="pairs that keep the geodesic's track distance",
    symbol="track bound",
    higher_is_better=True,
    lower=0.0,
    upper=1.0,
    best=1.0,
    source="Gai & Zhang 2021, arXiv:2102.09235",
)

_TOLERANCE = 1e-9  # relative, on the bound: a pair exactly on it keeps it
_KEPT_BYTES = 2**29  # converted states up to this size are kept; of a larger track each block converts them anew
_ROWS = 128  # rows handled at once; memory is 128 × n numbers, and the block stays near the cache


def track_distance(states: Any, labels: Any = None) -> ScoreResult:
    """Share of pairs of tracks that stay as far apart as a geodesic would keep them.

    d(i, j) = min_l ‖x_i^l - x_j^l‖  >=  ab / √(a² + b²),   a = ‖x_i^0 - x_j^0‖,  b = ‖x_i^L - x_j^L‖

    Optimal transport is monotone, (x_i^0 - x_j^0) · (x_i^L - x_j^L) >= 0, so two tracks of a geodesic come no nearer
    than the height of the right triangle with legs a and b. The margin is the least track distance between samples of
    different classes.

    Args:
        states: L + 1 arrays or tensors (n, d), or one of shape (L + 1, n, d).
        labels: (n,) integers, the classes; None leaves the margins NaN.

    Returns:
        Value in [0, 1], the share of the n(n-1)/2 pairs that keep the bound, to a relative 1e-9. ``per_sample`` (n,) is
        the share among the pairs of each sample. Details: ``margin_between_classes``, ``margin_within_classes`` (least
        track distance of pairs with different and with equal labels, units of the states; NaN if there is no such
        pair), ``least`` (of all pairs), ``n_pairs``, ``n``, ``L``.

    Source:
        Gai & Zhang 2021, arXiv:2102.09235: a geodesic keeps tracks apart, hence generalises.

    Example:
        Two tracks meet half-way, where a geodesic from distance 2 to distance 2 keeps √2 at least:

        >>> meeting = [[[0.0], [2.0]], [[1.0], [1.0]], [[0.0], [2.0]]]
        >>> result = track_distance(meeting, labels=[0, 1])
        >>> result.value, result.details["margin_between_classes"]
        (0.0, 0.0)
    """
    leg = as_states(states)
    classes = None if labels is None else as_labels(labels, leg.n_samples)
    if leg.fault:
        return ScoreResult.invalid(leg.fault)
    scale = max(power_of_two_scale(array) for array in leg.arrays)  # so that no square underflows or overflows
    n = leg.n_samples

    def scaled(index: int) -> NDArray[np.float64]:
        return leg.state(index) / scale

    if 8 * n * leg.dim * (leg.n_steps + 1) <= _KEPT_BYTES:
        scaled = functools.cache(scaled)
    shifts = [common_shift(scaled(index)) for index in range(leg.n_steps + 1)]
    kept_pairs = np.zeros(n, dtype=np.int64)
    least = between = within = math.inf
    for start in range(0, n, _ROWS):
        nearest, kept = _block(scaled, shifts, start)
        kept_pairs[start : start + len(kept)] += np.count_nonzero(kept, axis=1)
        kept_pairs[start:] += np.count_nonzero(kept, axis=0)
        least = min(least, float(nearest.min()))
        if classes is not None:
            different = classes[start : start + len(kept), None] != classes[start:]
            between = min(between, float(np.where(different, nearest, math.inf).min()))
            within = min(within, float(np.where(different, math.inf, nearest).min()))
    n_pairs = n * (n - 1) // 2
    return ScoreResult(
        value=int(kept_pairs.sum()) / (2 * n_pairs),
        per_sample=kept_pairs / (n - 1),
        details={
            "margin_between_classes": _length(between, scale),
            "margin_within_classes": _length(within, scale),
            "least": _length(least, scale),
            "n_pairs": n_pairs,
            "n": n,
            "L": leg.n_steps,
        },
    )


def _block(
    state: Callable[[int], NDArray[np.float64]], shifts: list[NDArray[np.float64]], start: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return squared track distances of a block of rows to all later samples, and who keeps the bound.

    Entries that are no pair i < j are infinite and do not keep it.
    """
    first = nearest = last = np.empty(0)
    for index, shift in enumerate(shifts):
        array = state(index)
        last = squared_distances(array[start : start + _ROWS], array[start:], shift=shift)
        if index == 0:
            first, nearest = last, last.copy()
        else:
            np.minimum(nearest, last, out=nearest)
    # d² (a² + b²) >= (1 - tolerance)² a² b², without the division that coinciding samples would make 0/0.
    kept = nearest * (first + last) >= (1.0 - _TOLERANCE) ** 2 * first * last
    size = len(kept)
    no_pair = np.tri(
        size, dtype=np.bool_
    )  # the block's own square is its first columns: keep what is above its diagonal
    kept[:, :size][no_pair] = False
    nearest[:, :size][no_pair] = math.inf
    return nearest, kept


def _length(squared: float, scale: float) -> float:
    """Return a squared distance in scaled units as a distance; NaN if no pair set it."""
    return math.sqrt(squared) * scale if math.isfinite(squared) else math.nan
