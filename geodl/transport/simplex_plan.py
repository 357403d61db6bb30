"""The plan of the compiled network simplex, certified, with its ties decided."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from geodl.transport.plan import TransportPlan
from geodl.transport.problem import SMALLEST_UNIT, TransportProblem
from geodl.transport.proof import certificate_of, ties_of
from geodl.transport.search import Answer, polish, prove_own_pairing, solve_exactly
from geodl.transport.tie_groups import TieGroups, tie_groups
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
    proof = _Proof(tiles, answer, groups, tie_tolerance)
    if proof.gap > gap_tolerance or _undecided(proof.ends):
        # Large potentials hide what pairs of small costs differ by.
        polished = polish(tiles, answer, **limits)  # type: ignore[arg-type]
        if not polished.final:
            proof = min(_Proof(tiles, polished, groups, tie_tolerance), proof, key=lambda p: p.doubt(gap_tolerance))
    answer, basis = proof.answer, proof.answer.basis
    if failed.method == "certificate" and basis.cycles:
        return replace(failed, reason="the own pairing is not optimal: an exchange of outputs is cheaper")
    if problem.underflows(proof.permutation):
        return replace(failed, reason=problem.underflow)
    if proof.gap > gap_tolerance:
        return replace(
            failed,
            reason=f"the plan could not be certified: relative duality gap {proof.gap:.1e} (tolerance "
            f"{gap_tolerance:.1e}), {answer.how}",
        )
    simplex = "simplex" if stored else "lazy"
    lower, upper = problem.ratio_bounds(proof.permutation, proof.excess)
    plan = replace(
        failed,
        status="optimal",
        reason="",
        permutation=proof.permutation,
        cost=problem.cost_of(proof.permutation),
        identity_cost=problem.identity_cost,
        potentials=problem.potentials_of(basis.u, basis.v),
        gap=proof.gap,
        slack=proof.slack,
        method="certificate" if answer.own and not basis.cycles else simplex,
        how=answer.how,
        lower=lower,
        upper=upper,
    )
    if isinstance(proof.ends, str):
        return replace(plan, ties=proof.ends)
    return replace(plan, kept=proof.ends.kept, kept_low=proof.ends.kept_low)


class _Proof:
    """What an answer proves of the plan that is returned: of all that tie, the one that keeps the most own outputs."""

    def __init__(self, tiles: CostTiles, answer: Answer, groups: TieGroups, tie_tolerance: float) -> None:
        self.answer = answer
        basis = answer.basis
        self.ends = ties_of(tiles, basis, answer.priced, groups, tie_tolerance)
        self.permutation = basis.match.astype(np.int64) if isinstance(self.ends, str) else self.ends.permutation
        moved = np.flatnonzero(self.permutation != basis.match)
        cost = basis.match_cost.copy()
        cost[moved] = tiles.entries(moved, self.permutation[moved])
        certificate = certificate_of(cost, basis.u, basis.v[self.permutation], answer.priced)
        self.gap, self.slack = certificate.gap, certificate.slack
        self.excess = certificate.primal - certificate.dual

    def doubt(self, gap_tolerance: float) -> tuple[bool, float]:
        """Order proofs: certified before uncertified, then by the width of the tie interval.

        Args:
            gap_tolerance: Largest certified relative duality gap.

        Returns:
            A key, the least of which is to be believed.
        """
        width = np.inf if isinstance(self.ends, str) else float(self.ends.kept.sum() - self.ends.kept_low.sum())
        return self.gap > gap_tolerance, width


def _undecided(ends: TieInterval | str) -> bool:
    """Whether the optimal plans differ in whom they leave with the own output.

    Returns:
        True also if that is unknown.
    """
    return isinstance(ends, str) or not np.array_equal(ends.kept, ends.kept_low)
