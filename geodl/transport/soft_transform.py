"""The c-transform and its smooth twin, over tiles that are never stored.

For the squared Euclidean cost the norms belong to the potentials, u_i = ‖x_i‖² + g_i and v_j = ‖y_j‖² + f_j, and what
is left of a reduced cost is -2 x_i·y_j - f_j - g_i. The transforms of f are

    hard:  g_i = -max_j (2 x_i·y_j + f_j)
    soft:  g_i = -ε log mean_j exp((2 x_i·y_j + f_j) / ε),   between the hard one and ε log m above it.

Both come from one pass of matrix products in float32, a tile of rows at a time.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

_TEMPORARIES = 2.5  # matrices of a tile's size at the peak
_NEGLIGIBLE = -80.0  # e⁻⁸⁰: smaller terms change no float32 sum, and would be subnormal, hence slow


def tile_rows(columns: int, memory: float) -> int:
    """How many rows of a tile fit into memory.

    Args:
        columns: Columns of the matrix.
        memory: Bytes for a tile of float32 and its temporaries.

    Returns:
        At least 1, at most 4096.

    Example:
        >>> tile_rows(10_000, 1e8)
        1000
    """
    return max(1, min(4096, int(memory / (4.0 * _TEMPORARIES * columns))))


def soft_transform(
    x: torch.Tensor, y: torch.Tensor, f: torch.Tensor, epsilon: float, memory: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Soft and hard transform of potentials.

    Args:
        x: (n, d) float32, the points that get potentials; centred, of order one.
        y: (m, d) float32 on the same device, those that have them.
        f: (m,) float64, potentials without the norms.
        epsilon: ε > 0.
        memory: Bytes for a tile; it changes the results by no more than float32's rounding.

    Returns:
        Soft and hard potentials, (n,) float64 each, the hard ones never above the soft ones.

    Example:
        >>> import torch
        >>> x, y, f = torch.ones(1, 1), torch.tensor([[1.0], [0.0]]), torch.zeros(2, dtype=torch.float64)
        >>> soft, hard = soft_transform(x, y, f, epsilon=1.0, memory=1e6)
        >>> hard.item(), round(soft.item(), 4)  # -log((e² + 1) / 2) = -1.4338
        (-2.0, -1.4338)
    """
    import torch

    soft, hard = torch.empty(len(x), dtype=torch.float64), torch.empty(len(x), dtype=torch.float64)
    shifts = (f.to(x.device) / epsilon).to(torch.float32)
    scaled = (y * (2.0 / epsilon)).T
    rows = tile_rows(len(y), memory)
    for start in range(0, len(x), rows):
        tile = torch.addmm(shifts, x[start : start + rows], scaled)
        largest = tile.amax(dim=1)
        tile.sub_(largest[:, None]).clamp_(min=_NEGLIGIBLE).exp_()
        sums = tile.sum(dim=1).double()
        hard[start : start + rows] = -epsilon * largest.double()
        soft[start : start + rows] = -epsilon * (largest.double() + sums.log() - math.log(len(y)))
    return soft, hard
