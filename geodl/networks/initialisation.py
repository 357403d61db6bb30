"""Initial parameters, the same rule for every network and both families."""

from __future__ import annotations

from torch import nn

from geodl.networks.parameters import WEIGHT_LAYERS


def initialise(network: nn.Module) -> None:
    """Draw the initial parameters in place.

    Weight matrices and kernels: normal with mean 0 and variance 2 / fan_in. Their biases: 0. Norms: scale 1,
    shift 0; the last norm of a residual branch is *not* started at 0, which would put the untrained residual
    network on a perfect geodesic (all steps zero) and spoil the comparison at epoch 0. The draws depend on
    the shapes alone, so a plain and a residual network of one seed start from the same numbers.

    Args:
        network: any module; layers of other kinds keep what they have.

    References:
        He et al. 2015, "Delving Deep into Rectifiers", equation 10, arXiv 1502.01852.
    """
    for module in network.modules():
        if isinstance(module, WEIGHT_LAYERS):
            nn.init.kaiming_normal_(module.weight, mode="fan_in", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
