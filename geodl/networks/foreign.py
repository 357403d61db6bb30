"""Classifiers of torchvision and timm, trained in the same runs as our own networks."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from geodl.errors import ConfigError
from geodl.networks.choice import check_choice, check_whole_number
from geodl.networks.timm_models import build_timm, timm_names
from geodl.networks.torchvision_models import AUXILIARY, build_torchvision, torchvision_names
from geodl.networks.weights import load_weights

LIBRARIES = {"torchvision": (torchvision_names, build_torchvision), "timm": (timm_names, build_timm)}
"""Names and builder by library."""
STEMS = ("cifar", "imagenet")


def check_foreign_name(library: str, name: str) -> None:
    """Refuse a name that the library does not have, naming the nearest.

    Args:
        library: a key of `LIBRARIES`.
        name: name of the model.

    Raises:
        ConfigError: the library has no such classifier, or it returns more than logits in training.
    """
    check_choice("network.library", library, LIBRARIES)
    names = LIBRARIES[library][0]()
    if library == "torchvision" and name in AUXILIARY:
        raise ConfigError(
            f"network.name: expected a model that returns logits alone in training, found {name}, which returns those "
            "of auxiliary classifiers too; choose another, such as resnet18"
        )
    if name in names:
        return
    bare = name.split(".")[0]
    if bare in names:
        fix = f"write {bare!r}: what follows the point names trained weights, and networks here start untrained"
    else:
        near = difflib.get_close_matches(name, names, n=3)
        fix = f"did you mean {' or '.join(map(repr, near))}?" if near else f"for example {names[0]} or {names[-1]}"
    raise ConfigError(f"network.name: expected one of the {len(names)} classifiers of {library}, found {name!r}; {fix}")


def build_foreign(
    library: str,
    name: str,
    input_shape: Sequence[int],
    n_classes: int,
    *,
    stem: str = "cifar",
    patch_size: int | None = None,
    weights: str | None = None,
) -> nn.Module:
    """Build a classifier of another library, with freshly drawn parameters unless a file has them.

    Nothing is wrapped and nothing downloaded: what comes back is the library's own module, and its tracks are recorded
    as those of any other (`geodl.record_track`).

    Args:
        library: a key of `LIBRARIES`.
        name: name of the model in its library.
        input_shape: (channels, height, width) of one image.
        n_classes: number of logits.
        stem: ``cifar`` (for small images) or ``imagenet`` (as published).
        patch_size: side of a patch with ``stem=cifar``, of models that cut patches; None for 4 (vision transformers)
            or 2 (Swin, ConvNeXt).
        weights: path of a state dict, see `geodl.networks.weights.load_weights`; None for none.

    Returns:
        The network, on the CPU, in train mode.

    Raises:
        ConfigError: the data are not images or do not fit the model, the name or stem does not exist, or the model
            returns anything but logits.

    Example:
        >>> sum(p.numel() for p in build_foreign("torchvision", "resnet18", (3, 32, 32), 10).parameters())
        11173962
    """
    check_foreign_name(library, name)
    check_choice("network.stem", stem, STEMS)
    model = f"{library}/{name}"
    if len(input_shape) != 3:
        raise ConfigError(
            f"network: expected images (channels, height, width) for {model}, found samples of shape "
            f"{tuple(input_shape)}; choose plain_mlp or resnet_mlp for these data"
        )
    if patch_size is not None:
        check_whole_number("network.patch_size", patch_size, at_least=1)
        if stem == "imagenet":
            raise ConfigError(
                f"network.patch_size: expected null with network.stem=imagenet, whose patches are the published ones, "
                f"found {patch_size}; set network.stem=cifar"
            )
    network = LIBRARIES[library][1](name, input_shape, n_classes, stem=stem, patch_size=patch_size)
    _try(network, model, input_shape, n_classes)
    if weights is not None:
        load_weights(network, weights, n_classes=n_classes)
    return network


def _try(network: nn.Module, model: str, input_shape: Sequence[int], n_classes: int) -> None:
    # One pass of two blank images as in training; buffers (running means) and random state are put back.
    buffers = {name: buffer.clone() for name, buffer in network.named_buffers()}
    try:
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            logits = network.train()(torch.zeros(2, *input_shape))
    except (RuntimeError, ValueError, AssertionError, IndexError, TypeError) as error:
        shape = " x ".join(map(str, input_shape))
        raise ConfigError(
            f"network.name: expected a model for images of {shape}, found {model}, which refuses them "
            f"({str(error).splitlines()[0] if str(error) else type(error).__name__}); set network.stem=cifar or "
            "choose another"
        ) from error
    for name, buffer in network.named_buffers():
        buffer.copy_(buffers[name])
    if not isinstance(logits, Tensor) or logits.shape != (2, n_classes):
        found = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
        raise ConfigError(
            f"network.name: expected a model that returns logits (samples, {n_classes}) alone in training, found "
            f"{model}, which returns {found}; choose another"
        )
