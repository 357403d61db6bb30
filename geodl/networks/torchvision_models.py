"""torchvision's classifiers by name, untrained, for images of any size and number of channels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from geodl.errors import ConfigError
from geodl.networks.stems import adapt_channels, check_patches, patches, small_convolution

AUXILIARY = ("googlenet", "inception_v3")
"""Models that return more than the logits in training."""


def torchvision_names() -> list[str]:
    """List the classifiers of the installed torchvision.

    Returns:
        Their names, sorted.
    """
    from torchvision import models

    return sorted(models.list_models(module=models))


def build_torchvision(
    name: str, input_shape: Sequence[int], n_classes: int, *, stem: str, patch_size: int | None
) -> nn.Module:
    """Build one of torchvision's classifiers with freshly drawn parameters.

    Args:
        name: one of `torchvision_names`.
        input_shape: (channels, height, width).
        n_classes: number of logits.
        stem: ``cifar`` for small images, ``imagenet`` for the published stem.
        patch_size: side of a patch with ``stem=cifar``, for models that cut patches; None for the usual one.

    Returns:
        torchvision's own module.

    Raises:
        ConfigError: the stem or the patch size is not defined for the model or does not fit the images.
    """
    from torchvision import models

    kind = _kind(name)
    if stem == "cifar" and kind not in _SMALL_STEMS:
        fitting = ", ".join(other for other in torchvision_names() if _kind(other) in _SMALL_STEMS)
        raise ConfigError(
            f"network.stem: expected imagenet for torchvision/{name}, for which there is no stem for small images, "
            f"found cifar; it is defined for {fitting}"
        )
    n_channels, *image = input_shape
    options: dict[str, Any] = {}
    if kind == "vision_transformer" and stem == "imagenet":
        _check_square(name, image)
        size = int(name.rsplit("_", 1)[-1])
        check_patches(f"torchvision/{name} with network.stem=imagenet", image, size)
        options["image_size"] = image[0]
    network: nn.Module = models.get_model(name, weights=None, num_classes=n_classes, **options)
    if stem == "cifar":
        if patch_size is not None and kind not in _USUAL_PATCH:
            raise ConfigError(
                f"network.patch_size: expected null for torchvision/{name}, which cuts no patches, found {patch_size}"
            )
        size = patch_size or _USUAL_PATCH.get(kind, 0)
        if size:
            check_patches(f"torchvision/{name}", image, size)
        if kind == "vision_transformer":
            _check_square(name, image)
        _SMALL_STEMS[kind](network, n_channels, image[0], size)
    else:
        adapt_channels(network, n_channels)
    return network


def _kind(name: str) -> str:
    # The file of torchvision.models that the architecture comes from.
    from torchvision import models

    return str(models.get_model_builder(name).__module__).rsplit(".", 1)[-1]


def _check_square(name: str, image: Sequence[int]) -> None:
    if image[0] != image[1]:
        raise ConfigError(
            f"network.name: expected a model for images of {image[0]} x {image[1]} pixels, found {name}, which takes "
            "square ones only; choose network=vit or a convolutional model"
        )


def _resnet(network: Any, n_channels: int, side: int, size: int) -> None:  # noqa: ARG001 - one signature for all stems
    network.conv1 = small_convolution(n_channels, network.conv1.out_channels)
    network.maxpool = nn.Identity()


def _stride_one(network: Any, n_channels: int, side: int, size: int) -> None:  # noqa: ARG001
    adapt_channels(network, n_channels)
    first = next(module for module in network.modules() if isinstance(module, nn.Conv2d))
    first.stride = (1, 1)


def _shufflenet(network: Any, n_channels: int, side: int, size: int) -> None:
    _stride_one(network, n_channels, side, size)
    network.maxpool = nn.Identity()


def _densenet(network: Any, n_channels: int, side: int, size: int) -> None:  # noqa: ARG001
    network.features.conv0 = small_convolution(n_channels, network.features.conv0.out_channels)
    network.features.pool0 = nn.Identity()


def _patches_first(network: Any, n_channels: int, side: int, size: int) -> None:  # noqa: ARG001
    network.features[0][0] = patches(n_channels, network.features[0][0].out_channels, size)


def _vision_transformer(network: Any, n_channels: int, side: int, size: int) -> None:
    width = network.hidden_dim
    network.conv_proj = patches(n_channels, width, size)
    network.image_size, network.patch_size = side, size
    network.seq_length = (side // size) ** 2 + 1
    network.encoder.pos_embedding = nn.Parameter(0.02 * torch.randn(1, network.seq_length, width))


_SMALL_STEMS: dict[str, Callable[[Any, int, int, int], None]] = {
    "resnet": _resnet,
    "mobilenetv2": _stride_one,
    "mobilenetv3": _stride_one,
    "efficientnet": _stride_one,
    "mnasnet": _stride_one,
    "regnet": _stride_one,
    "shufflenetv2": _shufflenet,
    "densenet": _densenet,
    "convnext": _patches_first,
    "swin_transformer": _patches_first,
    "vision_transformer": _vision_transformer,
}
_USUAL_PATCH = {"convnext": 2, "swin_transformer": 2, "vision_transformer": 4}
