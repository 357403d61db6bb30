"""Line-shape score: how straight the data tracks are, step directions only."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodl.scores.result import Detail, ScoreResult, ScoreSpec
from geodl.scores.states import as_states

SPEC = ScoreSpec(
    name="line_shape",
    title="line-shape score",
    symbol="LSS",
    higher_is_better=False,
    lower=1.0,
    upper=float("inf"),
    best=1.0,
    source="Gai & Zhang 2021, arXiv:2102.09235",
)


def line_shape_score(states: Any) -> ScoreResult:
    """Line-shape score, the mean over samples of L over the length of the summed unit steps.

    LSS_i = L / ‖ Σ_{l=1}^{L} Δ_i^l / ‖Δ_i^l‖ ‖,   Δ_i^l = x_i^l - x_i^{l-1}

    1 means a straight track; a random walk in high dimension has √L, so compare equal L only. Lengths of steps play no
    part. A step of length zero contributes the zero vector and is counted; a sample whose directions cancel has
    LSS_i = inf, is counted and left out of the mean and the quartiles.

    Args:
        states: L + 1 arrays or tensors (n, d), or one of shape (L + 1, n, d).

    Returns:
        Value in [1, inf): the mean of the finite LSS_i. ``per_sample`` (n,) holds all of them, inf included. Details:
        ``median``, ``q25``, ``q75`` of the finite ones, ``zero_steps`` and ``infinite`` (counts), ``n``, ``L``.
        NaN if no sample has a finite one, or the states cannot be scored.

    Source:
        Gai & Zhang 2021, "A Mathematical Principle of Deep Learning: Learn the Geodesic Curve in the Wasserstein
        Space", arXiv:2102.09235; restated by Aubry et al. 2024.

    Example:
        One sample goes straight, one turns by a right angle: 2 / ‖(1, 1)‖ = √2.

        >>> x0, x1 = [[0.0, 0.0], [0.0, 0.0]], [[1.0, 0.0], [1.0, 0.0]]
        >>> x2 = [[5.0, 0.0], [1.0, 3.0]]
        >>> line_shape_score([x0, x1, x2]).per_sample.round(4)
        array([1.    , 1.4142])
    """
    leg = as_states(states)
    if leg.fault:
        return ScoreResult.invalid(leg.fault)
    return summarise_line_shapes(*sample_line_shapes(leg), n_steps=leg.n_steps)


def sample_line_shapes(states: Any) -> tuple[NDArray[np.float64], int]:
    """Line-shape score of each sample, whatever the other samples are.

    Args:
        states: L + 1 arrays or tensors (n, d), or one of shape (L + 1, n, d), finite, with L >= 1.

    Returns:
        LSS_i, (n,), in [1, inf]; number of steps of length zero.

    Example:
        >>> sample_line_shapes([np.array([[0.0]]), np.array([[1.0]]), np.array([[1.0]])])
        (array([2.]), 1)
    """
    leg = as_states(states)
    summed = leg.lengths.directions
    # L unit vectors that cancel leave their rounding errors behind, not zero.
    cancelled = summed <= 4.0 * np.finfo(np.float64).eps * leg.n_steps
    scores = np.full(len(summed), np.inf)
    # The triangle inequality gives LSS_i >= 1; only rounding can fall below.
    scores[~cancelled] = np.maximum(leg.n_steps / summed[~cancelled], 1.0)
    return scores, leg.lengths.zero_steps


def summarise_line_shapes(scores: NDArray[np.float64], zero_steps: int, *, n_steps: int) -> ScoreResult:
    """Summarise the samples' line-shape scores as `line_shape_score` does.

    Args:
        scores: LSS_i, (n,), n >= 2, in [1, inf].
        zero_steps: Number of steps of length zero.
        n_steps: L.

    Returns:
        The result.

    Example:
        >>> summarise_line_shapes(np.array([1.0, 2.0, np.inf]), 0, n_steps=3).value
        1.5
    """
    finite = scores[np.isfinite(scores)]
    counts: dict[str, Detail] = {
        "zero_steps": zero_steps,
        "infinite": len(scores) - len(finite),
        "n": len(scores),
        "L": n_steps,
    }
    if finite.size == 0:
        return ScoreResult.invalid("the summed direction of every sample is zero", **counts)
    q25, median, q75 = np.quantile(finite, [0.25, 0.5, 0.75])
    return ScoreResult(
        value=float(finite.mean()),
        per_sample=scores,
        details={"median": float(median), "q25": float(q25), "q75": float(q75), **counts},
    )
