"""Data sets as LightningDataModules, and the probe sets whose tracks are read.

``build_datamodule("mnist5k")`` makes the data module of any data set by name. Every loader in ``DATASETS``
returns checked ``Arrays``; ``GeodlDataModule`` turns them into normalised tensors in memory, described by a
``DataSpec``, and draws ``ProbeSet``s from them. A loader of one's own is any function that returns
``Arrays``::

    datamodule = GeodlDataModule(lambda: Arrays("mine", x_train, y_train, x_test, y_test, n_classes=10))
"""

from __future__ import annotations

from geodl.data.arrays import Arrays
from geodl.data.module import GeodlDataModule
from geodl.data.probe import ProbeSet, draw_probe
from geodl.data.registry import DATASETS, build_datamodule
from geodl.data.spec import DataSpec

__all__ = ["DATASETS", "Arrays", "DataSpec", "GeodlDataModule", "ProbeSet", "build_datamodule", "draw_probe"]
