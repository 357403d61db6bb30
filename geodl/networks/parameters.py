"""Which parameters are weights: what decay acts on and what the action of a track is compared with."""

from __future__ import annotations

from torch import nn
from torch.nn.modules.conv import _ConvNd
from torch.nn.parameter import Parameter

WEIGHT_LAYERS = (nn.Linear, _ConvNd)
_PROJECTIONS = ("in_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight")  # of torch's attention


def weight_matrices(network: nn.Module) -> list[tuple[str, Parameter]]:
    """List the weight matrices and kernels W^l, whose sum of squares bounds the action of a track.

    Args:
        network: any module.

    Returns:
        Name and parameter of the weight of each linear or convolutional layer and of each projection of
        `torch.nn.MultiheadAttention` (whose queries, keys and values are bare parameters), in the order of
        construction, each once even if layers share it.

    Example:
        >>> network = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))
        >>> [(name, tuple(weight.shape)) for name, weight in weight_matrices(network)]
        [('0.weight', (3, 2)), ('2.weight', (1, 3))]
    """
    found: dict[int, tuple[str, Parameter]] = {}
    for name, module in network.named_modules():
        if isinstance(module, WEIGHT_LAYERS):
            keys: tuple[str, ...] = ("weight",)
        elif isinstance(module, nn.MultiheadAttention):
            keys = _PROJECTIONS
        else:
            continue
        for key in keys:
            weight = getattr(module, key)
            if isinstance(weight, Parameter):
                found.setdefault(id(weight), (f"{name}.{key}" if name else key, weight))
    return list(found.values())


def split_parameters(network: nn.Module) -> tuple[list[Parameter], list[Parameter]]:
    """Split the parameters into weights and the rest, the usual groups with and without weight decay.

    Args:
        network: any module.

    Returns:
        The weight matrices and kernels (see `weight_matrices`); all other parameters (biases, scale and shift of
        norms, embeddings, class tokens, positions). Together they are ``network.parameters()``, each once.

    Example:
        >>> weights, rest = split_parameters(nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)))
        >>> len(weights), len(rest)
        (1, 3)
    """
    weights = [weight for _, weight in weight_matrices(network)]
    known = {id(weight) for weight in weights}
    return weights, [parameter for parameter in network.parameters() if id(parameter) not in known]


def count_parameters(network: nn.Module) -> int:
    """Count the trainable scalars.

    Args:
        network: any module.

    Returns:
        Their number, shared ones once.

    Example:
        >>> count_parameters(nn.Linear(2, 3))
        9
    """
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)
