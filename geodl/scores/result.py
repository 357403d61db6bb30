"""What a score returns, and what a score is."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Detail: TypeAlias = float | int | str | list[float]
"""What may stand in `ScoreResult.details`: plain values, ready for JSON."""


@dataclass(frozen=True, eq=False)
class ScoreResult:
    """One score of one leg: a number, or the reason why there is none.

    Attributes:
        value: The score; NaN exactly if the result is not valid.
        per_sample: (n,) float64, the score of each sample where it has one, else None. Its mean is ``value``, up to
            what the score's own docstring says of undefined samples.
        valid: Whether ``value`` could be computed.
        reason: Why it could not; empty if valid.
        details: Further numbers, named in the score's docstring.

    Example:
        >>> ScoreResult(0.5).valid
        True
        >>> result = ScoreResult.invalid("the network does not move any sample", n=10)
        >>> result.value, result.reason, result.details
        (nan, 'the network does not move any sample', {'n': 10})
    """

    value: float
    per_sample: NDArray[np.float64] | None = None
    valid: bool = True
    reason: str = ""
    details: dict[str, Detail] = field(default_factory=dict)

    def __post_init__(self) -> None:
        assert self.valid == (not self.reason), "a score is valid or has a reason"
        assert self.valid == (not math.isnan(self.value)), "a score is NaN exactly if it is not valid"

    @classmethod
    def invalid(cls, reason: str, **details: Detail) -> ScoreResult:
        """A score that could not be computed.

        Args:
            reason: Why, in words.
            **details: What is known all the same.

        Returns:
            A result with value NaN.
        """
        return cls(value=math.nan, valid=False, reason=reason, details=details)


@dataclass(frozen=True)
class ScoreSpec:
    """What a reader must know of a score before reading its numbers.

    Attributes:
        name: Registry name, the stem of its file.
        title: Name in words, for axes and tables.
        symbol: Formula symbol, for tight places.
        higher_is_better: Whether larger values are nearer to a geodesic.
        lower: Infimum of the values.
        upper: Supremum of the values, maybe infinity.
        best: Value of a geodesic; NaN if the score has no such value.
        source: Author, year, arXiv number.
    """

    name: str
    title: str
    symbol: str
    higher_is_better: bool
    lower: float
    upper: float
    best: float
    source: str
