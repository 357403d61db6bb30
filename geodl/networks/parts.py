"""Stem, block and head, for vectors and for maps, in the two orders of norm, activation and affine map.

Order "post" (He et al. 2016, arXiv 1512.03385): affine-norm-activation-affine-norm, and the activation after
the addition. Order "pre" (He et al. 2016, arXiv 1603.05027): norm-activation-affine-norm-activation-affine,
and nothing after the addition, so that a residual block is exactly x + f(x).
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Literal

from torch import nn

from geodl.networks.block import Block
from geodl.networks.choice import check_whole_number
from geodl.networks.layers import Layers
from geodl.networks.shortcut import PaddingShortcut

Order = Literal["pre", "post"]
ORDERS = ("pre", "post")


def named_sequence(*parts: dict[str, nn.Module]) -> nn.Sequential:
    """Join dictionaries of modules to one sequence, so that parameters have speaking names.

    Args:
        *parts: modules by name, in order.

    Returns:
        The sequence.
    """
    return nn.Sequential(OrderedDict((name, module) for part in parts for name, module in part.items()))


def build_stem(layers: Layers, n_in: int, n_out: int, *, order: str, stride: int = 1) -> nn.Sequential:
    """Build the map from the data to the first state.

    Order "post": affine-norm-activation. Order "pre": affine alone. On vectors the data are flattened first.

    Args:
        layers: the network's layers.
        n_in: features or channels of the data.
        n_out: features or channels of the first state.
        order: "pre" or "post".
        stride: of the stem's convolution.

    Returns:
        The stem.
    """
    flatten: dict[str, nn.Module] = {"flatten": nn.Flatten()} if layers.domain == "vector" else {}
    affine = {"affine": layers.affine(n_in, n_out, stride)}
    if order == "pre":
        return named_sequence(flatten, affine)
    return named_sequence(flatten, affine, layers.norm(n_out), {"activation": layers.activation()})


def build_branch(
    layers: Layers, n_in: int, n_out: int, *, order: str, stride: int = 1, hidden: int | None = None
) -> nn.Sequential:
    """Build the map f of a block: two affine maps, n_in -> hidden -> n_out, the first with the stride.

    Args:
        layers: the network's layers.
        n_in: features or channels of the state before the block.
        n_out: features or channels of the state after it.
        order: "pre" or "post".
        stride: of the first convolution.
        hidden: features or channels between the affine maps; None: n_out.

    Returns:
        The branch.
    """
    between = n_out if hidden is None else hidden
    affine1 = {"affine1": layers.affine(n_in, between, stride)}
    affine2 = {"affine2": layers.affine(between, n_out)}
    activation1 = {"activation1": layers.activation()}
    if order == "post":
        return named_sequence(affine1, layers.norm(between, "1"), activation1, affine2, layers.norm(n_out, "2"))
    activation2 = {"activation2": layers.activation()}
    return named_sequence(layers.norm(n_in, "1"), activation1, affine1, layers.norm(between, "2"), activation2, affine2)


def build_block(
    layers: Layers,
    n_in: int,
    n_out: int,
    *,
    skip: bool,
    order: str,
    residual_scale: float = 1.0,
    stride: int = 1,
    hidden: int | None = None,
) -> Block:
    """Build one block, the same for both families but for the skip connection.

    Args:
        layers: the network's layers.
        n_in: features or channels of the state before the block.
        n_out: features or channels of the state after it.
        skip: True for a residual block.
        order: "pre" or "post".
        residual_scale: factor of the branch in a residual block.
        stride: of the block.
        hidden: features or channels inside the block; None: n_out.

    Returns:
        The block.
    """
    same_shape = n_in == n_out and stride == 1
    return Block(
        build_branch(layers, n_in, n_out, order=order, stride=stride, hidden=hidden),
        skip=skip,
        scale=residual_scale,
        shortcut=None if same_shape else PaddingShortcut(n_in, n_out, stride),
        activation_after=layers.activation() if order == "post" else None,
    )


def build_head(layers: Layers, n_in: int, n_classes: int, *, order: str) -> nn.Sequential:
    """Build the map from the last state to the logits.

    Order "post": affine. Order "pre": norm-activation-affine. On maps the pixels are averaged before the
    affine map.

    Args:
        layers: the network's layers.
        n_in: features or channels of the last state.
        n_classes: number of logits.
        order: "pre" or "post".

    Returns:
        The head; its affine map is a `Linear` with bias.
    """
    check_whole_number("n_classes", n_classes, at_least=2)
    opening = {} if order == "post" else {**layers.norm(n_in), "activation": layers.activation()}
    pool = {} if layers.domain == "vector" else {"pool": nn.AdaptiveAvgPool2d(1), "flatten": nn.Flatten()}
    return named_sequence(opening, pool, {"affine": nn.Linear(n_in, n_classes)})
