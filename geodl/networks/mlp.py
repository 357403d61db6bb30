"""Fully connected networks whose states have one width."""

from __future__ import annotations

import math
from collections.abc import Sequence

from geodl.networks.choice import check_choice, check_whole_number
from geodl.networks.layers import Layers
from geodl.networks.network import Network
from geodl.networks.parts import ORDERS, build_block, build_head, build_stem


class MLP(Network):
    """``depth`` blocks of two linear layers each, all of one width, so that the whole network is one leg.

    Args:
        input_shape: shape of one sample; it is flattened.
        n_classes: number of logits.
        depth: number of blocks L.
        width: features of every state.
        skip: True for the residual network, False for its plain twin.
        norm: "batch", "layer" or "none".
        activation: a key of `geodl.networks.layers.ACTIVATIONS`.
        order: "pre" or "post", see `geodl.networks.parts`.
        residual_scale: factor of the branch in residual blocks.
        hidden: features inside a block, between its two linear layers; None: the width. States of two features, which
            can be drawn as they are, need more of them inside: a block of hidden width two bends the plane too little.

    Example:
        >>> print(MLP((1, 8, 8), 10, depth=2, width=16, skip=True).describe())
        resnet MLP: 2,378 parameters, 2 blocks, legs: 1
        read-out  shape  leg
        stem      16     0
        blocks.0  16     0
        blocks.1  16     0
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
        hidden: int | None = None,
    ) -> None:
        check_whole_number("network.depth", depth, at_least=1)
        check_whole_number("network.width", width, at_least=1)
        if hidden is not None:
            check_whole_number("network.hidden", hidden, at_least=1)
        check_choice("network.order", order, ORDERS)
        layers = Layers("vector", norm=norm, activation=activation)
        super().__init__(
            input_shape=input_shape,
            n_classes=n_classes,
            family="resnet" if skip else "plain",
            stem=build_stem(layers, math.prod(input_shape), width, order=order),
            blocks=[
                build_block(layers, width, width, skip=skip, order=order, residual_scale=residual_scale, hidden=hidden)
                for _ in range(depth)
            ],
            head=build_head(layers, width, n_classes, order=order),
        )
