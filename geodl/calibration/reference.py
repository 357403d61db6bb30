"""What well-known maps score at a given n and d: the yardstick beside the scores of networks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from geodl.calibration.known import known_states
from geodl.scores import score_leg

REFERENCES: tuple[tuple[str, float | None, str], ...] = (
    ("rotation", 10.0, "rotation by 10°"),
    ("rotation", 30.0, "rotation by 30°"),
    ("rotation", 60.0, "rotation by 60°"),
    ("noise", 0.3, "identity + 0.3 noise"),
    ("noise", 1.0, "identity + noise"),
    ("pairing", None, "random pairing"),
)
"""Known map, amount, and what it is called."""

MOST_SAMPLES, MOST_DIMENSIONS = 1000, 1024
"""Beyond these the scores are computed at them: a plan costs more, and OTS says no more."""


@dataclass(frozen=True)
class ReferenceScore:
    """The scores of one known map.

    Attributes:
        label: The map in words.
        ots: Its OTS, in [0, 1].
        transport_ratio: Its transport ratio, in (0, 1].
    """

    label: str
    ots: float
    transport_ratio: float


@cache
def reference_scores(n: int, dim: int, seed: int = 0) -> tuple[ReferenceScore, ...]:
    """Score the maps of `REFERENCES` on standard Gaussian points.

    Args:
        n: Number of points, at most `MOST_SAMPLES` of which are used.
        dim: Dimension d, at most `MOST_DIMENSIONS` of which are used.
        seed: Seed of the points.

    Returns:
        One score a map. No map among them is an optimal transport map; an OTS of 1 says that OTS does not notice at
        this n and d.

    Example:
        >>> [score.ots for score in reference_scores(50, 200)][:3]
        [1.0, 1.0, 1.0]
    """
    found = []
    for kind, amount, label in REFERENCES:
        states = known_states(kind, amount, n=min(n, MOST_SAMPLES), dim=min(dim, MOST_DIMENSIONS), depth=1, seed=seed)
        results = score_leg(states, scores=["optimal_transport", "transport_ratio"])
        found.append(ReferenceScore(label, results["optimal_transport"].value, results["transport_ratio"].value))
    return tuple(found)
