"""The optimal transport plan between the first and the last states of a leg."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray


def _no_indices() -> NDArray[np.int64]:
    """Return the permutation of a plan that failed."""
    return np.empty(0, dtype=np.int64)


def _no_flags() -> NDArray[np.bool_]:
    """Return the kept pairs of a plan that failed."""
    return np.empty(0, dtype=np.bool_)


def _no_potentials() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the potentials of a plan that failed."""
    return np.empty(0), np.empty(0)


@dataclass(frozen=True, eq=False)
class TransportPlan:
    """A certified optimal plan, or the reason why there is none.

    Uniform weights and equal sizes make an optimal plan a permutation (Birkhoff 1946). Where several are optimal, the
    one stored keeps the most samples with their own outputs; the fewest that any optimal plan keeps are known too.
    A failed plan carries no numbers of the solver: arrays are empty, costs NaN.

    Attributes:
        n: Samples of each cloud.
        d: Features of a sample.
        status: ``"optimal"`` (certified within the gap tolerance) or ``"failed"``.
        reason: Why the plan failed; empty if optimal.
        permutation: (n,) int64, π*: source sample i goes to target permutation[i].
        cost: mean_i ‖x_i - y_{π*(i)}‖² = W₂², in squared units of the clouds.
        identity_cost: mean_i ‖x_i - y_i‖², in squared units of the clouds.
        potentials: (u, v), each (n,), with u_i + v_j <= ‖x_i - y_j‖² up to rounding.
        gap: Certified relative duality gap in [0, 1], relative to ``cost``, or to the part of it that is no translation
            where this is the smaller (see `geodl.transport.certificate`).
        slack: Most negative reduced cost relative to the largest cost, <= 0.
        kept: (n,) bool: the plan gives sample i an output equal in value to its own; most over all optimal plans.
        kept_low: (n,) bool: the same for the optimal plan that keeps the fewest.
        method: Name of the solver.
        seconds: Wall-clock time of the solution.
    """

    n: int
    d: int
    status: Literal["optimal", "failed"]
    reason: str = ""
    permutation: NDArray[np.int64] = field(default_factory=_no_indices)
    cost: float = float("nan")
    identity_cost: float = float("nan")
    potentials: tuple[NDArray[np.float64], NDArray[np.float64]] = field(default_factory=_no_potentials)
    gap: float = float("nan")
    slack: float = float("nan")
    kept: NDArray[np.bool_] = field(default_factory=_no_flags)
    kept_low: NDArray[np.bool_] = field(default_factory=_no_flags)
    method: str = "emd"
    seconds: float = 0.0

    def __post_init__(self) -> None:
        assert (self.status == "optimal") == (not self.reason), "a plan is optimal or has a reason"
        assert (self.status == "optimal") == (len(self.permutation) == self.n), "a plan is whole or absent"

    @property
    def optimal(self) -> bool:
        """Whether the plan is certified optimal.

        Returns:
            True exactly if ``status`` is ``"optimal"``.
        """
        return self.status == "optimal"
