"""The exact solver: a network simplex on few arcs, priced against all of them until none is left to bring in.

The optimal plan of n samples uses n of n² arcs, and a simplex that looks at 64 to 192 arcs a row finds the best plan
among these in a fraction of the time. Then one pass over the whole cost matrix either proves that no other arc would
improve it (all reduced costs are >= 0), or names those that would, which join the candidates (column generation, Ford &
Fulkerson 1958). The pass is the proof: nothing depends on how the candidates were chosen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from geodl.transport.candidates import Candidates
from geodl.transport.pricing import price_rows
from geodl.transport.tiles import CostTiles
from geodl.transport.tree import pivot_until_optimal, recompute_potentials

NEW_ARCS = 24
"""Violated arcs of a row that join the candidates after one pass."""

ROOM = 192
"""Candidates of a row."""

TIGHT_ROOM = 8
"""Tight arcs of a row that are listed; a row with more of them is listed anew with more room."""

NOISE = 4e-15
"""Reduced costs above minus this, relative to the three numbers they are made of, are rounding."""

_STALLED = 4  # passes without a cheaper plan and without fewer violated arcs, after which rounding decides


@dataclass(eq=False)
class Pricing:
    """What one pass over the cost matrix found.

    Attributes:
        columns: (n, k) violated arcs.
        costs: (n, k) their costs.
        counts: (n,) how many of each row are listed.
        lowest: (n,) least reduced cost of each row but for its own arc.
        largest: Largest cost of all.
        n_tight: (n,) tight arcs of each row but for its own.
        tight: (n, t) the first t of them.
    """

    columns: NDArray[np.int32]
    costs: NDArray[np.float64]
    counts: NDArray[np.int32]
    lowest: NDArray[np.float64]
    largest: float
    n_tight: NDArray[np.int64]
    tight: NDArray[np.int32]

    @property
    def n_violated_rows(self) -> int:
        """Rows with at least one violated arc.

        Returns:
            A number in 0..n.
        """
        return int(np.count_nonzero(self.counts))


class Basis:
    """A plan, its potentials, and the tree that ties them together.

    Args:
        match: (n,) the first plan.
        match_cost: (n,) costs of its arcs.
        guess: (n,) first row potentials.

    Attributes:
        match: (n,) the plan.
        u: (n,) row potentials.
        pivots: Pivots made so far.
        cycles: How many of them changed the plan.
    """

    def __init__(self, match: NDArray[np.int64], match_cost: NDArray[np.float64], guess: NDArray[np.float64]) -> None:
        n = len(match)
        self.match = match.astype(np.int32)
        self.owner = np.full(n + 1, -1, dtype=np.int32)
        self.owner[self.match] = np.arange(n, dtype=np.int32)
        self.match_cost = match_cost.copy()
        self.root_costs = guess.copy()
        self.u, self._v = guess.copy(), np.zeros(n + 1)
        self._v[self.match] = match_cost - guess
        # Every sample hangs on the root.
        self._above, self._above_cost = np.full(n, n, dtype=np.int32), guess.copy()
        self._first = np.full(n + 1, -1, dtype=np.int32)
        self._first[n] = 0
        self._after = np.append(np.arange(1, n, dtype=np.int32), np.int32(-1))
        self._before = np.arange(-1, n - 1, dtype=np.int32)
        self.pivots = self.cycles = 0

    @property
    def v(self) -> NDArray[np.float64]:
        """Column potentials.

        Returns:
            (n,) float64, a view.
        """
        return self._v[:-1]

    def improve(self, candidates: Candidates, max_pivots: int) -> int:
        """Pivot until no candidate would improve the plan.

        Args:
            candidates: The arcs that may enter.
            max_pivots: Most pivots.

        Returns:
            Pivots made.
        """
        pivots, cycles = pivot_until_optimal(
            candidates.columns,
            candidates.costs,
            candidates.counts,
            self.u,
            self._v,
            self.match,
            self.owner,
            self.match_cost,
            self._above,
            self._above_cost,
            self._first,
            self._after,
            self._before,
            NOISE,
            max_pivots,
        )
        recompute_potentials(
            self.root_costs,
            self.u,
            self._v,
            self.match,
            self.match_cost,
            self._above_cost,
            self._first,
            self._after,
        )
        self.pivots += pivots
        self.cycles += cycles
        return int(pivots)


def price(tiles: CostTiles, basis: Basis, tie_tolerance: float) -> Pricing:
    """Price all arcs in one pass.

    Args:
        tiles: The cost matrix.
        basis: Plan and potentials.
        tie_tolerance: Relative size of a reduced cost that counts as zero.

    Returns:
        What was found.
    """
    n = tiles.shape[0]
    found = Pricing(
        columns=np.empty((n, NEW_ARCS), dtype=np.int32),
        costs=np.empty((n, NEW_ARCS)),
        counts=np.empty(n, dtype=np.int32),
        lowest=np.empty(n),
        largest=0.0,
        n_tight=np.empty(n, dtype=np.int64),
        tight=np.empty((n, TIGHT_ROOM), dtype=np.int32),
    )
    largest = np.empty(n)
    u, v, match = basis.u, basis.v, basis.match

    def visit(block: NDArray[np.float64], start: int) -> None:
        price_rows(
            *(block, start, u, v, match, NOISE, tie_tolerance),
            *(found.columns, found.costs, found.counts, found.n_tight, found.tight, found.lowest, largest),
        )

    tiles.sweep(visit)
    found.largest = float(largest.max())
    return found


Pricer = Callable[[Basis], Pricing]
"""Prices all arcs of a cost matrix that it knows: `full_pricer`, or one that looks at fewer in float64 (`screened`)."""


def full_pricer(tiles: CostTiles, tie_tolerance: float) -> Pricer:
    """Pricing of all arcs in float64.

    Args:
        tiles: The cost matrix.
        tie_tolerance: Relative size of a reduced cost that counts as zero.

    Returns:
        The pricer.
    """
    return partial(price, tiles, tie_tolerance=tie_tolerance)


def improve_until_optimal(
    pricer: Pricer,
    basis: Basis,
    candidates: Candidates,
    *,
    max_pivots: int,
    max_passes: int | None = None,
    priced: Pricing | None = None,
) -> tuple[Pricing, str, int]:
    """Improve a plan until a pass over all arcs finds none that would improve it further.

    Args:
        pricer: Makes a pass over all arcs.
        basis: Plan and potentials, changed in place.
        candidates: First candidates, changed.
        max_pivots: Most pivots in all.
        max_passes: Most passes over the matrix; None for as many as it takes.
        priced: The pass that found the first candidates, if they are violated arcs already.

    Returns:
        The last pass, which belongs to the final potentials; why it is not the proof, empty if it is; and the number of
        passes.
    """
    found = priced
    passes, calm = 0, 0
    best = (np.inf, np.inf)
    while True:
        if found is not None:
            candidates.add(found.columns, found.costs, found.counts, basis.v)
        if basis.improve(candidates, max_pivots - basis.pivots) and basis.pivots >= max_pivots:
            reason = f"the network simplex reached its limit of {max_pivots} iterations"
            return pricer(basis), reason, passes + 1
        found = pricer(basis)
        passes += 1
        if not found.n_violated_rows:
            return found, "", passes
        if passes == max_passes:
            return found, f"{found.n_violated_rows} samples have better partners left after {passes} passes", passes
        state = (float(basis.match_cost.sum()), float(found.n_violated_rows))
        calm = 0 if state < best else calm + 1
        best = min(best, state)
        if calm == _STALLED:
            return found, "potentials no longer improve: what is left is rounding", passes
