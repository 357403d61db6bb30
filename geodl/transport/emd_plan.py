"""The plan of POT's network simplex, certified, with its ties decided."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from geodl.transport.certificate import certify
from geodl.transport.cost import paired_squared_distances, squared_distances
from geodl.transport.plan import TransportPlan
from geodl.transport.problem import SMALLEST_UNIT, TransportProblem
from geodl.transport.refinement import refined_plan
from geodl.transport.ties import tie_interval, value_groups

EMD_MATRICES = 5
"""n × n matrices of float64 that POT and the refinement of its plan need at their peak."""


def plan_by_emd(
    problem: TransportProblem,
    failed: TransportPlan,
    *,
    max_iterations: int,
    gap_tolerance: float,
    tie_tolerance: float,
) -> TransportPlan:
    """Solve by POT.

    Args:
        problem: The clouds.
        failed: What to return with a reason if there is no plan.
        max_iterations: Most pivots; on reaching them POT is run once more with ten times as many.
        gap_tolerance: Largest certified relative duality gap.
        tie_tolerance: Relative size of a reduced cost that counts as zero.

    Returns:
        The plan.
    """
    failed = replace(failed, method="emd")
    cost = squared_distances(problem.x, problem.y)
    np.fill_diagonal(cost, paired_squared_distances(problem.x, problem.y))
    if problem.unit < SMALLEST_UNIT and cost.any():
        return replace(failed, reason=problem.underflow)
    solution = refined_plan(
        cost, max_iterations=max_iterations, gap_tolerance=gap_tolerance, tie_tolerance=tie_tolerance
    )
    if isinstance(solution, str):
        return replace(failed, reason=solution)
    ends = tie_interval(*solution.edges, solution.permutation, value_groups(problem.target))
    if problem.underflows(ends.permutation):
        return replace(failed, reason=problem.underflow)
    certificate = certify(cost, ends.permutation, solution.u, solution.v)
    if certificate.gap > gap_tolerance:
        reason = f"the tied plans differ by a relative cost of {certificate.gap:.1e}, above {gap_tolerance:.1e}"
        return replace(failed, reason=reason)
    lower, upper = problem.ratio_bounds(ends.permutation, certificate.primal - certificate.dual)
    return replace(
        failed,
        status="optimal",
        reason="",
        permutation=ends.permutation,
        cost=problem.cost_of(ends.permutation),
        identity_cost=problem.identity_cost,
        potentials=problem.potentials_of(solution.u, solution.v),
        gap=certificate.gap,
        slack=certificate.slack,
        kept=ends.kept,
        kept_low=ends.kept_low,
        how="POT's network simplex",
        lower=lower,
        upper=upper,
    )
