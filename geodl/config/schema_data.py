"""Schemas of the ``data`` group: what all data sets understand, and what only some do."""

from __future__ import annotations

from dataclasses import dataclass

from omegaconf import MISSING


@dataclass
class DataConf:
    """What every data set understands."""

    name: str = MISSING
    batch_size: int = 64
    n_train: int | None = None
    subset_seed: int = 0
    label_noise: float = 0.0
    noise_seed: int = 0
    normalize: str = "channel"
    augment: bool = False
    drop_last: bool = True


@dataclass
class SplitDataConf(DataConf):
    """A data set shipped in one piece and split here (``mnist5k``, ``digits``)."""

    test_fraction: float = 0.2
    split_seed: int = 0


@dataclass
class SyntheticDataConf(DataConf):
    """Points drawn from a formula (``blobs``, ``spirals``, ``rings``)."""

    n_test: int = 1000
    dim: int = 2
    n_classes: int = 2
    noise: float = 0.05
    draw_seed: int = 0


@dataclass
class SpiralsDataConf(SyntheticDataConf):
    """Spiral arms."""

    turns: float = 1.0


@dataclass
class TorchvisionDataConf(DataConf):
    """A data set that torchvision downloads on first use."""

    root: str = MISSING
    download: bool = True


@dataclass
class NpzDataConf(DataConf):
    """A user's own file."""

    path: str = MISSING
    layout: str = "auto"
