"""The plan of the compiled network simplex, certified, with its ties decided."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from geodl.transport.plan import TransportPlan
from geodl.transport.problem import SMALLEST_UNIT, TransportProblem
from geodl.transport.proof import certificate_of, ties_of
from geodl.transport.search import polish, prove_own_pairing, solve_exactly
from geodl.transport.tie_groups import tie_groups
from geodl.transport.ties import TieInterval
from geodl.transport.tiles import CostTiles


def plan_by_simplex(
    problem: TransportProblem,
    failed: TransportPlan,
    *,
    stored: bool,
    threads: int | None,
    max_iterations: int,
    gap_tolerance: float,
    tie_tolerance: float,
) -> TransportPlan:
    """Solve by the network simplex on candidate arcs (see `exact`), or prove the own pairing optimal (`search`).

    Args:
        problem: The clouds.
        failed: What to return with a reason if there is no plan; names the method: ``auto``, ``certificate``,
            ``simplex`` or ``lazy``.
        stored: Whether the cost matrix is kept.
        threads: Threads of a pass over it; None for all.
        max_iterations: A tenth of the most pivots.
        gap_tolerance: Largest certified relative duality gap.
        tie_tolerance: Relative size of a reduced cost that counts as zero.

    Returns:
        The plan, whose method is ``certificate`` where the own pairing was proved without a cheaper exchange.
    """
    limits = {"tie_tolerance": tie_tolerance, "max_pivots": 10 * max_iterations}
    tiles = CostTiles(problem.x, problem.y, stored=stored, threads=threads)
    if failed.method == "certificate":
        answer = prove_own_pairing(tiles, **limits)  # type: ignore[arg-type]
    else:
        answer = solve_exactly(tiles, from_own=failed.method == "auto", **limits)  # type: ignore[arg-type]
    if answer.priced.largest > 0.0 and problem.unit < SMALLEST_UNIT:
        return replace(failed, reason=problem.underflow)
    if answer.final:
        return replace(failed, reason=answer.reason)
    groups = tie_groups(problem.source, problem.target)
    certificate = certificate_of(answer.basis, answer.priced)
    ends = ties_of(tiles, answer.basis, answer.priced, groups, tie_tolerance)
    if certificate.gap > gap_tolerance or (_undecided(ends) and answer.basis.root_costs.any()):
        # Potentials far larger than the costs of some pairs hide what these pairs differ by; from zero they do not.
        answer = polish(tiles, answer, **limits)  # type: ignore[arg-type]
        certificate = certificate_of(answer.basis, answer.priced)
        ends = ties_of(tiles, answer.basis, answer.priced, groups, tie_tolerance)
    if answer.final:
        return replace(failed, reason=answer.reason)
    if certificate.gap > gap_tolerance:
        return replace(
            failed,
            reason=f"the plan could not be certified: relative duality gap {certificate.gap:.1e} (tolerance "
            f"{gap_tolerance:.1e}), {answer.how}",
        )
    basis = answer.basis
    permutation = basis.match.astype(np.int64) if isinstance(ends, str) else ends.permutation
    simplex = "simplex" if stored else "lazy"
    lower, upper = problem.ratio_bounds(permutation, certificate.primal - certificate.dual)
    plan = replace(
        failed,
        status="optimal",
        reason="",
        permutation=permutation,
        cost=problem.cost_of(permutation),
        identity_cost=problem.identity_cost,
        potentials=problem.potentials_of(basis.u, basis.v),
        gap=certificate.gap,
        slack=certificate.slack,
        ties=ends if isinstance(ends, str) else "",
        method="certificate" if answer.own and not basis.cycles else simplex,
        how=answer.how,
        lower=lower,
        upper=upper,
    )
    return plan if isinstance(ends, str) else replace(plan, kept=ends.kept, kept_low=ends.kept_low)


def _undecided(ends: TieInterval | str) -> bool:
    """Whether the optimal plans differ in whom they leave with the own output.

    Returns:
        True also if that is unknown.
    """
    return isinstance(ends, str) or not np.array_equal(ends.kept, ends.kept_low)
