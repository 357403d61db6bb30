"""Path straightness: chord over arc of the data tracks."""

from __future__ import annotations

from typing import Any

import numpy as np

from geodl.scores.result import ScoreResult, ScoreSpec
from geodl.scores.states import as_states

SPEC = ScoreSpec(
    name="path_straightness",
    title="path straightness",
    symbol="chord/arc",
    higher_is_better=True,
    lower=0.0,
    upper=1.0,
    best=1.0,
    source="arc-chord ratio",
)


def path_straightness(states: Any) -> ScoreResult:
    """Mean over samples of the chord's length over the path's length.

    mean_i ( ‖x_i^L - x_i^0‖ / Σ_l ‖Δ_i^l‖ )

    1 means that every track is a straight line, at whatever speed. A sample that never moves has no path; it is counted
    and left out of the mean.

    Args:
        states: L + 1 arrays or tensors (n, d), or one of shape (L + 1, n, d).

    Returns:
        Value in [0, 1]; 0 only if every track returns to its start. ``per_sample`` (n,), NaN for samples at rest.
        Details: ``at_rest`` (count), ``n``, ``L``. NaN if all samples are at rest, or the states cannot be scored.

    Example:
        Three forward and one back: 2 / 4; straight ahead: 1.

        >>> path_straightness([[[0.0], [0.0]], [[3.0], [1.0]], [[2.0], [5.0]]]).value
        0.75
    """
    leg = as_states(states)
    if leg.fault:
        return ScoreResult.invalid(leg.fault)
    paths = leg.lengths.steps.sum(axis=0)
    moving = paths > 0.0
    counts = {"at_rest": int(np.count_nonzero(~moving)), "n": leg.n_samples, "L": leg.n_steps}
    if not moving.any():
        return ScoreResult.invalid("no sample moves, so no path has a length", **counts)
    ratios = np.full(leg.n_samples, np.nan)
    # The triangle inequality gives <= 1; only rounding can exceed it.
    ratios[moving] = np.minimum(leg.lengths.chords[moving] / paths[moving], 1.0)
    return ScoreResult(value=float(ratios[moving].mean()), per_sample=ratios, details={**counts})
