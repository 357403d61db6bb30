"""Step transport: each block by itself as a transport map."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from geodl.scores.optimal_transport import score_of_plan
from geodl.scores.result import ScoreResult, ScoreSpec
from geodl.scores.states import as_states
from geodl.transport.many import solve_many

SPEC = ScoreSpec(
    name="step_transport",
    title="step transport",
    symbol="step OTS",
    higher_is_better=True,
    lower=0.0,
    upper=1.0,
    best=1.0,
    source="geodl; OTS after Gai & Zhang 2021, arXiv:2102.09235",
)


def step_transport(states: Any, *, method: str = "auto", max_memory: float | None = None) -> ScoreResult:
    """Optimal-transport score and transport ratio of every adjacent pair of states.

    mean_l OTS(x^{l-1}, x^l), and the same of the transport ratio

    A geodesic is made of optimal steps, but optimal steps do not make a geodesic: read it beside the scores of the
    whole leg. The cost is one plan for every step; several are solved at once.

    Args:
        states: L + 1 arrays or tensors (n, d), or one of shape (L + 1, n, d).
        method: How transport is solved, see `geodl.transport.solve_transport`.
        max_memory: Bytes that transport may take at once; None for half of the machine's memory.

    Returns:
        Value in [0, 1], the mean of the steps' OTS (upper ends). Details: lists ``ots``, ``ots_low``,
        ``transport_ratio`` with one entry a step, ``transport_ratio_mean``, ``certificates`` (steps proved by
        their certificate alone), ``n``, ``d``, ``L``. A step whose plan
        failed is NaN in the lists, and the value is NaN with the reasons.

    Example:
        The first step is a translation, the second exchanges both samples:

        >>> result = step_transport([[[0.0], [1.0]], [[2.0], [3.0]], [[3.0], [2.0]]])
        >>> result.value, result.details["ots"], result.details["transport_ratio"]
        (0.5, [1.0, 0.0], [1.0, 0.0])
    """
    leg = as_states(states)
    if leg.fault:
        return ScoreResult.invalid(leg.fault)
    plans = solve_many(
        [lambda index=index: (leg.state(index), leg.state(index + 1)) for index in range(leg.n_steps)],  # type: ignore[misc]
        n_samples=leg.n_samples,
        method=method,
        max_memory=max_memory,
    )
    steps = [score_of_plan(plan) for plan in plans]
    ots = [step.value for step in steps]
    ratios = [float(step.details.get("transport_ratio", math.nan)) for step in steps]  # type: ignore[arg-type]
    low = [float(step.details.get("low", math.nan)) for step in steps]  # type: ignore[arg-type]
    reasons = [f"step {index}: {step.reason}" for index, step in enumerate(steps, start=1) if not step.valid]
    return ScoreResult(
        value=float(np.mean(ots)),
        valid=not reasons,
        reason="; ".join(reasons),
        details={
            "ots": ots,
            "ots_low": low,
            "transport_ratio": ratios,
            "transport_ratio_mean": float(np.mean(ratios)),
            "certificates": sum(plan.method == "certificate" for plan in plans),
            "n": leg.n_samples,
            "d": leg.dim,
            "L": leg.n_steps,
        },
    )
