"""All scores of one leg, with the work they share done once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from geodl.errors import ConfigError
from geodl.scores.action import action
from geodl.scores.geodesic import geodesic_score
from geodl.scores.geodesic_deviation import geodesic_deviation
from geodl.scores.given_plan import plan_of_leg
from geodl.scores.kinetic_straightness import kinetic_straightness
from geodl.scores.line_shape import line_shape_score
from geodl.scores.optimal_transport import optimal_transport_score
from geodl.scores.path_straightness import path_straightness
from geodl.scores.registry import SCORES
from geodl.scores.result import ScoreResult
from geodl.scores.states import as_states
from geodl.scores.step_transport import step_transport
from geodl.scores.track_distance import track_distance
from geodl.scores.transport_ratio import transport_ratio
from geodl.transport.plan import TransportPlan

_SHARE_A_PLAN = frozenset({"optimal_transport", "transport_ratio", "geodesic", "geodesic_deviation"})


def score_leg(
    states: Any,
    labels: Any = None,
    scores: Sequence[str] = tuple(SCORES),
    *,
    weights: Sequence[Any] | None = None,
    plan: TransportPlan | None = None,
    method: str = "auto",
    max_memory: float | None = None,
) -> dict[str, ScoreResult]:
    """Compute several scores of one leg.

    The states are converted and checked once, and the plan between the first and the last state is solved once, for the
    optimal-transport score, the transport ratio, the geodesic score and the geodesic deviation.

    Args:
        states: L + 1 arrays or tensors (n, d), or one of shape (L + 1, n, d).
        labels: (n,) classes for the margins of `track_distance`, or None.
        scores: Names from `SCORES`; all by default. ``geodesic_deviation`` and ``step_transport`` cost about L plans
            each, the others one plan together.
        weights: Weight arrays of the leg's blocks for `action`, or None.
        plan: The plan between the first and the last state, if it is solved already.
        method: How transport is solved, see `geodl.transport.solve_transport`.
        max_memory: Bytes that transport may take at once; None for half of the machine's memory.

    Returns:
        Results by name, in the order of ``scores``. A score that cannot be computed is NaN with its reason and does not
        keep the others from being computed.

    Raises:
        ConfigError: If a name is not in `SCORES`.

    Example:
        >>> straight = [[[0.0], [4.0]], [[1.0], [5.0]], [[2.0], [6.0]]]
        >>> results = score_leg(straight, scores=["line_shape", "optimal_transport", "geodesic"])
        >>> {name: result.value for name, result in results.items()}
        {'line_shape': 1.0, 'optimal_transport': 1.0, 'geodesic': 1.0}
    """
    unknown = [name for name in scores if name not in SCORES]
    if isinstance(scores, str) or unknown:
        raise ConfigError(
            f"scores: expected a list of names out of {', '.join(SCORES)}, found {scores!r}; "
            "correct or remove the names that are not in this list"
        )
    leg = as_states(states)
    if not leg.fault and _SHARE_A_PLAN.intersection(scores):
        plan = plan_of_leg(leg, plan, method=method, max_memory=max_memory)
    compute: dict[str, Callable[[], ScoreResult]] = {
        "line_shape": lambda: line_shape_score(leg),
        "optimal_transport": lambda: optimal_transport_score(leg.state(0), leg.state(leg.n_steps), plan=plan),
        "transport_ratio": lambda: transport_ratio(leg.state(0), leg.state(leg.n_steps), plan=plan),
        "path_straightness": lambda: path_straightness(leg),
        "kinetic_straightness": lambda: kinetic_straightness(leg),
        "geodesic": lambda: geodesic_score(leg, plan=plan),
        "geodesic_deviation": lambda: geodesic_deviation(leg, plan=plan, method=method, max_memory=max_memory),
        "step_transport": lambda: step_transport(leg, method=method, max_memory=max_memory),
        "track_distance": lambda: track_distance(leg, labels),
        "action": lambda: action(leg, weights),
    }
    if leg.fault:
        return {name: ScoreResult.invalid(leg.fault) for name in scores}
    return {name: compute[name]() for name in scores}
