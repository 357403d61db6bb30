"""Scores of data tracks: is the path of the features through a network a Wasserstein geodesic?

A leg is a sequence of states, one (n, d) array or tensor for every read-out point of equal shape. Three samples that
pass through two blocks, straight and at constant speed, in an order that optimal transport would choose too:

    >>> import numpy as np
    >>> from geodl.scores import line_shape_score, optimal_transport_score, score_leg
    >>> x = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> states = [x, 2 * x, 3 * x]

How straight are the tracks, and is the map from first to last state an optimal transport map?

    >>> line_shape_score(states).details["zero_steps"]  # the first sample does not move: counted, not averaged
    2
    >>> line_shape_score(states).value, optimal_transport_score(states[0], states[-1]).value
    (1.0, 1.0)

All scores of a leg at once share one transport plan; `SCORES` says how to read each, `leg_metrics` names what is
logged:

    >>> results = score_leg(states, labels=[0, 0, 1])
    >>> results["geodesic"].value, SCORES["geodesic"].best
    (1.0, 1.0)
    >>> leg_metrics(results)["track_margin"]
    1.0

A number that cannot be computed is NaN, with the reason:

    >>> result = line_shape_score([x, x])
    >>> result.value, result.reason
    (nan, 'the summed direction of every sample is zero')
"""

from __future__ import annotations

from geodl.scores.action import action
from geodl.scores.bend import bend_angles
from geodl.scores.geodesic import geodesic_score
from geodl.scores.geodesic_deviation import geodesic_deviation
from geodl.scores.kinetic_straightness import kinetic_straightness
from geodl.scores.line_shape import line_shape_score
from geodl.scores.metrics import METRICS, Metric, leg_metrics
from geodl.scores.optimal_transport import optimal_transport_score
from geodl.scores.pair_distance import pair_distances, sample_pairs
from geodl.scores.path_straightness import path_straightness
from geodl.scores.registry import SCORES
from geodl.scores.result import ScoreResult, ScoreSpec
from geodl.scores.score_leg import score_leg
from geodl.scores.step_transport import step_transport
from geodl.scores.track_distance import track_distance
from geodl.scores.transport_ratio import transport_ratio

__all__ = [
    "score_leg",
    "line_shape_score",
    "optimal_transport_score",
    "transport_ratio",
    "path_straightness",
    "kinetic_straightness",
    "geodesic_score",
    "geodesic_deviation",
    "step_transport",
    "track_distance",
    "action",
    "bend_angles",
    "pair_distances",
    "sample_pairs",
    "ScoreResult",
    "ScoreSpec",
    "SCORES",
    "METRICS",
    "Metric",
    "leg_metrics",
]
