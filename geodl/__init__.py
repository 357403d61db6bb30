"""geodl: does a deep network learn the geodesic?

Data tracks of networks in training, and the scores that say how close they are to the Wasserstein geodesic
between input and output features (Gai & Zhang, arXiv 2102.09235).

The public names are loaded on first use, so that ``import geodl`` (and the command line's ``--help``) costs
milliseconds and not the seconds that torch needs.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_LOCATIONS = {
    "Track": "geodl.tracks",
    "Leg": "geodl.tracks",
    "StateRecorder": "geodl.tracks",
    "record_track": "geodl.tracks",
    "score_track": "geodl.track_scores",
    "TrackScores": "geodl.track_scores",
    "Monitor": "geodl.monitor",
    "TrackCallback": "geodl.callbacks",
    "ScoringCallback": "geodl.callbacks",
    "LineShapeScore": "geodl.metrics",
    "OptimalTransportScore": "geodl.metrics",
    "describe": "geodl.tracks",
    "Description": "geodl.tracks",
    "ReadOut": "geodl.tracks",
    "ScoreResult": "geodl.scores",
    "action": "geodl.scores",
    "geodesic_deviation": "geodl.scores",
    "geodesic_score": "geodl.scores",
    "kinetic_straightness": "geodl.scores",
    "line_shape_score": "geodl.scores",
    "optimal_transport_score": "geodl.scores",
    "path_straightness": "geodl.scores",
    "step_transport": "geodl.scores",
    "track_distance": "geodl.scores",
    "transport_ratio": "geodl.scores",
    "TransportPlan": "geodl.transport",
    "solve_transport": "geodl.transport",
}

__all__ = [  # noqa: PLE0604 - the starred names are strings
    "__version__",
    *_LOCATIONS,
]


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562).

    Args:
        name: The name asked for.

    Returns:
        The object.

    Raises:
        AttributeError: If there is no such name.
    """
    if name in _LOCATIONS:
        return getattr(importlib.import_module(_LOCATIONS[name]), name)
    raise AttributeError(f"module 'geodl' has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the lazily loaded names too, for tab completion.

    Returns:
        All public names.
    """
    return sorted(__all__)
