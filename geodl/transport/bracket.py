"""Proved bounds where the optimum is not looked for to the end: a bracket of the transport ratio and of OTS.

Sinkhorn's potentials are the start, a permutation near the optimum is read off them and improved on its candidate arcs,
and a few passes over all arcs later the search stops. Both ends are then proved: the permutation's cost is an upper
bound of W₂², and feasible potentials (each row's lowered until it is feasible) are a lower one. Nothing of it depends
on how well Sinkhorn's iteration converged, and no entropic cost is ever shown.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from geodl.transport.plan import TransportPlan
from geodl.transport.problem import SMALLEST_UNIT, TransportProblem
from geodl.transport.proof import kept_by_bounds
from geodl.transport.search import solve_from_potentials
from geodl.transport.sinkhorn import sinkhorn_potentials
from geodl.transport.tie_groups import tie_groups
from geodl.transport.tiles import CostTiles

PASSES = 3
"""Passes over all arcs after Sinkhorn's potentials."""

_TILE_MEMORY = 2.0**27


def plan_by_sinkhorn(
    problem: TransportProblem,
    failed: TransportPlan,
    *,
    memory: float,
    threads: int | None,
    max_iterations: int,
    tie_tolerance: float,
) -> TransportPlan:
    """Bracket the optimum.

    Args:
        problem: The clouds.
        failed: What to return with a reason if there is no plan.
        memory: Bytes that the solution may take; the cost matrix is never stored.
        threads: Threads of a pass; None for all.
        max_iterations: A tenth of the most pivots.
        tie_tolerance: Relative size of a reduced cost that counts as zero.

    Returns:
        A plan with status ``bracket``.
    """
    tiles = CostTiles(problem.x, problem.y, stored=False, threads=threads)
    _, v, sinkhorn = sinkhorn_potentials(problem.x, problem.y, tile_memory=min(memory / 8, _TILE_MEMORY))
    if not np.isfinite(v).all():
        return replace(failed, reason="Sinkhorn's iteration gave potentials that are not finite; take method='lazy'")
    answer = solve_from_potentials(
        *(tiles, v),
        start=f"Sinkhorn's potentials at ε = {sinkhorn.epsilon:.2g}, {sinkhorn.rounds} rounds on {sinkhorn.device}",
        tie_tolerance=tie_tolerance,
        max_pivots=10 * max_iterations,
        max_passes=PASSES,
    )
    if answer.priced.largest > 0.0 and problem.unit < SMALLEST_UNIT:
        return replace(failed, reason=problem.underflow)
    basis = answer.basis
    possible, forced, certificate = kept_by_bounds(
        problem, basis, answer.priced, tie_groups(problem.source, problem.target)
    )
    permutation = basis.match.astype(np.int64)
    if problem.underflows(permutation):
        return replace(failed, reason=problem.underflow)
    lower, upper = problem.ratio_bounds(permutation, certificate.primal - certificate.dual)
    return replace(
        failed,
        status="bracket",
        reason=f"method sinkhorn stops at bounds, here of relative width {certificate.gap:.1e}; take method='auto'",
        permutation=permutation,
        cost=problem.cost_of(permutation),
        identity_cost=problem.identity_cost,
        potentials=problem.potentials_of(basis.u + np.minimum(answer.priced.lowest, 0.0), basis.v),
        gap=certificate.gap,
        slack=certificate.slack,
        lower=lower,
        upper=upper,
        kept=possible,
        kept_low=forced,
        how=answer.how,
    )
