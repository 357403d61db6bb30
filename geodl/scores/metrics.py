"""The names under which scores are logged: results of a leg, flattened to one row of numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from geodl.scores.result import ScoreResult


@dataclass(frozen=True)
class Metric:
    """Where a logged number comes from.

    Attributes:
        score: Name of the score in `geodl.scores.SCORES`.
        detail: Key in the result's details; empty for its value.
        always: Whether the metric is logged as NaN when the score knows nothing of it, rather than left out.
    """

    score: str
    detail: str = ""
    always: bool = True


METRICS: dict[str, Metric] = {
    "lss": Metric("line_shape"),
    "lss_median": Metric("line_shape", "median"),
    "lss_q25": Metric("line_shape", "q25"),
    "lss_q75": Metric("line_shape", "q75"),
    "zero_steps": Metric("line_shape", "zero_steps"),
    "ots": Metric("optimal_transport"),
    "ots_low": Metric("optimal_transport", "low"),
    "ots_high": Metric("optimal_transport", "high", always=False),
    "transport_ratio": Metric("transport_ratio"),
    "transport_ratio_low": Metric("transport_ratio", "low", always=False),
    "transport_ratio_high": Metric("transport_ratio", "high", always=False),
    "path_straightness": Metric("path_straightness"),
    "kinetic_straightness": Metric("kinetic_straightness"),
    "geodesic_score": Metric("geodesic"),
    "geodesic_deviation": Metric("geodesic_deviation"),
    "step_ots": Metric("step_transport"),
    "step_transport_ratio": Metric("step_transport", "transport_ratio_mean"),
    "track_bound_share": Metric("track_distance"),
    "track_margin": Metric("track_distance", "margin_between_classes"),
    "action": Metric("action"),
    "weight_norm": Metric("action", "weight_norm", always=False),
}
"""Metric name (a column of metrics.csv after its prefix) to its place in the results."""


def leg_metrics(results: Mapping[str, ScoreResult]) -> dict[str, float]:
    """Flatten the results of one leg into metrics.

    Args:
        results: Results by score name, as `geodl.scores.score_leg` returns them.

    Returns:
        Metric name to float, for the scores that were computed: NaN where a score could not be. ``weight_norm`` appears
        only if weights were given.

    Example:
        >>> leg_metrics({"path_straightness": ScoreResult(0.5), "action": ScoreResult(2.0)})
        {'path_straightness': 0.5, 'action': 2.0}
        >>> leg_metrics({"optimal_transport": ScoreResult.invalid("state 0 holds 1 sample")})
        {'ots': nan, 'ots_low': nan}
    """
    row: dict[str, float] = {}
    for name, metric in METRICS.items():
        if metric.score not in results:
            continue
        result = results[metric.score]
        if metric.detail and metric.detail not in result.details and not metric.always:
            continue
        number = result.details.get(metric.detail, math.nan) if metric.detail else result.value
        assert isinstance(number, int | float), f"metric {name} must be a number"
        row[name] = float(number)
    return row
