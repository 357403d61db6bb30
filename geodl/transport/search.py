"""The ways to a plan and its potentials: from the network's own pairing, from fewer samples, from given potentials.

    own pairing     M_ii = min over cycles: is there any cheaper exchange?    a proof of OTS = 1, or of OTS < 1
    fewer samples   potentials of a quarter of the samples, extended to all   where the own pairing is far from optimal

All end in the same pass over all arcs, which is the proof.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from geodl.transport.candidates import Candidates
from geodl.transport.exact import ROOM, Basis, Pricer, Pricing, full_pricer, improve_until_optimal
from geodl.transport.homothety import homothety_potentials
from geodl.transport.multiscale import c_transform_of, column_potentials, start_from_potentials
from geodl.transport.screened import ScreenedTiles
from geodl.transport.tiles import CostTiles

_FAR = 0.25  # share of samples with a better partner, from which a fresh start is faster than the own pairing
_ROWS, _COLUMNS = 128, 1024  # of the part of the matrix that decides it
_VISIBLE = 1e-12  # share of a potential that is no rounding
_FEW = 300  # samples for which there is nothing to gain from fewer
_OPEN = 0.01  # share of arcs that single precision leaves open, from which double precision is faster
_WIDEST = 2**17  # features, for single precision
_SEED = 0  # of the choice of fewer samples; the plan does not depend on it, but its time does


@dataclass(eq=False)
class Answer:
    """A plan with potentials, and the pass over all arcs that priced them.

    Attributes:
        basis: Plan and potentials.
        priced: The last pass.
        reason: Why the pass does not prove the plan; empty if it does.
        how: What was done, in words.
        own: Whether the search began with the network's own pairing.
        final: Whether the reason is the end of it: the own pairing disproved, or the limit of iterations reached.
    """

    basis: Basis
    priced: Pricing
    reason: str
    how: str
    own: bool = False
    final: bool = False


def own_pairing(tiles: CostTiles) -> tuple[Basis, float]:
    """The network's own pairing, every sample with its own output, with the better of two guesses of its potentials.

    Args:
        tiles: The (n, n) cost matrix.

    Returns:
        The basis; and the share of some samples that have a better partner among some others by its potentials.
    """
    n = tiles.shape[0]
    rows = np.arange(n, dtype=np.int64)
    own = tiles.entries(rows, rows)
    few, some = rows[:: max(1, n // _ROWS)], rows[:: max(1, n // _COLUMNS)]
    part = CostTiles(tiles.x[few], tiles.y[some], stored=True, threads=tiles.threads)
    best, least_share = np.zeros(n), np.inf
    # Zero first: where both do as well it loses fewer digits.
    for guess in (np.zeros(n), homothety_potentials(tiles.x, tiles.y)):
        least = c_transform_of(part, (own - guess)[some])
        size = np.abs(own[few]) + np.abs(guess[few])
        share = float(np.mean(least < guess[few] - _VISIBLE * size))
        if share < least_share:
            best, least_share = guess, share
    return Basis(rows, own, best), least_share


def prove_own_pairing(tiles: CostTiles, *, tie_tolerance: float, max_pivots: int) -> Answer:
    """Prove that the network's own pairing is optimal, or that it is not.

    The pairing is optimal exactly if no cyclic exchange of outputs is cheaper (cyclical monotonicity; Rockafellar 1966,
    doi:10.2140/pjm.1966.17.497): then potentials exist that make all own pairs tight, and they are the certificate.

    Args:
        tiles: The (n, n) cost matrix.
        tie_tolerance: Relative size of a reduced cost that counts as zero.
        max_pivots: Most pivots.

    Returns:
        The answer; its reason tells of the first cheaper exchanges, if there are any.
    """
    basis, _ = own_pairing(tiles)
    candidates = Candidates(tiles.shape[0], ROOM)
    own_cost = float(basis.match_cost.sum())
    passes = 1
    pricer, priced = _screened_pricer(tiles, basis, tie_tolerance)
    while priced.n_violated_rows and not basis.cycles and basis.pivots < max_pivots:
        candidates.add(priced.columns, priced.costs, priced.counts, basis.v)
        if not basis.improve(candidates, max_pivots - basis.pivots):
            break
        if not basis.cycles:
            priced = pricer(basis)
            passes += 1
    reason = ""
    if basis.cycles:
        moved = int(np.count_nonzero(basis.match != np.arange(len(basis.match))))
        share = 1.0 - float(basis.match_cost.sum()) / own_cost
        reason = (
            f"the own pairing is not optimal: {moved:,} samples that exchange their outputs along {basis.cycles:,} "
            f"cycle{'s' if basis.cycles > 1 else ''} save {share:.2g} of its cost; take method='auto'"
        )
    elif priced.n_violated_rows:
        reason = f"the network simplex reached its limit of {max_pivots} iterations, or of what rounding lets it decide"
    how = f"own pairing, {passes} pass{'es' if passes > 1 else ''}"
    return Answer(basis, priced, reason, how, own=True, final=bool(reason))


def solve_exactly(tiles: CostTiles, *, from_own: bool, tie_tolerance: float, max_pivots: int) -> Answer:
    """Find an optimal plan and prove it.

    Args:
        tiles: The (n, n) cost matrix.
        from_own: Whether to look at the network's own pairing first, and to go on from there if it is near optimal.
        tie_tolerance: Relative size of a reduced cost that counts as zero.
        max_pivots: Most pivots.

    Returns:
        The answer.
    """
    n = tiles.shape[0]
    if from_own:
        basis, share = own_pairing(tiles)
        if share < _FAR or n <= _FEW:
            pricer, priced = _screened_pricer(tiles, basis, tie_tolerance)
            if not priced.n_violated_rows:
                return Answer(basis, priced, "", "own pairing, 1 pass", own=True)
            priced, reason, passes = improve_until_optimal(
                pricer, basis, Candidates(n, ROOM), priced=priced, max_pivots=max_pivots
            )
            how = f"from the own pairing, {_effort(basis, passes + 1)}"
            return Answer(basis, priced, reason, how, own=True, final=basis.pivots >= max_pivots)
    v = column_potentials(tiles.x, tiles.y, seed=_SEED, threads=tiles.threads)
    return solve_from_potentials(
        tiles, v, start="from fewer samples", tie_tolerance=tie_tolerance, max_pivots=max_pivots
    )


def _screened_pricer(tiles: CostTiles, basis: Basis, tie_tolerance: float) -> tuple[Pricer, Pricing]:
    """Return a pricer in single precision and its first pass; in double precision if too many arcs stay open."""
    if tiles.x.shape[1] > _WIDEST:  # the bound of the error in single precision would say nothing
        pricer = full_pricer(tiles, tie_tolerance)
        return pricer, pricer(basis)
    screened = ScreenedTiles(tiles.x, tiles.y, stored=tiles.stored, threads=tiles.threads)
    priced = screened.price(basis, tie_tolerance=tie_tolerance)
    if screened.looked_at > _OPEN:
        return full_pricer(tiles, tie_tolerance), priced
    return partial(screened.price, tie_tolerance=tie_tolerance), priced


def solve_from_potentials(
    tiles: CostTiles,
    v: NDArray[np.float64],
    *,
    start: str,
    tie_tolerance: float,
    max_pivots: int,
    max_passes: int | None = None,
) -> Answer:
    """Find a plan from approximate column potentials.

    Args:
        tiles: The (n, n) cost matrix.
        v: (n,) column potentials, in units of the matrix.
        start: Where they are from, in words.
        tie_tolerance: Relative size of a reduced cost that counts as zero.
        max_pivots: Most pivots.
        max_passes: Most passes over the matrix, after which the plan is left as it is; None for no limit.

    Returns:
        The answer.
    """
    basis, candidates = start_from_potentials(tiles, v)
    priced, reason, passes = improve_until_optimal(
        full_pricer(tiles, tie_tolerance), basis, candidates, max_pivots=max_pivots, max_passes=max_passes
    )
    final = basis.pivots >= max_pivots
    return Answer(basis, priced, reason, f"{start}, {_effort(basis, passes + 1)}", final=final)


def polish(tiles: CostTiles, answer: Answer, *, tie_tolerance: float, max_pivots: int) -> Answer:
    """Potentials of a found plan once more, as shortest paths from the least cost of each row: no larger than need be.

    From any other start one far sample may push the potentials of all others to the square of its distance, where they
    lose the digits that tell these others' partners apart. From its own least cost it takes that square upon itself.

    Args:
        tiles: The (n, n) cost matrix.
        answer: An answer whose potentials are too coarse.
        tie_tolerance: Relative size of a reduced cost that counts as zero.
        max_pivots: Most pivots.

    Returns:
        The same plan, or a cheaper one if the potentials hid it.
    """
    plan = answer.basis.match.astype(np.int64)
    least = c_transform_of(tiles, np.zeros(len(plan)))
    basis = Basis(plan, tiles.entries(np.arange(len(plan)), plan), least)
    pricer = full_pricer(tiles, tie_tolerance)
    priced, reason, passes = improve_until_optimal(
        pricer, basis, Candidates(len(plan), ROOM), priced=pricer(basis), max_pivots=max_pivots
    )
    how = f"{answer.how}; potentials anew, {_effort(basis, passes + 1)}"
    return Answer(basis, priced, reason, how, own=answer.own, final=basis.pivots >= max_pivots)


def _effort(basis: Basis, passes: int) -> str:
    """Return what was done, in numbers."""
    return f"{passes} passes, {basis.pivots:,} pivots, {basis.cycles:,} exchanges"
