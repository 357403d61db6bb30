"""Augmentation of training batches: random crops and horizontal flips, for a whole batch at once."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class AugmentationRecipe:
    """What is usual for a data set.

    Attributes:
        padding: pixels of border from which crops are taken, on every side.
        flip: whether images are mirrored left to right with probability 1/2.
    """

    padding: int
    flip: bool


# Flips only where a mirrored image keeps its class: not for digits. Padding of 4 for 28 to 32 pixels is the
# usual one (He et al. 2016, section 4.2, arXiv 1512.03385; fashion_mnist: Zhong et al. 2020, arXiv
# 1708.04896); the 8 pixels of `digits` bear 1.
AUGMENTATION_RECIPES = {
    "mnist5k": AugmentationRecipe(padding=4, flip=False),
    "mnist": AugmentationRecipe(padding=4, flip=False),
    "digits": AugmentationRecipe(padding=1, flip=False),
    "svhn": AugmentationRecipe(padding=4, flip=False),
    "fashion_mnist": AugmentationRecipe(padding=4, flip=True),
    "cifar10": AugmentationRecipe(padding=4, flip=True),
    "cifar100": AugmentationRecipe(padding=4, flip=True),
}


def recipe_for(name: str, image_size: int) -> AugmentationRecipe:
    """The recipe of a data set; an unknown one is cropped by 1/8 of its size (4 at most), not flipped.

    Args:
        name: the data set's name.
        image_size: the smaller of height and width, in pixels.

    Returns:
        The row of ``AUGMENTATION_RECIPES``, or the one for unknown data.

    >>> recipe_for("cifar10", 32), recipe_for("npz", 16)
    (AugmentationRecipe(padding=4, flip=True), AugmentationRecipe(padding=2, flip=False))
    """
    unknown = AugmentationRecipe(padding=max(1, min(4, image_size // 8)), flip=False)
    return AUGMENTATION_RECIPES.get(name, unknown)


def random_crop(
    images: Tensor, generator: torch.Generator, *, padding: int = 4, border: Tensor | None = None
) -> Tensor:
    """Shift every image by its own random offset in -padding..padding along both axes; size is kept.

    Args:
        images: (B, C, H, W), any device.
        generator: CPU generator; the draws do not depend on the images' device.
        padding: greatest shift in pixels.
        border: (C, 1, 1) value of the pixels that come in from outside; None for 0. Give the normalised value
            of black for normalised images.

    Returns:
        (B, C, H, W) images, a new tensor.

    >>> generator = torch.Generator().manual_seed(0)
    >>> random_crop(torch.ones(1, 1, 2, 2), generator, padding=0).squeeze()
    tensor([[1., 1.], [1., 1.]])
    """
    n, n_channels, height, width = images.shape
    padded = images.new_zeros(n, n_channels, height + 2 * padding, width + 2 * padding)
    if border is not None:
        padded += border.to(padded)  # torch's own padding knows no border value a channel
    padded[:, :, padding : padding + height, padding : padding + width] = images
    top, left = torch.randint(0, 2 * padding + 1, (2, n), generator=generator).to(images.device)
    # a view of all crops (B, C, 2·padding + 1, 2·padding + 1, H, W), of which one a sample is copied
    windows = padded.unfold(2, height, 1).unfold(3, width, 1)
    return windows[torch.arange(n, device=images.device), :, top, left]


def random_flip(images: Tensor, generator: torch.Generator) -> Tensor:
    """Mirror every image left to right with probability 1/2, each by its own draw.

    Args:
        images: (B, C, H, W), any device.
        generator: CPU generator; the draws do not depend on the images' device.

    Returns:
        (B, C, H, W) images, a new tensor.

    >>> flipped = random_flip(torch.tensor([[[[1.0, 2.0]]]]), torch.Generator().manual_seed(0))
    >>> flipped.sum()
    tensor(3.)
    """
    mirrored = torch.rand(len(images), generator=generator).to(images.device) < 0.5
    return torch.where(mirrored[:, None, None, None], images.flip(3), images)
