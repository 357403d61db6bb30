"""Transport ratio: how much the mismatch with the optimal plan costs."""

from __future__ import annotations

import math
from typing import Any

from geodl.scores.given_plan import plan_of_leg
from geodl.scores.result import ScoreResult, ScoreSpec
from geodl.scores.states import as_pair
from geodl.transport.plan import TransportPlan

SPEC = ScoreSpec(
    name="transport_ratio",
    title="transport ratio",
    symbol="W₂²/cost",
    higher_is_better=True,
    lower=0.0,
    upper=1.0,
    best=1.0,
    source="geodl; W₂ after Kantorovich 1942",
)

_EXCESS = 1e-9  # largest relative amount by which an optimal plan may cost more than the network's own pairing


def transport_ratio(source: Any, target: Any, *, plan: TransportPlan | None = None) -> ScoreResult:
    """Cost of the optimal plan over the cost of the network's own pairing.

    ratio = Σ_i M_{iπ*(i)} / Σ_i M_ii = W₂²(μ₀, μ_L) / mean_i ‖x_i^L - x_i^0‖²

    It is 1 exactly when OTS is 1. That holds at rest too, where no sample moves and the quotient is 0/0: the ratio is
    then 1, since the network's own pairing is optimal there, and since this is the limit: displacements ε δ_i of
    distinct points are an optimal map for every small ε, whatever the δ_i, and equal points may be exchanged at no
    cost. Such a value is marked by ``at_rest`` in the details. It is 0 if outputs are a permutation of the inputs.

    Args:
        source: (n, d) array or tensor, first states.
        target: (n, d) array or tensor, last states.
        plan: The solved plan between the two, to save the time.

    Returns:
        Value in [0, 1]. Details: ``cost`` (W₂²), ``identity_cost`` (mean squared displacement), ``gap`` (certified
        relative error of the ratio), ``at_rest`` (1 if nothing moves), ``n``, ``d``.

    Example:
        Both samples move by 2 past each other; optimal would be to move by 1 each: 1² / 2².

        >>> transport_ratio([[0.0], [1.0]], [[2.0], [-1.0]]).value
        0.25
        >>> transport_ratio([[0.0], [1.0]], [[0.0], [1.0]]).value
        1.0
    """
    leg = as_pair(source, target)
    if leg.fault:
        return ScoreResult.invalid(leg.fault)
    return ratio_of_plan(plan_of_leg(leg, plan))


def ratio_of_plan(plan: TransportPlan) -> ScoreResult:
    """The transport ratio of a plan that is solved already.

    Args:
        plan: The plan between first and last states.

    Returns:
        As `transport_ratio`. Exactly 1.0 is returned only if the certified plan keeps every sample's own output, and
        then always; NaN with a reason if the plan failed, or costs more than the network's own pairing beyond rounding.
        A bracket is NaN with its proved bounds ``low`` and ``high`` in the details.
    """
    if plan.status == "bracket":
        reason = f"only bounds are proved, [{plan.lower:.6g}, {plan.upper:.6g}]: {plan.reason}"
        return ScoreResult.invalid(reason, low=plan.lower, high=plan.upper, n=plan.n, d=plan.d)
    if not plan.optimal:
        return ScoreResult.invalid(plan.reason, n=plan.n, d=plan.d)
    at_rest = plan.identity_cost == 0.0
    ratio = 1.0 if at_rest else plan.cost / plan.identity_cost
    keeps_all = not plan.ties and bool(plan.kept.all())
    if abs(ratio - 1.0) > _EXCESS and (ratio > 1.0 or keeps_all):
        return ScoreResult.invalid(
            f"the optimal plan costs {ratio!r} times the network's own pairing, which contradicts its certificate",
            n=plan.n,
            d=plan.d,
        )
    if keeps_all:
        ratio = 1.0
    elif ratio >= 1.0 and not plan.ties:
        # Another pairing is better, by less than float64 can show in the quotient.
        ratio = math.nextafter(1.0, 0.0)
    return ScoreResult(
        value=ratio,
        details={
            "cost": plan.cost,
            "identity_cost": plan.identity_cost,
            "gap": plan.gap,
            "at_rest": int(at_rest),
            "n": plan.n,
            "d": plan.d,
        },
    )
