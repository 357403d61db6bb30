"""Convolutional networks in the CIFAR style of He et al., and their isotropic form."""

from __future__ import annotations

from collections.abc import Sequence

from geodl.errors import ConfigError
from geodl.networks.choice import check_choice, check_whole_number
from geodl.networks.layers import Layers
from geodl.networks.network import Network
from geodl.networks.parts import ORDERS, build_block, build_head, build_stem


class CNN(Network):
    """Stages of ``depth`` blocks of two 3 x 3 convolutions; each new stage halves the image, doubles width.

    Three stages are the CIFAR networks of He et al.: depth 3, width 16, order "post" is their ResNet-20 (6 *
    depth + 2 layers). The states of a stage are one leg, and the stem belongs to the first. One stage is the
    isotropic network: all states have one shape, and the whole network is one leg.

    Args:
        input_shape: (channels, height, width) of one image.
        n_classes: number of logits.
        depth: blocks per stage.
        width: channels of the first stage; stage k has 2^k times as many.
        skip: True for the residual network, False for its plain twin.
        norm: "batch", "layer" (one group per sample) or "none".
        activation: a key of `geodl.networks.layers.ACTIVATIONS`.
        order: "pre" or "post", see `geodl.networks.parts`.
        residual_scale: factor of the branch in residual blocks.
        stages: number of stages.
        stem_stride: stride of the stem's convolution, 2 to quarter the cost of everything after it.

    Raises:
        ConfigError: the data are not images, or too small for the stages.

    References:
        He et al. 2016, section 4.2, arXiv 1512.03385.

    Example:
        >>> network = CNN((3, 32, 32), 10, depth=3, width=16, skip=True, order="post")
        >>> f"{network.n_parameters:,}"
        '269,722'
        >>> print(CNN((1, 8, 8), 10, depth=1, width=4, skip=False, stages=2).describe())
        plain CNN: 1,334 parameters, 2 blocks, legs: 2
        read-out  shape      leg
        stem      4 x 8 x 8  0
        blocks.0  4 x 8 x 8  0
        blocks.1  8 x 4 x 4  1
    """

    def __init__(
        self,
        input_shape: Sequence[int],
        n_classes: int,
        *,
        depth: int,
        width: int,
        skip: bool,
        norm: str = "batch",
        activation: str = "relu",
        order: str = "pre",
        residual_scale: float = 1.0,
        stages: int = 3,
        stem_stride: int = 1,
    ) -> None:
        check_whole_number("network.depth", depth, at_least=1)
        check_whole_number("network.width", width, at_least=1)
        check_whole_number("network.stages", stages, at_least=1)
        check_whole_number("network.stem_stride", stem_stride, at_least=1)
        check_choice("network.order", order, ORDERS)
        if len(input_shape) != 3:
            raise ConfigError(
                f"network: expected images (channels, height, width) for a CNN, found samples of shape "
                f"{tuple(input_shape)}; choose plain_mlp or resnet_mlp for these data"
            )
        n_channels, *image = input_shape
        smallest = 2 ** (stages - 1)
        after_stem = [-(-size // stem_stride) for size in image]
        if min(after_stem) < smallest:
            raise ConfigError(
                f"network.stages: expected images of at least {smallest} x {smallest} pixels after the "
                f"stem for {stages} stages, found {after_stem[0]} x {after_stem[1]} (data "
                f"{image[0]} x {image[1]}, stem stride {stem_stride}); lower network.stages or "
                "network.stem_stride"
            )
        layers = Layers("map", norm=norm, activation=activation)
        blocks = []
        n_in = width
        for stage in range(stages):
            for index in range(depth):
                n_out = width * 2**stage
                stride = 2 if stage > 0 and index == 0 else 1
                block = build_block(
                    layers, n_in, n_out, skip=skip, order=order, residual_scale=residual_scale, stride=stride
                )
                blocks.append(block)
                n_in = n_out
        super().__init__(
            input_shape=input_shape,
            n_classes=n_classes,
            family="resnet" if skip else "plain",
            stem=build_stem(layers, n_channels, width, order=order, stride=stem_stride),
            blocks=blocks,
            head=build_head(layers, n_in, n_classes, order=order),
        )
