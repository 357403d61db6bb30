"""The skip connection where the shape changes: option A of He et al., which has no parameters."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


class PaddingShortcut(nn.Module):
    """Every ``stride``-th pixel of the input, and zero channels appended: the identity as shapes allow it.

    Option B, a learnt 1 x 1 projection, would give residual networks parameters that their plain twins lack.

    Args:
        n_in: channels of the input.
        n_out: channels of the output, at least ``n_in``.
        stride: step between the pixels that are kept.

    References:
        He et al. 2016, section 3.3, option A, arXiv 1512.03385.

    Example:
        >>> import torch
        >>> image = torch.arange(9.0).reshape(1, 1, 3, 3)
        >>> PaddingShortcut(1, 2, stride=2)(image).tolist()
        [[[[0.0, 2.0], [6.0, 8.0]], [[0.0, 0.0], [0.0, 0.0]]]]
    """

    def __init__(self, n_in: int, n_out: int, stride: int) -> None:
        super().__init__()
        self.n_extra = n_out - n_in
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """Subsample and pad.

        Args:
            x: shape (n, n_in, H, W).

        Returns:
            Shape (n, n_out, ceil(H / stride), ceil(W / stride)).
        """
        return functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.n_extra))

    def extra_repr(self) -> str:
        """Say what is done.

        Returns:
            Text for the printed network.
        """
        return f"stride={self.stride}, zero_channels={self.n_extra}"
