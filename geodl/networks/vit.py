"""A small vision transformer: patches become tokens, and every block adds to them what it computes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from geodl.errors import ConfigError
from geodl.networks.attention import SelfAttention
from geodl.networks.choice import check_whole_number
from geodl.networks.network import Network
from geodl.networks.parts import named_sequence


class PatchEmbedding(nn.Module):
    """Images to tokens: each patch by one linear map, a class token before them, and a learnt position on each.

    Args:
        n_channels: channels of the images.
        image: height and width, multiples of the patch size.
        patch_size: side of a patch in pixels.
        width: features of a token.
        dropout: share of features that are dropped in training.

    Example:
        >>> PatchEmbedding(1, (8, 8), 4, 16)(torch.zeros(2, 1, 8, 8)).shape
        torch.Size([2, 5, 16])
    """

    def __init__(
        self, n_channels: int, image: Sequence[int], patch_size: int, width: int, dropout: float = 0.0
    ) -> None:
        super().__init__()
        n_patches = math.prod(size // patch_size for size in image)
        self.patches = nn.Conv2d(n_channels, width, kernel_size=patch_size, stride=patch_size)
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))
        self.positions = nn.Parameter(0.02 * torch.randn(1, n_patches + 1, width))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Embed.

        Args:
            x: images, shape (n, C, H, W).

        Returns:
            Tokens, shape (n, 1 + patches, width), the class token first.
        """
        patches = self.patches(x).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.class_token.expand(len(x), -1, -1), patches], dim=1)
        embedded: Tensor = self.dropout(tokens + self.positions)
        return embedded


class TransformerBlock(nn.Module):
    """One step of a track: ``y = x + attention(norm1(x))``, then ``y + mlp(norm2(y))``.

    Nothing follows the sums, so the state after the block is the residual stream itself ("pre-norm").

    Args:
        width: features of a token.
        heads: heads of the attention.
        mlp_ratio: hidden features of the MLP, as a multiple of the width.
        dropout: share of features and of attention weights that are dropped in training.
    """

    def __init__(self, width: int, *, heads: int, mlp_ratio: float, dropout: float) -> None:
        super().__init__()
        hidden = max(1, round(width * mlp_ratio))
        self.norm1 = nn.LayerNorm(width)
        self.attention = SelfAttention(width, heads=heads, dropout=dropout)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = named_sequence({
            "affine1": nn.Linear(width, hidden),
            "activation": nn.GELU(),
            "affine2": nn.Linear(hidden, width),
        })
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Map the state before the block to the state after it.

        Args:
            x: tokens, shape (n, T, d).

        Returns:
            Tokens of the same shape.
        """
        y: Tensor = x + self.dropout(self.attention(self.norm1(x)))
        z: Tensor = y + self.dropout(self.mlp(self.norm2(y)))
        return z


class ClassTokenHead(nn.Module):
    """The final norm, the class token alone, and the affine map to the logits.

    The norm stands here because it is no state: it rescales every token and would bend the last step of a track.

    Args:
        width: features of a token.
        n_classes: number of logits.
    """

    def __init__(self, width: int, n_classes: int) -> None:
        super().__init__()
        check_whole_number("n_classes", n_classes, at_least=2)
        self.norm = nn.LayerNorm(width)
        self.affine = nn.Linear(width, n_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Classify.

        Args:
            x: tokens, shape (n, T, d), the class token first.

        Returns:
            Logits, shape (n, n_classes).
        """
        logits: Tensor = self.affine(self.norm(x[:, 0]))
        return logits


class ViT(Network):
    """A pre-norm vision transformer with a class token; all states have the shape (tokens, width): one leg.

    Args:
        input_shape: (channels, height, width) of one image.
        n_classes: number of logits.
        depth: number of blocks L.
        width: features of a token.
        heads: heads of the attention, a divisor of the width.
        patch_size: side of a patch in pixels, a divisor of height and width of the image.
        mlp_ratio: hidden features of a block's MLP, as a multiple of the width.
        dropout: share of features and of attention weights that are dropped in training.

    Raises:
        ConfigError: the data are not images, patches do not cover them, or a share or ratio is out of range.

    References:
        Dosovitskiy et al. 2021, "An Image is Worth 16x16 Words", section 3.1, arXiv 2010.11929; Wang et al. 2019,
        "Learning Deep Transformer Models for Machine Translation" (pre-norm), arXiv 1906.01787.

    Example:
        >>> network = ViT((1, 8, 8), 10, depth=2, width=16, heads=2, patch_size=4)
        >>> network.family, network.read_outs(), network.state_shapes()[0]
        ('vit', ['stem', 'blocks.0', 'blocks.1'], (5, 16))
    """

    def __init__(
        self,
        input_shape: Sequence[int],
        n_classes: int,
        *,
        depth: int = 6,
        width: int = 64,
        heads: int = 4,
        patch_size: int = 4,
        mlp_ratio: float = 2.0,
        dropout: float = 0.0,
    ) -> None:
        for key, value in (("depth", depth), ("width", width), ("patch_size", patch_size)):
            check_whole_number(f"network.{key}", value, at_least=1)
        if not 0.0 <= dropout < 1.0:
            raise ConfigError(f"network.dropout: expected a share from 0 to below 1, found {dropout}; 0 drops nothing")
        if not (math.isfinite(mlp_ratio) and mlp_ratio > 0):
            raise ConfigError(f"network.mlp_ratio: expected a finite number > 0, found {mlp_ratio}; 4 is usual")
        if len(input_shape) != 3:
            raise ConfigError(
                f"network: expected images (channels, height, width) for vit, found samples of shape "
                f"{tuple(input_shape)}; choose plain_mlp or resnet_mlp for these data"
            )
        n_channels, *image = input_shape
        if any(size % patch_size for size in image):
            fitting = [size for size in range(1, math.gcd(*image) + 1) if math.gcd(*image) % size == 0]
            raise ConfigError(
                f"network.patch_size: expected a divisor of height and width of the images, {image[0]} x {image[1]} "
                f"pixels, found {patch_size}; choose one of {', '.join(map(str, fitting))}"
            )
        super().__init__(
            input_shape=input_shape,
            n_classes=n_classes,
            family="vit",
            stem=PatchEmbedding(n_channels, image, patch_size, width, dropout),
            blocks=[TransformerBlock(width, heads=heads, mlp_ratio=mlp_ratio, dropout=dropout) for _ in range(depth)],
            head=ClassTokenHead(width, n_classes),
        )
