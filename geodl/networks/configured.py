"""A network from the ``network`` group of a configuration, whichever library it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import nn

from geodl.networks.foreign import build_foreign
from geodl.networks.registry import build_network
from geodl.networks.vit import ViT


def build_configured(options: Mapping[str, Any], input_shape: Sequence[int], n_classes: int) -> nn.Module:
    """Build the network that a configuration names (seed torch before).

    Args:
        options: the resolved ``network`` group: name, family, for other people's models library, and the options of
            the builder.
        input_shape: shape of one sample.
        n_classes: number of logits.

    Returns:
        The network, on the CPU, in train mode.

    Example:
        >>> build_configured({"name": "resnet_mlp", "family": "resnet", "depth": 1, "width": 4}, (2,), 2).family
        'resnet'
    """
    arguments = {key: value for key, value in options.items() if key not in ("name", "family", "library")}
    library = options.get("library")
    if library is not None:
        return build_foreign(library, options["name"], input_shape, n_classes, **arguments)
    if options["name"] == "vit":
        return ViT(input_shape, n_classes, **arguments)
    return build_network(options["name"], input_shape, n_classes, **arguments)
