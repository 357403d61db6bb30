"""From what a solver found to a plan: the certificate, the ties, and what bounds prove without either.

Nothing here believes a solver. An answer is a permutation with potentials, and the pass over all arcs that priced it;
what that proves becomes a `TransportPlan`, and what it does not prove becomes a reason.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geodl.transport.certificate import Certificate
from geodl.transport.exact import TIGHT_ROOM, Basis, Pricing
from geodl.transport.grouped_ties import LARGEST_TIGHT_GRAPH, grouped_tie_interval
from geodl.transport.pricing import count_tight, list_tight
from geodl.transport.problem import TransportProblem
from geodl.transport.tie_groups import TieGroups
from geodl.transport.ties import TieInterval
from geodl.transport.tiles import CostTiles

_ROUNDING = 1e-12  # relative size of a reduced cost that may be rounding


def certificate_of(
    own: NDArray[np.float64], u: NDArray[np.float64], v_own: NDArray[np.float64], priced: Pricing
) -> Certificate:
    """What potentials and a pass over all arcs prove of a plan (see `geodl.transport.certificate`).

    Args:
        own: (n,) costs of the plan's arcs.
        u: (n,) row potentials.
        v_own: (n,) column potentials of the rows' partners.
        priced: The pass with these potentials.

    Returns:
        The certificate, in units of the cost matrix.
    """
    primal = float(own.mean())
    violation = min(float(priced.lowest.min()), 0.0)
    excess = max(float((own - u - v_own).mean()) - violation, 0.0)
    excess = min(excess, primal)  # the zero potentials prove as much
    return Certificate(
        primal=primal,
        dual=primal - excess,
        slack=violation / priced.largest if priced.largest > 0.0 else 0.0,
        gap=excess / primal if primal > 0.0 else 0.0,
    )


def ties_of(
    tiles: CostTiles, basis: Basis, priced: Pricing, groups: TieGroups, tie_tolerance: float
) -> TieInterval | str:
    """The optimal plans that keep the most and the fewest own outputs.

    Args:
        tiles: The cost matrix.
        basis: An optimal plan and its potentials.
        priced: The pass with these potentials.
        groups: Samples that coincide.
        tie_tolerance: Relative size of a reduced cost that counts as zero.

    Returns:
        Both ends, or why they are unknown.
    """
    n = tiles.shape[0]
    plan = basis.match.astype(np.int64)
    if groups.distinct and int(priced.n_tight.max()) <= TIGHT_ROOM:
        rows = np.repeat(np.arange(n), priced.n_tight)
        listed = np.arange(priced.tight.shape[1]) < priced.n_tight[:, None]
        columns = priced.tight[listed].astype(np.int64)
        return grouped_tie_interval(np.concatenate([rows, np.arange(n)]), np.concatenate([columns, plan]), plan, groups)
    row_asked, column_asked = np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
    row_asked[groups.source.first], column_asked[groups.target.first] = True, True
    counts = np.zeros(n, dtype=np.int64)
    which = (basis.u, basis.v, tie_tolerance, row_asked, column_asked)
    tiles.sweep(lambda block, start: count_tight(block, start, *which, counts))
    total = int(counts.sum())
    if total > LARGEST_TIGHT_GRAPH:
        return f"{total:,} pairs of distinct points may be partners, above the limit of {LARGEST_TIGHT_GRAPH:,}"
    offsets = np.concatenate([[0], np.cumsum(counts)[:-1]])
    columns = np.empty(total, dtype=np.int64)
    tiles.sweep(lambda block, start: list_tight(block, start, *which, offsets, columns))
    rows = np.repeat(groups.source.group, counts)
    columns = groups.target.group[columns]
    if groups.distinct:
        rows, columns = _with_plan(rows, columns, plan)
    return grouped_tie_interval(rows, columns, plan, groups)


def _with_plan(
    rows: NDArray[np.int64], columns: NDArray[np.int64], plan: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the arcs with those of the plan among them, once."""
    others = plan[rows] != columns
    return np.concatenate([rows[others], np.arange(len(plan))]), np.concatenate([columns[others], plan])


def kept_by_bounds(
    problem: TransportProblem, basis: Basis, priced: Pricing, groups: TieGroups
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], Certificate]:
    """What a feasible dual proves of every optimal plan, although none is known.

    With feasible potentials, reduced costs r_ij >= 0 and n · (primal - dual) = G, an optimal plan π* has
    Σ_i r_{iπ*(i)} <= G, hence r_{iπ*(i)} <= G for each i. So a pair with r_ii > G is in no optimal plan, and where all
    other partners of i have r_ij > G, the pair is in every one.

    Args:
        problem: The clouds.
        basis: A plan and potentials, feasible or not.
        priced: The pass with these potentials.
        groups: Samples that coincide: an output equal to the own one counts as the own.

    Returns:
        (n,) bool, the own pairs that are not excluded; (n,) bool, those that are forced; and the certificate with each
        row potential lowered until its row is feasible.
    """
    lowering = np.minimum(priced.lowest, 0.0)
    u, v = basis.u + lowering, basis.v
    primal = float(basis.match_cost.mean())
    excess = max(float((basis.match_cost - u - v[basis.match]).mean()), 0.0)
    # What rounding may hide in this sum counts as gap: each term is a difference of numbers of these sizes.
    rounding = _ROUNDING * float((basis.match_cost + np.abs(u) + np.abs(v[basis.match])).sum())
    budget = len(u) * excess * (1.0 + 1e-9) + rounding
    # For the cost the zero potentials prove as much; the reduced costs belong to these all the same.
    excess = min(excess + rounding / len(u), primal)
    # Of equal outputs the one of largest potential is the cheapest partner.
    best = np.full(len(groups.target.first), -np.inf)
    np.maximum.at(best, groups.target.group, v)
    own_cost = np.einsum("ij,ij->i", problem.y - problem.x, problem.y - problem.x)
    partner = best[groups.target.group]
    own = own_cost - u - partner
    others = priced.lowest - lowering
    identity = basis.match == np.arange(len(u))
    # `lowest` leaves out the plan's own arc, so it says nothing of other partners where the plan is not the identity.
    size = priced.largest + np.abs(u) + np.abs(v).max()
    forced = identity & (others > budget + _ROUNDING * size)
    certificate = Certificate(
        primal=primal, dual=primal - excess, slack=0.0, gap=excess / primal if primal > 0.0 else 0.0
    )
    possible: NDArray[np.bool_] = own <= budget + _ROUNDING * (own_cost + np.abs(u) + np.abs(partner))
    return possible, forced, certificate
