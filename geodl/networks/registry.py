"""Networks by name, as a configuration file names them."""

from __future__ import annotations

from collections.abc import Sequence

from geodl.errors import ConfigError
from geodl.networks.choice import check_choice
from geodl.networks.cnn import CNN
from geodl.networks.mlp import MLP
from geodl.networks.network import Network

NETWORKS: dict[str, tuple[type[MLP] | type[CNN], bool]] = {
    "plain_mlp": (MLP, False),
    "resnet_mlp": (MLP, True),
    "plain_cnn": (CNN, False),
    "resnet_cnn": (CNN, True),
}
"""Class and skip connection by name."""


def build_network(
    name: str,
    input_shape: Sequence[int],
    n_classes: int,
    *,
    depth: int,
    width: int,
    norm: str = "batch",
    activation: str = "relu",
    order: str = "pre",
    residual_scale: float = 1.0,
    stages: int | None = None,
    stem_stride: int | None = None,
    hidden: int | None = None,
) -> Network:
    """Build a network by name, with freshly drawn parameters (seed torch before).

    Args:
        name: a key of `NETWORKS`.
        input_shape: shape of one sample.
        n_classes: number of logits.
        depth: number of blocks; of a CNN, per stage.
        width: features of every state; of a CNN, channels of the first stage.
        norm: "batch", "layer" or "none".
        activation: a key of `geodl.networks.layers.ACTIVATIONS`.
        order: "pre" or "post", see `geodl.networks.parts`.
        residual_scale: factor of the branch in residual networks; 1.0 in plain ones.
        stages: of a CNN, None for 3; None for an MLP.
        stem_stride: of a CNN, None for 1; None for an MLP.
        hidden: of an MLP, features inside a block, None for the width; None for a CNN.

    Returns:
        The network, on the CPU, in train mode.

    Raises:
        ConfigError: an option of CNNs was given for an MLP, or one of MLPs for a CNN. (Unknown names and sizes out of
            range raise it too, below.)

    Example:
        >>> build_network("plain_mlp", (2,), 2, depth=1, width=4).n_parameters
        74
    """
    check_choice("network.name", name, NETWORKS)
    network_class, skip = NETWORKS[name]
    image_options = {"stages": stages, "stem_stride": stem_stride}
    options = {key: value for key, value in {**image_options, "hidden": hidden}.items() if value is not None}
    for option, value in options.items():
        if network_class is MLP and option in image_options:
            raise ConfigError(
                f"network.{option}: expected nothing for {name}, which has no stages, found {value!r}; leave "
                "it out or choose a CNN"
            )
        if network_class is CNN and option not in image_options:
            raise ConfigError(
                f"network.{option}: expected nothing for {name}, whose blocks have the width of their stage inside, "
                f"found {value!r}; leave it out or choose an MLP"
            )
    return network_class(
        input_shape,
        n_classes,
        depth=depth,
        width=width,
        skip=skip,
        norm=norm,
        activation=activation,
        order=order,
        residual_scale=residual_scale,
        **options,
    )
