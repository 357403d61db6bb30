"""Stems of other people's models, made to fit small images or another number of channels.

ImageNet stems shrink a picture by four or sixteen before the first block, which leaves nothing of 32 x 32 pixels. The
usual forms for small pictures (He et al. 2016, section 4.2, for ResNets) shrink less and leave everything after the
stem as it is. A new kernel is drawn anew: He et al.'s initialisation by fan-out before a norm and a ReLU, variance
1 / fan-in for patches, as the libraries themselves do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import nn

from geodl.errors import ConfigError


def small_convolution(n_in: int, n_out: int) -> nn.Conv2d:
    """Make the first convolution of a ResNet for small pictures: 3 x 3, stride 1, without bias.

    Args:
        n_in: channels of the pictures.
        n_out: channels of the first state.

    Returns:
        The convolution; it keeps height and width.

    Example:
        >>> small_convolution(1, 4).stride
        (1, 1)
    """
    convolution = nn.Conv2d(n_in, n_out, kernel_size=3, padding=1, bias=False)
    nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="relu")
    return convolution


def patches(n_in: int, n_out: int, size: int) -> nn.Conv2d:
    """Make the linear map of patches to tokens or to the first map: kernel and stride are the patch.

    Args:
        n_in: channels of the pictures.
        n_out: features of a token.
        size: side of a patch in pixels.

    Returns:
        The convolution, with bias.

    Example:
        >>> patches(3, 8, 2).stride
        (2, 2)
    """
    convolution = nn.Conv2d(n_in, n_out, kernel_size=size, stride=size)
    nn.init.trunc_normal_(convolution.weight, std=math.sqrt(1 / (n_in * size**2)))
    if convolution.bias is not None:
        nn.init.zeros_(convolution.bias)
    return convolution


def adapt_channels(network: nn.Module, n_in: int) -> None:
    """Give a network's first convolution another number of input channels, in place; nothing where it fits.

    Args:
        network: a network whose first convolution, in the order of construction, takes the picture.
        n_in: channels of the pictures.

    Example:
        >>> network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 5, 3))
        >>> adapt_channels(network, 1)
        >>> [layer.in_channels for layer in network]
        [1, 4]
    """
    name, old = next((name, module) for name, module in network.named_modules() if isinstance(module, nn.Conv2d))
    if old.in_channels == n_in:
        return
    if old.kernel_size == old.stride:
        new = patches(n_in, old.out_channels, old.kernel_size[0])
    else:
        new = nn.Conv2d(
            n_in,
            old.out_channels,
            kernel_size=old.kernel_size,  # type: ignore[arg-type]  # the stubs want pairs, torch hands out tuples
            stride=old.stride,  # type: ignore[arg-type]
            padding=old.padding,  # type: ignore[arg-type]
            bias=old.bias is not None,
        )
        nn.init.kaiming_normal_(new.weight, mode="fan_out", nonlinearity="relu")
        if new.bias is not None:
            nn.init.zeros_(new.bias)
    network.set_submodule(name, new)


def check_patches(model: str, image: Sequence[int], size: int) -> None:
    """Refuse patches that do not cover the picture.

    Args:
        model: the model as messages name it.
        image: height and width of the pictures.
        size: side of a patch in pixels.

    Raises:
        ConfigError: height or width is no multiple of the patch.
    """
    if any(side % size for side in image):
        common = math.gcd(*image)
        fitting = ", ".join(str(k) for k in range(1, common + 1) if common % k == 0)
        raise ConfigError(
            f"network.patch_size: expected a divisor of height and width of the images, {image[0]} x {image[1]} "
            f"pixels, for {model}, found {size}; choose network.stem=cifar with one of {fitting}"
        )
