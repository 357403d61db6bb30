"""Normalisation: one affine map a channel or feature, fitted on the training set and applied to everything."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from geodl.data.options import check_choice

NORMALIZATIONS = ("none", "unit", "channel")


@dataclass(frozen=True, eq=False)
class Normalization:
    """The map x -> (x - shift) / scale, with one shift and scale a channel (images) or feature (vectors).

    Attributes:
        shift: (C, 1, 1) or (d,) float32.
        scale: as ``shift``, positive.
    """

    shift: Tensor
    scale: Tensor

    def apply_(self, x: Tensor) -> Tensor:
        """Normalise in place, since a second copy of a large data set may not fit.

        Args:
            x: (n, C, H, W) or (n, d) float32, overwritten.

        Returns:
            The same tensor, with zero mean, unit range or unchanged according to the kind that was fitted.
        """
        return x.sub_(self.shift).div_(self.scale)

    @property
    def black(self) -> Tensor:
        """Where the value 0 goes, (C, 1, 1) or (d,): the colour of the border that random crops add."""
        return -self.shift / self.scale


def fit_normalization(x: Tensor, kind: str, *, is_pixels: bool) -> Normalization:
    """Fit a normalisation on the training samples.

    - ``none``: x as it is (pixels stay 0..255);
    - ``unit``: (x - a) / (b - a), one scale for all features, so that shapes are kept: pixels have a = 0, b =
      255, other data the least and greatest value of the training set;
    - ``channel``: (x - mean) / std, for images over samples and pixels of a channel, for vectors feature by
      feature.

    A constant channel or feature (and constant data under ``unit``) has scale 1, and so becomes 0.

    Args:
        x: (n, C, H, W) or (n, d) float32 training samples.
        kind: "none", "unit" or "channel".
        is_pixels: whether the values are uint8 pixels, 0..255.

    Returns:
        The fitted map.

    >>> x = torch.tensor([[0.0, 7.0], [2.0, 7.0]])
    >>> fit_normalization(x, "channel", is_pixels=False).apply_(x)
    tensor([[-1., 0.], [ 1., 0.]])
    """
    check_choice("data.normalize", kind, NORMALIZATIONS)
    n_channels = x.shape[1]
    shape = (n_channels, 1, 1) if x.ndim == 4 else (n_channels,)
    if kind == "none":
        low, spread = torch.zeros(shape), torch.ones(shape)
    elif kind == "unit":
        least, greatest = (torch.tensor(0.0), torch.tensor(255.0)) if is_pixels else torch.aminmax(x)
        low, spread = least.expand(shape), (greatest - least).expand(shape)
    else:
        axes = (0, 2, 3) if x.ndim == 4 else (0,)
        variance, mean = torch.var_mean(x, dim=axes, correction=0)
        low, spread = mean.reshape(shape), variance.sqrt().reshape(shape)
    return Normalization(shift=low.clone(), scale=torch.where(spread > 0, spread, torch.ones(shape)))
