"""Optimal-transport score: for how many samples the network's map is the optimal transport map."""

from __future__ import annotations

from typing import Any

import numpy as np

from geodl.scores.given_plan import plan_of_leg
from geodl.scores.result import ScoreResult, ScoreSpec
from geodl.scores.states import as_pair
from geodl.scores.transport_ratio import ratio_of_plan
from geodl.transport.plan import TransportPlan

SPEC = ScoreSpec(
    name="optimal_transport",
    title="optimal-transport score",
    symbol="OTS",
    higher_is_better=True,
    lower=0.0,
    upper=1.0,
    best=1.0,
    source="Gai & Zhang 2021, arXiv:2102.09235",
)


def optimal_transport_score(source: Any, target: Any, *, plan: TransportPlan | None = None) -> ScoreResult:
    """Share of samples whose optimal partner is their own output.

    OTS = #{ i : T(x_i) = f(x_i) } / n,   T the optimal transport map from {x_i} to {f(x_i)}

    Equality is of values, not of indices: coinciding outputs are each other's. Where several plans are optimal, the
    score is an interval; its upper end (the plan best for the network) is the value, its lower end stands in the
    details. The score saturates in high dimension (a rotation by 60 degrees has 1 at d = 100), so read it beside n, d
    and the transport ratio.

    Args:
        source: (n, d) array or tensor, first states x_i.
        target: (n, d) array or tensor, last states f(x_i).
        plan: The solved plan between the two, to save the time.

    Returns:
        Value in [0, 1], 1 if the network's map is an optimal transport map. ``per_sample`` (n,) is 1.0 or 0.0. Details:
        ``low`` (lower end), ``n``, ``d``, ``transport_ratio`` (NaN if not certified), ``gap`` (relative duality gap),
        ``method`` and ``how`` (what solved the plan, see `geodl.transport.TransportPlan`).
        NaN with a reason if the plan failed, or its ties are undecided; and if it is a bracket, with the proved bounds
        ``low`` and ``high`` in the details.

    Source:
        Gai & Zhang 2021, arXiv:2102.09235.

    Example:
        Two of three points exchange their places:

        >>> result = optimal_transport_score([[0.0], [1.0], [5.0]], [[1.0], [0.0], [6.0]])
        >>> round(result.value, 4), result.per_sample
        (0.3333, array([0., 0., 1.]))
    """
    leg = as_pair(source, target)
    if leg.fault:
        return ScoreResult.invalid(leg.fault)
    return score_of_plan(plan_of_leg(leg, plan))


def score_of_plan(plan: TransportPlan) -> ScoreResult:
    """The optimal-transport score of a plan that is solved already.

    Args:
        plan: The plan between first and last states.

    Returns:
        As `optimal_transport_score`.
    """
    if plan.status == "bracket":
        low, high = float(plan.kept_low.mean()), float(plan.kept.mean())
        reason = f"only bounds are proved, [{low:.4g}, {high:.4g}]: {plan.reason}"
        return ScoreResult.invalid(reason, low=low, high=high, n=plan.n, d=plan.d)
    if not plan.optimal or plan.ties:
        return ScoreResult.invalid(plan.reason or plan.ties, n=plan.n, d=plan.d)
    kept = plan.kept.astype(np.float64)
    return ScoreResult(
        value=float(kept.mean()),
        per_sample=kept,
        details={
            "low": float(plan.kept_low.mean()),
            "n": plan.n,
            "d": plan.d,
            "transport_ratio": ratio_of_plan(plan).value,
            "gap": plan.gap,
            "method": plan.method,
            "how": plan.how,
        },
    )
