"""Geodesic deviation: how far the network's distributions stray from McCann's interpolation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from geodl.scores.given_plan import plan_of_leg
from geodl.scores.lengths import step_lengths
from geodl.scores.result import ScoreResult, ScoreSpec
from geodl.scores.states import as_states
from geodl.transport.many import solve_many
from geodl.transport.plan import TransportPlan

SPEC = ScoreSpec(
    name="geodesic_deviation",
    title="geodesic deviation",
    symbol="GD",
    higher_is_better=False,
    lower=0.0,
    upper=float("inf"),
    best=0.0,
    source="McCann 1997, doi:10.1006/aima.1997.1634",
)


def geodesic_deviation(
    states: Any, *, plan: TransportPlan | None = None, method: str = "auto", max_memory: float | None = None
) -> ScoreResult:
    """Largest distance of an interior distribution from the Wasserstein geodesic, relative to its length.

    max_{0<l<L} W₂(μ_l, ν_{t_l}) / W₂(μ₀, μ_L),   ν_t the distribution of (1 - t) x_i^0 + t x_{π*(i)}^L

    ν is the displacement interpolation (McCann 1997). The time of state l is its mean arc length,
    t_l = Σ_{k<=l} mean_i ‖Δ_i^k‖ / Σ_k mean_i ‖Δ_i^k‖, so that uneven speed alone is no deviation. Only distributions
    are compared, not who is where; samples that exchange roles count through the arc lengths alone. Where several plans
    are optimal, ν is of the one that keeps the most own outputs. The cost is one more plan for every interior state.

    Args:
        states: L + 1 arrays or tensors (n, d), or one of shape (L + 1, n, d).
        plan: The solved plan between the first and the last state, to save the time.
        method: How transport is solved, see `geodl.transport.solve_transport`.
        max_memory: Bytes that transport may take at once; None for half of the machine's memory.

    Returns:
        Value in [0, inf), 0 on a geodesic. Details: ``per_step`` (deviation at l = 1..L-1), ``times`` (t_l), ``n``,
        ``d``, ``L``. NaN with a reason if there is no interior state, if W₂(μ₀, μ_L) = 0, or if a plan failed.

    Source:
        McCann 1997, doi:10.1006/aima.1997.1634, definition 1.1.

    Example:
        Both samples go from 0 and 4 to 2 and 6, with a detour of 1 at half of the way:

        >>> detour = [[[0.0, 0.0], [4.0, 0.0]], [[1.0, 1.0], [5.0, 1.0]], [[2.0, 0.0], [6.0, 0.0]]]
        >>> geodesic_deviation(detour).value
        0.5
    """
    leg = as_states(states)
    if leg.fault:
        return ScoreResult.invalid(leg.fault)
    size = {"n": leg.n_samples, "d": leg.dim, "L": leg.n_steps}
    if leg.n_steps < 2:
        return ScoreResult.invalid("a leg of one step has no interior state", **size)
    plan = plan_of_leg(leg, plan, method=method, max_memory=max_memory)
    if not plan.optimal:
        return ScoreResult.invalid(plan.reason, **size)
    if plan.cost == 0.0:
        return ScoreResult.invalid(
            "the first and the last distribution coincide, so the geodesic has no length", **size
        )
    arc = np.cumsum(step_lengths(leg.arrays).mean(axis=1))
    times = arc[:-1] / arc[-1]
    first, partner = leg.arrays[0], leg.arrays[-1][plan.permutation]
    deviations: list[float] = []
    # Written as a displacement: exact at a time of 0 and for pairs that do not move.
    plans = solve_many(
        [
            lambda index=index, time=time: (leg.arrays[index], first + time * (partner - first))  # type: ignore[misc]
            for index, time in enumerate(times, start=1)
        ],
        n_samples=leg.n_samples,
        method=method,
        max_memory=max_memory,
    )
    for index, step_plan in enumerate(plans, start=1):
        if not step_plan.optimal:
            return ScoreResult.invalid(f"state {index} against the geodesic: {step_plan.reason}", **size)
        deviations.append(math.sqrt(step_plan.cost / plan.cost))
    return ScoreResult(
        value=max(deviations), details={"per_step": deviations, "times": [float(t) for t in times], **size}
    )
