"""The optimal transport plan between the first and the last states of a leg."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Status = Literal["optimal", "bracket", "failed"]


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
    """A certified plan, or the reason why there is none.

    Uniform weights and equal sizes make an optimal plan a permutation (Birkhoff 1946). Where several are optimal, the
    one stored keeps the most samples with their own outputs; the fewest that any optimal plan keeps are known too.
    A plan with status ``"bracket"`` is a permutation near the optimum, with bounds that are proved; a failed plan
    carries no numbers of the solver: arrays are empty, costs NaN.

    Attributes:
        n: Samples of the source cloud (and of the target, unless there is a ``coupling``).
        d: Features of a sample.
        status: ``"optimal"`` (certified within the gap tolerance), ``"bracket"`` (bounds only) or ``"failed"``.
        reason: Why the plan failed, or why it is a bracket; empty if optimal.
        permutation: (n,) int64, π: source sample i goes to target permutation[i]. Empty if there is a ``coupling``.
        coupling: Sparse (n, m) plan between clouds of unequal sizes or weights, in shares of the whole mass; else None.
        cost: Mean cost of the plan, mean_i ‖x_i - y_{π(i)}‖², in squared units of the clouds: W₂² if optimal.
        identity_cost: mean_i ‖x_i - y_i‖², in squared units of the clouds. NaN for a ``coupling``.
        potentials: (u, v), one for each sample, with u_i + v_j <= ‖x_i - y_j‖² up to rounding.
        gap: Certified relative duality gap in [0, 1], relative to ``cost``, or to the part of it that is no translation
            where this is the smaller (see `geodl.transport.certificate`).
        slack: Most negative reduced cost relative to the largest cost, <= 0.
        lower: Proved lower bound of the transport ratio W₂² / identity_cost, in [0, 1]. NaN for a ``coupling``.
        upper: Proved upper bound of it: the ratio of the plan itself.
        kept: (n,) bool. Of an optimal plan: it gives sample i an output equal in value to its own; most over all
            optimal plans. Of a bracket: some optimal plan may do so, as far as the bounds tell.
        kept_low: (n,) bool. Of an optimal plan: the same for the optimal plan that keeps the fewest. Of a bracket:
            every optimal plan is proved to do so.
        ties: Why ``kept`` and ``kept_low`` are unknown (both are empty then) although the plan is optimal; else empty.
        method: What solved it: ``"certificate"`` (own pairing proved optimal by potentials alone), ``"simplex"``,
            ``"lazy"`` (the same without a stored cost matrix), ``"emd"`` (POT) or ``"sinkhorn"``.
        how: The same in words, with passes and pivots.
        seconds: Wall-clock time of the solution.
    """

    n: int
    d: int
    status: Status
    reason: str = ""
    permutation: NDArray[np.int64] = field(default_factory=_no_indices)
    coupling: Any = None
    cost: float = float("nan")
    identity_cost: float = float("nan")
    potentials: tuple[NDArray[np.float64], NDArray[np.float64]] = field(default_factory=_no_potentials)
    gap: float = float("nan")
    slack: float = float("nan")
    lower: float = float("nan")
    upper: float = float("nan")
    kept: NDArray[np.bool_] = field(default_factory=_no_flags)
    kept_low: NDArray[np.bool_] = field(default_factory=_no_flags)
    ties: str = ""
    method: str = "auto"
    how: str = ""
    seconds: float = 0.0

    def __post_init__(self) -> None:
        assert (self.status == "optimal") == (not self.reason), "a plan is optimal or has a reason"
        whole = self.coupling is not None or len(self.permutation) == self.n
        assert whole == (self.status != "failed"), "a plan is whole or absent"

    @property
    def optimal(self) -> bool:
        """Whether the plan is certified optimal.

        Returns:
            True exactly if ``status`` is ``"optimal"``.
        """
        return self.status == "optimal"
