"""Geodesic score: squared Wasserstein distance over kinetic energy."""

from __future__ import annotations

from typing import Any

from geodl.scores.given_plan import plan_of_leg
from geodl.scores.kinetic_straightness import kinetic_straightness
from geodl.scores.result import ScoreResult, ScoreSpec
from geodl.scores.states import as_states
from geodl.scores.transport_ratio import ratio_of_plan
from geodl.transport.plan import TransportPlan

SPEC = ScoreSpec(
    name="geodesic",
    title="geodesic score",
    symbol="GS",
    higher_is_better=True,
    lower=0.0,
    upper=1.0,
    best=1.0,
    source="Benamou & Brenier 2000, doi:10.1007/s002110050002, discrete",
)


def geodesic_score(states: Any, *, plan: TransportPlan | None = None) -> ScoreResult:
    """Squared Wasserstein distance over the discrete kinetic energy of the tracks.

    W₂²(μ₀, μ_L) / (L Σ_l mean_i ‖Δ_i^l‖²) = transport ratio × kinetic straightness

    By Benamou and Brenier's formula at most 1, and 1 exactly if the tracks are a constant-speed Wasserstein geodesic.

    Args:
        states: L + 1 arrays or tensors (n, d), or one of shape (L + 1, n, d).
        plan: The solved plan between the first and the last state, to save the time.

    Returns:
        Value in [0, 1]; 0 if the samples move but their distribution ends where it began. Details:
        ``transport_ratio``, ``kinetic_straightness`` (the factors), ``n``, ``d``, ``L``. NaN if no sample moves (0/0),
        or the plan failed.

    Source:
        Benamou & Brenier 2000, doi:10.1007/s002110050002, equation (3), in discrete time.

    Example:
        Straight, but uneven steps of 1 and 3: transport ratio 1, kinetic straightness 4² / (2 · (1² + 3²)).

        >>> geodesic_score([[[0.0], [9.0]], [[1.0], [10.0]], [[4.0], [13.0]]]).value
        0.8
    """
    leg = as_states(states)
    kinetic = kinetic_straightness(leg)
    if not kinetic.valid:
        return ScoreResult.invalid(kinetic.reason)
    ratio = ratio_of_plan(plan_of_leg(leg, plan))
    if not ratio.valid:
        return ScoreResult.invalid(ratio.reason)
    return ScoreResult(
        # At the end of closed tracks the ratio is 1 by its own convention, and the other factor 0, as it should be.
        value=ratio.value * kinetic.value,
        details={
            "transport_ratio": ratio.value,
            "kinetic_straightness": kinetic.value,
            "n": leg.n_samples,
            "d": leg.dim,
            "L": leg.n_steps,
        },
    )
