"""What happens at every read-out: where on the way the track bends, grows and is transported."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodl.scores import ScoreResult
from geodl.tracks import Leg


def read_out_rows(leg: Leg, scores: Mapping[str, ScoreResult]) -> list[dict[str, Any]]:
    """Describe each state of a leg.

    Args:
        leg: The leg, L+1 states of shape (n, d).
        scores: Results of :func:`geodl.scores.score_leg` on it; ``step_transport`` is used where it is there.

    Returns:
        One row a read-out: leg, read_out, d, mean norm of the state, mean length of the step that leads to it, mean
        angle in degrees to the step before (NaN where there is none), and the step's OTS and transport ratio.

    Example:
        >>> x = np.array([[3.0, 4.0], [0.0, 5.0]])
        >>> rows = read_out_rows(Leg(0, 0, ("a", "b"), (x, 2 * x)), {})
        >>> rows[1]["norm"], rows[1]["step_length"], rows[1]["angle_to_step_before"]
        (10.0, 5.0, nan)
    """
    details = scores["step_transport"].details if "step_transport" in scores and scores["step_transport"].valid else {}
    ots, ratio = details.get("ots"), details.get("transport_ratio")
    rows: list[dict[str, Any]] = []
    before: NDArray[np.float64] | None = None
    step_before: NDArray[np.float64] | None = None
    # One state and two steps at a time: a float64 copy of a whole wide track would not fit in memory.
    for i, name in enumerate(leg.names):
        state = np.asarray(leg.states[i], dtype=np.float64)
        step = None if before is None else state - before
        rows.append({
            "leg": leg.index,
            "read_out": name,
            "d": leg.dim,
            "norm": float(np.linalg.norm(state, axis=1).mean()),
            "step_length": np.nan if step is None else float(np.linalg.norm(step, axis=1).mean()),
            "angle_to_step_before": _mean_angle(step_before, step),
            "step_ots": float(ots[i - 1]) if i and isinstance(ots, list) else np.nan,
            "step_transport_ratio": float(ratio[i - 1]) if i and isinstance(ratio, list) else np.nan,
        })
        before, step_before = state, step
    return rows


def _mean_angle(before: NDArray[np.float64] | None, step: NDArray[np.float64] | None) -> float:
    # In degrees, over the samples that both steps move.
    if before is None or step is None:
        return math.nan
    product = np.linalg.norm(step, axis=1) * np.linalg.norm(before, axis=1)
    moving = product > 0
    if not moving.any():
        return math.nan
    cosine = np.einsum("nd,nd->n", step, before)[moving] / product[moving]
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))).mean())
