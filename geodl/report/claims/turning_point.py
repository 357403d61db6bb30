"""Where a score stops getting better along weight decays, and how much it loses from there."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geodl.report.claims.seed_mean import resampled, seed_mean


@dataclass(frozen=True)
class TurningPoint:
    """The weight decay with the best mean.

    Attributes:
        index: Its place among the ascending decays.
        best: Mean score there.
        n_decays: Number of decays.
        picked: Share of bootstrap samples of seeds with the best mean there; NaN for one seed.
        loss: Mean change of the score from the best decay to the largest, for which the best is chosen on the other
            seeds; positive is worse, NaN for one seed.
        loss_low: Lower end of its 95 % bootstrap interval over seeds.
        loss_high: Upper end.
        flat: Whether the means at all decays agree within the resolution.
    """

    index: int
    best: float
    n_decays: int
    picked: float
    loss: float
    loss_low: float
    loss_high: float
    flat: bool

    @property
    def inside(self) -> bool:
        """Whether smaller and larger decays are both worse."""
        return not self.flat and 0 < self.index < self.n_decays - 1


def turning_point(scores: NDArray[np.float64], *, lower_is_better: bool, resolution: float = 0.0) -> TurningPoint:
    """Find the best weight decay, and whether more of it makes the score worse again.

    Args:
        scores: (n_seeds, n_decays) finite scores at ascending decays.
        lower_is_better: Whether a low score is straight, as for LSS.
        resolution: Differences of means up to this size are none.

    Returns:
        The turning point; of equally good decays the smallest.

    >>> point = turning_point(np.array([[3.0, 1.0, 2.0], [3.1, 1.2, 2.1]]), lower_is_better=True)
    >>> point.index, point.inside, point.picked, round(point.loss, 2)
    (1, True, 1.0, 0.95)
    """
    cost = scores if lower_is_better else -scores
    n_seeds, n_decays = cost.shape
    means = cost.mean(axis=0)
    index = int(means.argmin())
    picked, low, high, loss = math.nan, math.nan, math.nan, math.nan
    if n_seeds > 1:
        picked = float((cost[resampled(n_seeds)].mean(axis=1).argmin(axis=1) == index).mean())
        chosen = best_on_others(cost)
        found = seed_mean([float(cost[seed, -1] - cost[seed, chosen[seed]]) for seed in range(n_seeds)])
        loss, low, high = found.effect, found.low, found.high
    flat = bool(np.ptp(means) <= resolution)
    return TurningPoint(index, float(scores[:, index].mean()), n_decays, picked, loss, low, high, flat)


def best_on_others(cost: NDArray[np.float64]) -> list[int]:
    """Choose, for each seed, the column with the least mean over the other seeds.

    A score that is read where it was chosen flatters: of equal settings the luckiest would seem best. Chosen on the
    other seeds, its mean is that of a fresh seed.

    Args:
        cost: (n_seeds, k) values, at least two seeds.

    Returns:
        One column a seed; of equals the first.

    >>> best_on_others(np.array([[0.0, 1.0], [1.0, 0.0], [3.0, 2.0]]))
    [1, 0, 0]
    """
    return [int(np.delete(cost, seed, axis=0).mean(axis=0).argmin()) for seed in range(len(cost))]
