"""The scores by name, each with what a reader must know of it."""

from __future__ import annotations

from geodl.scores.action import SPEC as ACTION
from geodl.scores.geodesic import SPEC as GEODESIC
from geodl.scores.geodesic_deviation import SPEC as GEODESIC_DEVIATION
from geodl.scores.kinetic_straightness import SPEC as KINETIC_STRAIGHTNESS
from geodl.scores.line_shape import SPEC as LINE_SHAPE
from geodl.scores.optimal_transport import SPEC as OPTIMAL_TRANSPORT
from geodl.scores.path_straightness import SPEC as PATH_STRAIGHTNESS
from geodl.scores.result import ScoreSpec
from geodl.scores.step_transport import SPEC as STEP_TRANSPORT
from geodl.scores.track_distance import SPEC as TRACK_DISTANCE
from geodl.scores.transport_ratio import SPEC as TRANSPORT_RATIO

SCORES: dict[str, ScoreSpec] = {
    spec.name: spec
    for spec in (
        LINE_SHAPE,
        OPTIMAL_TRANSPORT,
        TRANSPORT_RATIO,
        PATH_STRAIGHTNESS,
        KINETIC_STRAIGHTNESS,
        GEODESIC,
        GEODESIC_DEVIATION,
        STEP_TRANSPORT,
        TRACK_DISTANCE,
        ACTION,
    )
}
"""Registry name to `ScoreSpec`, in the order in which tables show them."""
