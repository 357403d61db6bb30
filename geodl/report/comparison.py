"""Differences between two settings, with Welch's interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from geodl.report.aggregate import Interval, interval, student_quantile


@dataclass(frozen=True)
class Difference:
    """Difference of two means over seeds, second minus first.

    Attributes:
        value: The difference; NaN where a side has no finite value.
        low: Lower end of its 95 % interval; NaN where a side has one seed.
        high: Upper end.
        resolution: Differences up to this size are none, e.g. two samples of the probe set for a share of samples.
    """

    value: float
    low: float
    high: float
    resolution: float = 0.0

    @property
    def has_interval(self) -> bool:
        """Whether both sides have at least two seeds, and these differ at all."""
        return math.isfinite(self.low)

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out zero, and the difference is one."""
        return self.sign != 0 and self.has_interval and (self.low > 0 or self.high < 0)

    @property
    def sign(self) -> int:
        """1 or -1; 0 for a difference within the resolution or NaN."""
        return (self.value > self.resolution) - (self.value < -self.resolution)


def difference(first: Interval, second: Interval, resolution: float = 0.0) -> Difference:
    """Compare two settings without assuming equal variances.

    Args:
        first: Summary of one setting.
        second: Summary of the other.
        resolution: Size up to which a difference is none.

    Returns:
        Second minus first.

    Source: Welch (1947), "The generalization of 'Student's' problem when several different population variances are
    involved".

    >>> from geodl.report.aggregate import interval
    >>> d = difference(interval([1.0, 2.0, 3.0]), interval([5.0, 6.0, 7.0]))
    >>> d.value, round(d.low, 3), d.clear
    (4.0, 1.733, True)
    """
    value = second.mean - first.mean
    if first.n < 2 or second.n < 2:
        return Difference(value, math.nan, math.nan, resolution)
    parts = [side.std**2 / side.n for side in (first, second)]
    error = math.sqrt(sum(parts))
    if error == 0.0:  # a few seeds that agree to the last bit say nothing about those that were not tried
        return Difference(value, math.nan, math.nan, resolution)
    degrees = sum(parts) ** 2 / sum(part**2 / (side.n - 1) for part, side in zip(parts, (first, second), strict=True))
    reach = student_quantile(degrees) * error
    return Difference(value, value - reach, value + reach, resolution)


def paired_difference(first: Sequence[float], second: Sequence[float], resolution: float = 0.0) -> Difference:
    """Compare two values of the same runs, such as before and after training.

    Args:
        first: One value a run.
        second: The other value of the same runs.
        resolution: Size up to which a difference is none.

    Returns:
        Mean of second minus first, with Student's interval over runs.

    >>> d = paired_difference([1.0, 2.0, 3.0], [2.0, 3.5, 3.5])
    >>> d.value, d.clear
    (1.0, False)
    """
    found = interval(b - a for a, b in zip(first, second, strict=True))
    if found.n < 2 or found.std == 0.0:
        return Difference(found.mean, math.nan, math.nan, resolution)
    return Difference(found.mean, found.low, found.high, resolution)


def rank_correlation(x: Sequence[float], y: Sequence[float]) -> float:
    """Spearman's rank correlation over the pairs in which both values are finite.

    Args:
        x: Values.
        y: Values of the same length.

    Returns:
        Correlation in [-1, 1]; NaN for fewer than three pairs or a constant side.

    Source: Spearman (1904), "The proof and measurement of association between two things".

    >>> rank_correlation([1.0, 2.0, 3.0], [9.0, 4.0, 1.0])
    -1.0
    """
    pairs = [(a, b) for a, b in zip(x, y, strict=True) if math.isfinite(a) and math.isfinite(b)]
    if len(pairs) < 3:
        return math.nan
    ranks = [_ranks([pair[side] for pair in pairs]) for side in (0, 1)]
    means = [sum(side) / len(pairs) for side in ranks]
    a, b = ([rank - mean for rank in side] for side, mean in zip(ranks, means, strict=True))
    norm = math.sqrt(sum(u * u for u in a) * sum(v * v for v in b))
    return sum(u * v for u, v in zip(a, b, strict=True)) / norm if norm else math.nan


def _ranks(values: Sequence[float]) -> list[float]:
    # Ranks from 0, ties sharing their mean rank.
    return [
        sum(other < value for other in values) + (sum(other == value for other in values) - 1) / 2 for value in values
    ]
