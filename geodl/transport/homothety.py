"""First potentials of the network's own pairing: those of the scaling and translation that come closest to its map.

A map f(x) = a x + b with a > 0 is an optimal transport map, the gradient of a ‖x‖²/2 + b·x, with potentials
u(x) = (1 - a) ‖x‖² - 2 b·x. A residual network moves its samples by little more than that, so these potentials are
close to the ones sought, and most pairs are proved by them at once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def homothety_potentials(x: NDArray[np.floating], y: NDArray[np.floating]) -> NDArray[np.float64]:
    """Row potentials of the homothety nearest to a map, in the least-squares sense.

    a = Σ_i (x_i - x̄)·(y_i - ȳ) / Σ_i ‖x_i - x̄‖²  (at least 0),  u_i = (1 - a) ‖x_i - x̄‖² - 2 (ȳ - x̄)·(x_i - x̄)

    Args:
        x: (n, d) float32 or float64, the samples, about any origin near them.
        y: (n, d) the same dtype, their images.

    Returns:
        (n,) float64, in squared units of the clouds. Only a guess: nothing is proved by it.

    Example:
        Where the map is a homothety, v_i = ‖x_i - y_i‖² - u_i makes its own pairs tight, and no other arc is violated:

        >>> x = np.array([[0.0], [1.0], [5.0]])
        >>> y = 2.0 * x + 3.0
        >>> u = homothety_potentials(x, y)
        >>> v = ((y - x) ** 2)[:, 0] - u
        >>> bool(((x - y.T) ** 2 - u[:, None] - v >= -1e-12).all())
        True
    """
    n = len(x)
    middle, image = x.mean(axis=0, dtype=np.float64), y.mean(axis=0, dtype=np.float64)
    # Sums about the means from sums about the origin: what cancels only makes a worse guess, and no cloud is copied.
    squares = np.einsum("ij,ij->i", x, x).astype(np.float64) - 2.0 * (x @ middle.astype(x.dtype)) + middle @ middle
    total = float(squares.sum())
    moved = float(np.einsum("ij,ij->", x, y)) - n * float(middle @ image)
    factor = max(moved / total, 0.0) if total > 0.0 else 1.0
    shift = image - middle
    along = (x @ shift.astype(x.dtype)).astype(np.float64) - middle @ shift
    potentials: NDArray[np.float64] = (1.0 - factor) * squares - 2.0 * along
    return potentials
