"""Self-attention of several heads: each token becomes a mean of all tokens' values, weighted by likeness."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from geodl.errors import ConfigError
from geodl.networks.choice import check_whole_number


class SelfAttention(nn.Module):
    """The map ``out(concat_h softmax(Q_h K_hᵀ / √(d/H)) V_h)`` with ``Q, K, V = qkv(x)``.

    Queries, keys and values come from one `Linear` and not from a bare parameter, so that weight decay and the norm of
    the weights meet them like every other matrix (`geodl.networks.weight_matrices`).

    Args:
        width: features d of a token.
        heads: number of heads H, a divisor of the width.
        dropout: share of attention weights that are dropped in training.

    Raises:
        ConfigError: the width is no multiple of the heads.

    References:
        Vaswani et al. 2017, "Attention Is All You Need", equation 1, arXiv 1706.03762.

    Example:
        >>> import torch
        >>> SelfAttention(8, heads=2)(torch.zeros(3, 5, 8)).shape
        torch.Size([3, 5, 8])
    """

    def __init__(self, width: int, *, heads: int, dropout: float = 0.0) -> None:
        super().__init__()
        check_whole_number("network.heads", heads, at_least=1)
        if width % heads:
            raise ConfigError(
                f"network.heads: expected a divisor of network.width={width}, found {heads}; every head has "
                "width / heads features"
            )
        self.heads = heads
        self.dropout = dropout
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Attend.

        Args:
            x: tokens, shape (n, T, d).

        Returns:
            Shape (n, T, d).
        """
        queries, keys, values = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        y = functional.scaled_dot_product_attention(
            queries, keys, values, dropout_p=self.dropout if self.training else 0.0
        )
        mixed: Tensor = self.out(y.transpose(1, 2).flatten(2))
        return mixed

    def extra_repr(self) -> str:
        """Say how many heads there are.

        Returns:
            Text for the printed network.
        """
        return f"heads={self.heads}, dropout={self.dropout}"
