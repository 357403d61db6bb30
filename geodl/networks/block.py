"""The one block of all networks: with the skip connection it is residual, without it plain."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from geodl.errors import ConfigError


class Block(nn.Module):
    """One step of a data track, x^{l-1} -> x^l.

    Residual: ``x^l = post(shortcut(x^{l-1}) + scale * branch(x^{l-1}))``; plain: ``x^l =
    post(branch(x^{l-1}))``. Nothing else differs between the two families, and nothing that has parameters: a
    plain and a residual network of the same sizes share their state dict, key by key.

    Args:
        branch: the map f with all parameters of the block.
        skip: True for a residual block.
        scale: factor of the branch in a residual block, > 0; must be 1 in a plain block, where nothing is
            added.
        shortcut: map of the input to the shape of the branch's output, without parameters; None: the
            identity.
        activation_after: ``post``, applied after the addition; None: the identity.

    Raises:
        ConfigError: the scale is not a finite number > 0, or is not 1 in a plain block.

    References:
        He et al. 2016, "Deep Residual Learning for Image Recognition", equation 1, arXiv 1512.03385;
        He et al. 2016, "Identity Mappings in Deep Residual Networks", equations 1 and 2, arXiv 1603.05027.

    Example:
        >>> double = nn.Linear(1, 1, bias=False)
        >>> _ = nn.init.constant_(double.weight, 2.0)
        >>> x = torch.tensor([[3.0]])
        >>> Block(double, skip=False)(x).item(), Block(double, skip=True, scale=0.5)(x).item()
        (6.0, 6.0)
    """

    def __init__(
        self,
        branch: nn.Module,
        *,
        skip: bool,
        scale: float = 1.0,
        shortcut: nn.Module | None = None,
        activation_after: nn.Module | None = None,
    ) -> None:
        super().__init__()
        if isinstance(scale, bool) or not isinstance(scale, int | float) or not math.isfinite(scale) or scale <= 0:
            raise ConfigError(
                f"network.residual_scale: expected a finite number > 0, found {scale!r}; 1.0 is the residual "
                "network of He et al."
            )
        if not skip and scale != 1.0:
            raise ConfigError(
                f"network.residual_scale: expected 1.0 for a plain network, which adds nothing, found "
                f"{scale!r}; leave it out, or choose a residual network"
            )
        self.branch = branch
        self.skip = skip
        self.scale = float(scale)
        self.shortcut = shortcut if skip else None
        self.activation_after = activation_after

    def forward(self, x: Tensor) -> Tensor:
        """Map the state before the block to the state after it.

        Args:
            x: x^{l-1}, of shape (n, d) or (n, C, H, W).

        Returns:
            x^l, of the shape of the branch's output.
        """
        y: Tensor = self.branch(x)
        if self.skip:
            y = torch.add(x if self.shortcut is None else self.shortcut(x), y, alpha=self.scale)
        return y if self.activation_after is None else self.activation_after(y)

    def extra_repr(self) -> str:
        """Say which family the block is of.

        Returns:
            Text for the printed network.
        """
        return f"skip={self.skip}, scale={self.scale}"
