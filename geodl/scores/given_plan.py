"""The plan that several scores of one leg share: checked if given, solved if not."""

from __future__ import annotations

from geodl.errors import ConfigError
from geodl.scores.states import LegStates
from geodl.transport.plan import TransportPlan
from geodl.transport.solve import solve_transport


def plan_of_leg(
    leg: LegStates, plan: TransportPlan | None, *, method: str = "auto", max_memory: float | None = None
) -> TransportPlan:
    """The plan between the first and the last state of a leg.

    Args:
        leg: Converted states, without fault.
        plan: A plan solved before for the same two states, or None.
        method: How to solve, as for `geodl.transport.solve_transport`.
        max_memory: Bytes that the solution may take.

    Returns:
        The given plan, or a fresh one.

    Raises:
        ConfigError: If the given plan is of another shape.
    """
    if plan is None:
        return solve_transport(leg.state(0), leg.state(leg.n_steps), method, max_memory=max_memory)
    if (plan.n, plan.d) != (leg.n_samples, leg.dim):
        raise ConfigError(
            f"plan: expected a plan between {leg.n_samples} samples of {leg.dim} features, found one between {plan.n} "
            f"of {plan.d}; pass solve_transport(states[0], states[-1]) or leave it out"
        )
    return plan
