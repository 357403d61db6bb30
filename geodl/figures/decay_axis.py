"""An axis for weight decays: logarithmic, with an honest place for zero."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from geodl.figures.style import QUIET

_GAP = 0.75  # decades between zero's place and the smallest positive value


@dataclass(frozen=True)
class DecayAxis:
    """Positions of weight decays on a broken axis: zero apart at the left, then a logarithmic scale.

    A logarithm has no zero and a symlog axis hides that in a linear stretch of arbitrary length; a break says it.

    Attributes:
        values: Ascending distinct weight decays >= 0.
    """

    values: tuple[float, ...]

    @classmethod
    def of(cls, values: Iterable[float]) -> DecayAxis:
        """Collect the axis' values.

        Args:
            values: Weight decays >= 0, with repetitions.

        Returns:
            The axis.
        """
        return cls(tuple(sorted({float(value) for value in values})))

    @property
    def smallest(self) -> float:
        """Smallest positive value; 1 where there is none."""
        return next((value for value in self.values if value > 0), 1.0)

    def positions(self, values: Iterable[float]) -> NDArray[np.float64]:
        """Places of the values on the axis, in decades.

        Args:
            values: Weight decays >= 0.

        Returns:
            Positions; zero lies 0.75 decades left of the smallest positive value.

        >>> DecayAxis.of([0.0, 0.01, 0.001]).positions([0.0, 0.001, 0.01]).tolist()
        [-3.75, -3.0, -2.0]
        """
        zero = float(np.log10(self.smallest)) - _GAP
        return np.array([np.log10(value) if value > 0 else zero for value in values], dtype=np.float64)

    def apply(self, axes: Axes) -> None:
        """Put ticks at the values and, where zero is among them, the break beside it.

        Args:
            axes: Axes whose x coordinates are `positions`.
        """
        places = self.positions(self.values)
        axes.set_xticks(places, [decay_label(value) for value in self.values])
        crowded = len(self.values) > 4
        axes.tick_params(axis="x", rotation=40 if crowded else 0)
        if crowded:
            for label in axes.get_xticklabels():
                label.set_horizontalalignment("right")
                label.set_rotation_mode("anchor")
        margin = 0.25 if len(places) > 1 else 0.5
        axes.set_xlim(places[0] - margin, places[-1] + margin)
        if self.values[0] == 0 and len(self.values) > 1:
            axes.annotate(
                "//",
                (float(places[0]) + _GAP / 2, 0.0),
                xycoords=("data", "axes fraction"),
                ha="center",
                va="center",
                color=QUIET,
                fontsize=9,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
            )


def decay_label(value: float) -> str:
    """Write a weight decay as a person would.

    Args:
        value: The weight decay.

    Returns:
        Short decimal or exponent notation.

    >>> [decay_label(value) for value in (0.0, 0.0005, 5e-5, 0.01)]
    ['0', '5e-4', '5e-5', '0.01']
    """
    if value == 0 or abs(value) >= 0.01:
        return f"{value:g}"
    mantissa, exponent = f"{value:.6e}".split("e")
    return f"{float(mantissa):g}e{int(exponent)}"
