"""The ``calibration`` node: which known map is scored in place of a network, and which amounts it may have."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Amount:
    """What the amount of a known map means.

    Attributes:
        meaning: In words, with the unit, as axes and messages say it.
        high: Largest value; the smallest is above 0, since a map that moves nothing has no steps.
    """

    meaning: str
    high: float


KNOWN_MAPS: dict[str, Amount | None] = {
    "convex": Amount("distance from the identity", 1e3),
    "noise": Amount("noise in standard deviations of the points", 1e3),
    "walk": Amount("length of the walk in standard deviations of the points", 1e3),
    "rotation": Amount("angle in degrees", 180.0),
    "pairing": None,
}
"""The known maps of `geodl.calibration`; None where there is no amount to choose."""
