"""Networks: plain and residual twins of one block, a vision transformer, and those of torchvision and timm."""

from __future__ import annotations

from geodl.networks.block import Block
from geodl.networks.cnn import CNN
from geodl.networks.configured import build_configured
from geodl.networks.evaluation_mode import evaluation_mode
from geodl.networks.foreign import build_foreign, check_foreign_name
from geodl.networks.layers import ACTIVATIONS, NORMS
from geodl.networks.mlp import MLP
from geodl.networks.network import Network
from geodl.networks.parameters import count_parameters, split_parameters, weight_matrices
from geodl.networks.parts import ORDERS
from geodl.networks.registry import NETWORKS, build_network
from geodl.networks.vit import ViT

__all__ = [
    "NETWORKS",
    "build_configured",
    "build_foreign",
    "build_network",
    "check_foreign_name",
    "Network",
    "MLP",
    "CNN",
    "ViT",
    "Block",
    "ACTIVATIONS",
    "NORMS",
    "ORDERS",
    "count_parameters",
    "split_parameters",
    "weight_matrices",
    "evaluation_mode",
]
