"""Networks in plain and residual twins: one shared block, so that only the skip connection differs."""

from __future__ import annotations

from geodl.networks.block import Block
from geodl.networks.cnn import CNN
from geodl.networks.evaluation_mode import evaluation_mode
from geodl.networks.layers import ACTIVATIONS, NORMS
from geodl.networks.mlp import MLP
from geodl.networks.network import Network
from geodl.networks.parameters import split_parameters, weight_matrices
from geodl.networks.parts import ORDERS
from geodl.networks.registry import NETWORKS, build_network

__all__ = [
    "NETWORKS",
    "build_network",
    "Network",
    "MLP",
    "CNN",
    "Block",
    "ACTIVATIONS",
    "NORMS",
    "ORDERS",
    "split_parameters",
    "weight_matrices",
    "evaluation_mode",
]
