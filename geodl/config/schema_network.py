"""Schemas of the ``network`` group: our own networks, and those of other libraries."""

from __future__ import annotations

from dataclasses import dataclass

from omegaconf import MISSING


@dataclass
class NetworkConf:
    """What every network understands."""

    name: str = MISSING
    family: str = MISSING


@dataclass
class TwinConf(NetworkConf):
    """Plain and residual twins, in which only the skip differs."""

    depth: int = 8
    width: int = 128
    norm: str = "batch"
    activation: str = "relu"
    order: str = "pre"
    residual_scale: float = 1.0


@dataclass
class MLPConf(TwinConf):
    """Fully connected twins of constant width."""

    hidden: int | None = None


@dataclass
class CNNConf(TwinConf):
    """Convolutional twins in the CIFAR style, or isotropic with one stage."""

    stages: int = 3
    stem_stride: int = 1


@dataclass
class ViTConf(NetworkConf):
    """A small vision transformer."""

    depth: int = 6
    width: int = 64
    heads: int = 4
    patch_size: int = 4
    mlp_ratio: float = 2.0
    dropout: float = 0.0


@dataclass
class ForeignConf(NetworkConf):
    """A classifier of another library by its name there; depth and width are the architecture's own."""

    library: str = MISSING
    stem: str = "cifar"
    patch_size: int | None = None
    weights: str | None = None
