"""A transport problem between two clouds, in the units in which it is solved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geodl.transport.cost import power_of_two_scale, without_translation

SMALLEST_UNIT = 1e-280
"""Squared scale below which the costs themselves would underflow."""

_LOST = 1e-12  # share of a potential that may be rounding of what it is summed from


@dataclass(frozen=True, eq=False)
class TransportProblem:
    """Two clouds of equal shape, as given and as they are solved: without a dominating translation, of order one.

    Attributes:
        source: (n, d) as given.
        target: (n, d) as given.
        x: (n, d) the source about its own middle, in units of ``scale``.
        y: (n, d) the target likewise.
        scale: A power of two.
        delta: (d,) the translation that was taken out, in units of the clouds; zero if there was none.
        identity_cost: mean_i ‖x_i - y_i‖² of the clouds as given.
    """

    source: NDArray[np.float64]
    target: NDArray[np.float64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    scale: float
    delta: NDArray[np.float64]
    identity_cost: float

    @property
    def unit(self) -> float:
        """Squared units of the clouds in one unit of cost.

        Returns:
            scale², > 0.
        """
        return self.scale**2

    def cost_of(self, permutation: NDArray[np.int64]) -> float:
        """Mean cost of a permutation, from the clouds as given.

        Args:
            permutation: (n,) int64.

        Returns:
            mean_i ‖x_i - y_{π(i)}‖², in squared units of the clouds.
        """
        if np.array_equal(permutation, np.arange(len(permutation))):
            return self.identity_cost
        return _mean_cost(self.source, self.target, permutation)

    @property
    def underflow(self) -> str:
        """Why clouds, or pairs in them, that lie too close together are refused.

        Returns:
            The reason in words, whether it applies or not.
        """
        if self.unit >= SMALLEST_UNIT:
            return "pairs of different samples lie so close together that their squared distances underflow float64"
        return f"the clouds spread over less than {2.0 * self.scale:.3g}, and their squared distances underflow float64"

    def underflows(self, permutation: NDArray[np.int64]) -> bool:
        """Whether the costs of a plan, or of the own pairing, are lost to underflow beside those of far samples.

        Args:
            permutation: (n,) int64.

        Returns:
            True if two points that differ once the translation is out have a squared distance that float64 cannot hold
            with its digits.
        """
        rows = np.arange(len(self.x), dtype=np.int64)
        for columns in (rows, permutation):
            small = rows[_costs(self.x, self.y, rows, columns) < SMALLEST_UNIT]
            if (self.x[small] != self.y[columns[small]]).any():
                return True
        return False

    def ratio_bounds(self, permutation: NDArray[np.int64], excess: float) -> tuple[float, float]:
        """Bounds of the transport ratio W₂² / identity_cost.

        Args:
            permutation: (n,) a plan, whose cost is an upper bound of W₂².
            excess: By how much its mean cost may exceed W₂², in units of cost, >= 0.

        Returns:
            Lower and upper bound, in [0, 1]; both 1 if no sample moves, as the ratio is then.
        """
        if self.identity_cost == 0.0:
            return 1.0, 1.0
        cost = self.cost_of(permutation)
        lower = max(cost - excess * self.unit, 0.0) / self.identity_cost
        return min(lower, 1.0), min(cost / self.identity_cost, 1.0)

    def potentials_of(
        self, u: NDArray[np.float64], v: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Potentials of the problem as given, from those of the problem as solved.

        With x = x' + s and y = y' + s', δ = s - s', the translation adds 2 δ·x' + ‖δ‖² to u and -2 δ·y' to v. Where
        these cancel (one sample far away can make a translation of its own), u_i becomes min_j (‖x_i - y_j‖² - v_j).

        Args:
            u: (n,) row potentials, in units of cost.
            v: (n,) column potentials.

        Returns:
            Both in squared units of the clouds, feasible up to rounding of their own size.
        """
        shift = self.scale * self.delta
        rows = np.stack([u * self.unit, 2.0 * (self.x @ shift), np.full(len(u), self.delta @ self.delta)])
        columns = np.stack([v * self.unit, -2.0 * (self.y @ shift)])
        u, v = rows.sum(axis=0), columns.sum(axis=0)
        if shift.any():
            terms = np.abs(rows).sum(axis=0) + np.abs(columns).sum(axis=0).max()
            for i in np.flatnonzero(np.finfo(np.float64).eps * terms > _LOST * np.abs(u)):
                own = np.full(len(v), i, dtype=np.int64)
                u[i] = (_costs(self.source, self.target, own, np.arange(len(v), dtype=np.int64)) - v).min()
        return u, v


def transport_problem(source: NDArray[np.float64], target: NDArray[np.float64]) -> TransportProblem:
    """Prepare a transport problem.

    Args:
        source: (n, d) float64, finite, of coordinates below `geodl.transport.clouds.LARGEST_COORDINATE`.
        target: (n, d) float64, the same.

    Returns:
        The problem.

    Example:
        >>> problem = transport_problem(np.array([[0.0], [2.0]]), np.array([[100.0], [102.0]]))
        >>> problem.delta, problem.identity_cost
        (array([-100.]), 10000.0)
    """
    x, y, delta = without_translation(source, target)
    scale = power_of_two_scale(x, y)
    return TransportProblem(
        source=source,
        target=target,
        x=x / scale,
        y=y / scale,
        scale=scale,
        delta=delta,
        identity_cost=_mean_cost(source, target, np.arange(len(source), dtype=np.int64)),
    )


def _mean_cost(source: NDArray[np.float64], target: NDArray[np.float64], permutation: NDArray[np.int64]) -> float:
    """Return the mean cost of a permutation."""
    return float(_costs(source, target, np.arange(len(source), dtype=np.int64), permutation.astype(np.int64)).mean())


def _costs(
    source: NDArray[np.float64],
    target: NDArray[np.float64],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return the costs of some pairs."""
    from geodl.transport.assembly import distances_along  # compiled code, which only who solves loads

    costs = np.empty(len(rows))
    distances_along(source, target, rows, columns, costs)
    return costs
