"""Known maps by name: Gaussian points, and the states through which a map takes them."""

from __future__ import annotations

from typing import Any

import numpy as np

from geodl.calibration.convex import convex_states
from geodl.calibration.line import Points
from geodl.calibration.noise import noise_states
from geodl.calibration.pairing import pairing_states
from geodl.calibration.rotation import rotation_states
from geodl.calibration.walk import walk_states
from geodl.config.calibration import KNOWN_MAPS
from geodl.errors import ConfigError

# Streams of one seed: equal n and d give equal points to every map.
_POINTS, _MAP = 0, 1


def gaussian_points(n: int, dim: int, seed: int) -> Points:
    """Draw n standard Gaussian points.

    Args:
        n: Number of points.
        dim: Dimension d.
        seed: Seed.

    Returns:
        (n, d) points, the same for equal arguments.

    Example:
        >>> bool((gaussian_points(3, 2, 0) == gaussian_points(3, 2, 0)).all())
        True
    """
    return np.random.default_rng([seed, _POINTS]).standard_normal((n, dim))


def known_states(
    kind: str, amount: float | None, *, n: int, dim: int, depth: int, seed: int, points: Any = None
) -> tuple[Points, ...]:
    """States of a known map; `check_known_map` refuses what is none.

    Args:
        kind: ``convex``, ``noise``, ``walk``, ``rotation`` or ``pairing``.
        amount: How much of it, > 0: noise and walk in standard deviations of the points, rotation in degrees up to
            180, convex the factor before the convex function; None for ``pairing``, which has none.
        n: Number of points; ignored where they are given.
        dim: Dimension d; ignored where points are given.
        depth: Number of steps L >= 1.
        seed: Seed of points and map, which draw from streams of their own.
        points: (n, d) points to start from instead of `gaussian_points`.

    Returns:
        L + 1 arrays (n, d), float64.

    Example:
        >>> first, last = known_states("rotation", 180.0, n=4, dim=2, depth=1, seed=0)
        >>> bool(np.allclose(last, -first))
        True
    """
    check_known_map(kind, amount)
    start = gaussian_points(n, dim, seed) if points is None else np.array(points, dtype=np.float64)
    generator = np.random.default_rng([seed, _MAP])
    size = 0.0 if amount is None else float(amount)
    if kind == "convex":
        return convex_states(start, size, depth, generator)
    if kind == "noise":
        return noise_states(start, size, depth, generator)
    if kind == "walk":
        return walk_states(start, size, depth, generator)
    if kind == "rotation":
        return rotation_states(start, size, depth)
    return pairing_states(start, depth, generator)


def check_known_map(kind: str, amount: float | None) -> None:
    """Check a known map and its amount.

    Args:
        kind: Name of the map.
        amount: Its amount.

    Raises:
        ConfigError: The map is unknown, or its amount is no such number.
    """
    if kind not in KNOWN_MAPS:
        raise ConfigError(f"map: expected one of {', '.join(KNOWN_MAPS)}, found {kind!r}; choose one of them")
    rule = KNOWN_MAPS[kind]
    if rule is None:
        if amount is not None:
            raise ConfigError(f"amount: expected None with {kind}, which has no amount, found {amount}; leave it out")
    elif amount is None or not 0 < amount <= rule.high:
        raise ConfigError(
            f"amount: expected the {rule.meaning}, above 0 and at most {rule.high:g} with {kind}, found {amount}; "
            "pass such a number"
        )
