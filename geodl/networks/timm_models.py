"""timm's classifiers by name, untrained, for images of any size and number of channels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch import nn

from geodl.errors import ConfigError
from geodl.extras import require
from geodl.networks.stems import check_patches, patches, small_convolution

_SPACE = 12  # names of a kind that a message lists at most


def timm_names() -> list[str]:
    """List the classifiers of the installed timm.

    Returns:
        Their names without the tags of trained weights, sorted.
    """
    return sorted(_timm().list_models())


def build_timm(
    name: str, input_shape: Sequence[int], n_classes: int, *, stem: str, patch_size: int | None
) -> nn.Module:
    """Build one of timm's classifiers with freshly drawn parameters.

    Args:
        name: one of `timm_names`.
        input_shape: (channels, height, width).
        n_classes: number of logits.
        stem: ``cifar`` for small images, ``imagenet`` for the published stem.
        patch_size: side of a patch with ``stem=cifar``, for models that cut patches; None for the usual one.

    Returns:
        timm's own module.

    Raises:
        ConfigError: the stem or the patch size is not defined for the model or does not fit the images.
    """
    timm = _timm()
    n_channels, *image = input_shape
    kind = _kind(name)
    options: dict[str, Any] = {"pretrained": False, "num_classes": n_classes, "in_chans": n_channels}
    if stem == "imagenet":
        if timm.get_pretrained_cfg(name, allow_unregistered=True).fixed_input_size:
            options["img_size"] = tuple(image)  # else the model would refuse every size but its own
        network: nn.Module = timm.create_model(name, **options)
        return network
    if kind not in _USUAL_PATCH and kind not in _SMALL_STEMS:
        raise ConfigError(_no_small_stem(name))
    if kind in _USUAL_PATCH:
        size = patch_size or _USUAL_PATCH[kind]
        check_patches(f"timm/{name}", image, size)
        if kind != "convnext":
            return timm.create_model(name, img_size=tuple(image), patch_size=size, **options)  # type: ignore[no-any-return]
        network = timm.create_model(name, **options)
        first: Any = network.get_submodule("stem.0") if "stem.0" in dict(network.named_modules()) else None
        if not isinstance(first, nn.Conv2d) or first.kernel_size != first.stride:
            raise ConfigError(_no_small_stem(name))  # its stem overlaps
        network.set_submodule("stem.0", patches(n_channels, first.out_channels, size))
        return network
    if patch_size is not None:
        raise ConfigError(
            f"network.patch_size: expected null for timm/{name}, which cuts no patches, found {patch_size}"
        )
    network = timm.create_model(name, **options)
    _SMALL_STEMS[kind](network, n_channels)
    return network


def _timm() -> Any:
    return require("timm", extra="timm", for_what="network=timm")


def _kind(name: str) -> str:
    # The file of timm.models that the architecture comes from.
    return str(_timm().model_entrypoint(name).__module__).rsplit(".", 1)[-1]


def _no_small_stem(name: str) -> str:
    timm = _timm()
    listed = []
    for kind in (*_USUAL_PATCH, *_SMALL_STEMS):
        names = sorted(timm.list_models(module=kind))
        listed.append(", ".join(names[:_SPACE]) + (f" and {len(names) - _SPACE} more" if len(names) > _SPACE else ""))
    return (
        f"network.stem: expected imagenet for timm/{name}, for which there is no stem for small images, found cifar; "
        f"it is defined for {'; '.join(listed)}"
    )


def _resnet(network: Any, n_channels: int) -> None:
    network.conv1 = small_convolution(n_channels, network.bn1.num_features)
    network.maxpool = nn.Identity()


def _conv_stem(network: Any, n_channels: int) -> None:  # noqa: ARG001 - one signature for all stems
    network.conv_stem.stride = (1, 1)


def _regnet(network: Any, n_channels: int) -> None:  # noqa: ARG001
    network.stem.conv.stride = (1, 1)


def _densenet(network: Any, n_channels: int) -> None:
    network.features.conv0 = small_convolution(n_channels, network.features.norm0.num_features)
    network.features.pool0 = nn.Identity()


_SMALL_STEMS: dict[str, Callable[[Any, int], None]] = {
    "resnet": _resnet,
    "efficientnet": _conv_stem,
    "mobilenetv3": _conv_stem,
    "regnet": _regnet,
    "densenet": _densenet,
}
_USUAL_PATCH = {
    "vision_transformer": 4,
    "deit": 4,
    "eva": 4,
    "beit": 4,
    "swin_transformer": 2,
    "swin_transformer_v2": 2,
    "convnext": 2,
}
