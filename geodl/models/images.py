"""Fitting images to a model that was not made for them: nothing happens that was not asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from geodl.errors import ConfigError
from geodl.models.samples import Samples

FOREIGN_SCALE = (
    "images are normalised by their own data set, not as the weights were trained (model.normalize=weights does that)"
)
"""Note on a model whose weights met other images than they pass through it now."""


def fit_images(
    samples: Samples, options: Mapping[str, Any], *, mean_std: tuple[Sequence[float], Sequence[float]] | None = None
) -> tuple[Tensor, list[str]]:
    """Normalise, resize and repeat channels as the ``model`` group says.

    Args:
        samples: Images or vectors.
        options: The ``model`` group: image_size, channels.
        mean_std: Mean and standard deviation by channel that the weights were trained with, to be applied to pixels in
            [0, 1]; None leaves the values as the data set gives them.

    Returns:
        The samples, (n, C, H, W) or (n, d), and what was done to them, one sentence each.

    Raises:
        ConfigError: An option for images is given for vectors or sentences, or more channels than one are to be
            repeated.
    """
    x = samples.x
    notes: list[str] = []
    size, repeats = options["image_size"], options["channels"] == "repeat"
    if x is None or not samples.is_image:
        wanted = "model.image_size" if size is not None else "model.channels" if repeats else ""
        if wanted or mean_std is not None:
            raise ConfigError(
                f"{wanted or 'model.normalize'}: expected images, found {samples}; leave {wanted or 'it'} out"
            )
        assert x is not None, "sentences are tokenised, not fitted"
        return x, notes
    if repeats:
        if x.shape[1] != 1:
            raise ConfigError(
                f"model.channels: expected keep for images of {x.shape[1]} channels, found repeat, which is for grey "
                "images; set model.channels=keep"
            )
        x = x.expand(-1, 3, -1, -1)
        notes.append("grey images are repeated over three channels")
    if mean_std is not None:
        mean, std = (torch.tensor(list(values), dtype=x.dtype).reshape(-1, 1, 1) for values in mean_std)
        x = (x - mean) / std
        notes.append("images are normalised as the weights were trained: mean and deviation of their own by channel")
    if size is not None and tuple(x.shape[2:]) != (size, size):
        from torchvision.transforms.v2 import functional  # half a second that only resizing needs

        notes.append(f"images are resized from {x.shape[2]}x{x.shape[3]} to {size}x{size} pixels, bilinearly")
        x = functional.resize(x.contiguous(), [size, size], antialias=True)
    return x.contiguous(), notes


def check_patches(size: int, patch: Any, samples: Samples | None, label: str) -> None:
    """Refuse images that patches do not cover: the rest would be left out in silence.

    Args:
        size: Pixels a side of the images.
        patch: Pixels a side of a patch, one number or two; None where the model has none.
        samples: What the images were, for the message.
        label: The model's name, for the message.

    Raises:
        ConfigError: A rest is left.

    >>> check_patches(32, (16, 16), None, "vit"), check_patches(30, None, None, "resnet")
    (None, None)
    """
    sides = tuple(patch) if isinstance(patch, list | tuple) else (patch,)
    if any(isinstance(side, int) and size % side for side in sides):
        raise ConfigError(
            f"model.image_size: expected images whose side is a multiple of {sides[0]} pixels, the patches of {label}, "
            f"found {size} ({samples}); set model.image_size={max(1, round(size / sides[0])) * sides[0]} or another "
            "multiple"
        )


def check_channels(model: nn.Module, inputs: Tensor, samples: Samples, label: str) -> None:
    """Refuse images whose channels the model's first convolution does not take.

    Args:
        model: The model.
        inputs: The samples as fitted.
        samples: What they were, for the message.
        label: The model's name, for the message.

    Raises:
        ConfigError: The channels differ, or there is a convolution and the samples are vectors.
    """
    first = next(
        ((name, module) for name, module in model.named_modules() if isinstance(module, nn.Conv2d)), (None, None)
    )
    name, convolution = first
    if convolution is None or (convolution.in_channels == inputs.shape[1] and inputs.ndim == 4):
        return
    if inputs.ndim != 4:
        raise ConfigError(
            f"data: expected images for {label}, whose first layer {name} is a convolution of "
            f"{convolution.in_channels} channels, found {samples}; choose a data set of images"
        )
    fix = (
        "set model.channels=repeat to repeat the grey images over three channels"
        if inputs.shape[1] == 1 and convolution.in_channels == 3
        else "choose data with as many channels"
    )
    raise ConfigError(
        f"model.channels: expected images of {convolution.in_channels} channels for {label} (its first layer, {name}), "
        f"found {samples}; {fix}"
    )
