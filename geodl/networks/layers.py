"""The layers that networks are built of: an affine map, a normalisation, an activation."""

from __future__ import annotations

from typing import Literal

from torch import nn

from geodl.networks.choice import check_choice

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "tanh": nn.Tanh,
}
NORMS = ("batch", "layer", "none")


class Layers:
    """Makes the layers of one network, so that every part of it uses the same norm and activation.

    On vectors (n, d) the affine map is `Linear`; on maps (n, C, H, W) it is a 3 x 3 convolution with padding 1.
    It has a bias only where ``norm`` is "none": norms bring a shift of their own. No activation works in place:
    it would overwrite the state that a read-out has just handed out.

    Args:
        domain: "vector" or "map".
        norm: "batch" (Ioffe & Szegedy 2015), "layer" (Ba et al. 2016; on maps `GroupNorm` with one group:
            mean and variance over channels and pixels of a sample, scale and shift per channel) or "none".
        activation: a key of `ACTIVATIONS`.

    Example:
        >>> layers = Layers("vector", norm="layer", activation="relu")
        >>> layers.affine(3, 2)
        Linear(in_features=3, out_features=2, bias=False)
        >>> layers.norm(2)
        {'norm': LayerNorm((2,), eps=1e-05, elementwise_affine=True, bias=True)}
    """

    def __init__(self, domain: Literal["vector", "map"], *, norm: str, activation: str) -> None:
        self.domain = domain
        self.norm_name = check_choice("network.norm", norm, NORMS)
        self.activation_name = check_choice("network.activation", activation, ACTIVATIONS)

    def affine(self, n_in: int, n_out: int, stride: int = 1) -> nn.Module:
        """Make the affine map.

        Args:
            n_in: features or channels of the input.
            n_out: features or channels of the output.
            stride: of the convolution; without meaning on vectors.

        Returns:
            `Linear` on vectors, a 3 x 3 `Conv2d` on maps.
        """
        bias = self.norm_name == "none"
        if self.domain == "vector":
            return nn.Linear(n_in, n_out, bias=bias)
        return nn.Conv2d(n_in, n_out, kernel_size=3, stride=stride, padding=1, bias=bias)

    def norm(self, features: int, suffix: str = "") -> dict[str, nn.Module]:
        """Make the normalisation, under the name that it gets in its parent.

        Args:
            features: features or channels.
            suffix: appended to the name "norm".

        Returns:
            A dictionary with one entry, or an empty one where ``norm`` is "none".
        """
        if self.norm_name == "none":
            return {}
        name = f"norm{suffix}"
        if self.norm_name == "batch":
            return {name: nn.BatchNorm1d(features) if self.domain == "vector" else nn.BatchNorm2d(features)}
        return {name: nn.LayerNorm(features) if self.domain == "vector" else nn.GroupNorm(1, features)}

    def activation(self) -> nn.Module:
        """Make the activation.

        Returns:
            A new module that leaves its input as it is.
        """
        return ACTIVATIONS[self.activation_name]()
