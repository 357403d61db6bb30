"""Rotations: never optimal transport maps, and yet OTS takes them for such in high dimension."""

from __future__ import annotations

import math

from geodl.calibration.line import Points


def rotated(points: Points, degrees: float) -> Points:
    """Turn points by one angle in ⌊d/2⌋ planes of coordinates (1, 2), (3, 4), ...; of odd d the last stays.

    Args:
        points: (n, d) points.
        degrees: The angle.

    Returns:
        (n, d) turned points.

    Example:
        >>> import numpy as np
        >>> rotated(np.array([[1.0, 0.0, 5.0]]), 90.0).round(12) + 0.0
        array([[0., 1., 5.]])
    """
    angle = math.radians(degrees)
    even = points.shape[1] // 2 * 2
    x, y = points[:, 0:even:2], points[:, 1:even:2]
    turned = points.copy()
    turned[:, 0:even:2] = math.cos(angle) * x - math.sin(angle) * y
    turned[:, 1:even:2] = math.sin(angle) * x + math.cos(angle) * y
    return turned


def rotation_states(start: Points, degrees: float, depth: int) -> tuple[Points, ...]:
    """Turn every point along its arc, in L equal steps.

    Expected: LSS as `arc_lss` says. A rotation is no gradient of a convex function (its matrix is not symmetric, or,
    at 180 degrees, negative), so it is optimal for no law with a density. On n points OTS may still be 1: high
    dimension sets samples so far apart that no other one is nearer to an image than its own, up to an angle that grows
    with d. At 90 degrees and more it is about 0, since ⟨x_i, T(x_i)⟩ = cos(a) ‖x_i‖² <= 0 then.

    Args:
        start: (n, d) points x^0.
        degrees: Total angle a in (0, 180].
        depth: Number of steps L >= 1.

    Returns:
        L + 1 arrays (n, d).

    Example:
        >>> import numpy as np
        >>> [x.round(3).tolist() for x in rotation_states(np.array([[1.0, 0.0]]), 60.0, 2)]
        [[[1.0, 0.0]], [[0.866, 0.5]], [[0.5, 0.866]]]
    """
    return (start, *(rotated(start, degrees * step / depth) for step in range(1, depth + 1)))


def arc_lss(degrees: float, depth: int) -> float:
    r"""LSS of an arc in L equal steps: L sin(a / 2L) / sin(a / 2), >= 1.

    The chords have equal length c = 2 r sin(a/2L), and their sum is the chord of the whole arc, 2 r sin(a/2).

    Args:
        degrees: Total angle a in (0, 180].
        depth: Number of steps L >= 1.

    Returns:
        The score; it rises with L towards (a/2) / sin(a/2).

    Example:
        Two chords of 90 degrees each make the diameter: 2 / ‖(√½, √½) + (-√½, √½)‖ = √2.

        >>> round(arc_lss(180.0, 2), 12) == round(math.sqrt(2), 12)
        True
    """
    angle = math.radians(degrees)
    return depth * math.sin(angle / (2 * depth)) / math.sin(angle / 2)
