"""Action: length of the network's curve in Wasserstein space, beside the norm of its weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from geodl.scores.result import Detail, ScoreResult, ScoreSpec
from geodl.scores.states import as_states
from geodl.transport.clouds import as_float64

SPEC = ScoreSpec(
    name="action",
    title="action",
    symbol="A",
    higher_is_better=False,
    lower=0.0,
    upper=float("inf"),
    best=float("nan"),
    source="Gai & Zhang 2021, arXiv:2102.09235",
)


def action(states: Any, weights: Sequence[Any] | None = None) -> ScoreResult:
    """Sum over steps of the root mean squared displacement.

    A = Σ_l (mean_i ‖Δ_i^l‖²)^½,   beside   Σ_l ‖W^l‖²

    Gai and Zhang bound the first by a constant times the second: weight decay shrinks the action. The action grows with
    the scale of the states, so it compares networks on the same inputs only, and has no best value.

    Args:
        states: L + 1 arrays or tensors (n, d), or one of shape (L + 1, n, d).
        weights: Weight arrays or tensors of the leg's blocks, any shapes; None if not wanted.

    Returns:
        Value in [0, inf), units of the states; 0 if nothing moves. Details: ``per_step`` (the summands), ``n``, ``L``
        and, if weights are given, ``weight_norm`` (sum of their squared entries; NaN if one is not finite).

    Raises:
        TypeError: If ``weights`` is no sequence of arrays.

    Source:
        Gai & Zhang 2021, arXiv:2102.09235.

    Example:
        Steps of 1 and 7, and of 5 and 1: √((1 + 49) / 2) + √((25 + 1) / 2).

        >>> result = action([[[0.0], [0.0]], [[1.0], [7.0]], [[6.0], [8.0]]], weights=[[[3.0, 4.0]]])
        >>> round(result.value, 4), result.details["weight_norm"]
        (8.6056, 25.0)
    """
    leg = as_states(states)
    if weights is not None and (hasattr(weights, "ndim") or not isinstance(weights, Sequence)):
        raise TypeError(
            f"weights: expected a sequence of arrays, found {type(weights).__name__}; pass a list, one array a layer"
        )
    if leg.fault:
        return ScoreResult.invalid(leg.fault)
    steps = leg.lengths.steps
    longest = float(steps.max())
    # Near the longest step squares of tiny displacements do not underflow, and a power of two costs no digit.
    unit = math.ldexp(1.0, math.frexp(longest)[1]) if longest > 0.0 else 1.0
    per_step = [float(value) * unit for value in np.sqrt(((steps / unit) ** 2).mean(axis=1))]
    details: dict[str, Detail] = {"per_step": per_step, "n": leg.n_samples, "L": leg.n_steps}
    if weights is not None:
        arrays = [as_float64(weight, f"weights[{index}]").ravel() for index, weight in enumerate(weights)]
        finite = all(np.isfinite(array).all() for array in arrays)
        details["weight_norm"] = math.fsum(float(array @ array) for array in arrays) if finite else math.nan
    return ScoreResult(value=math.fsum(per_step), details=details)
