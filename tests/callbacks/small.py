"""A small run without Hydra: images with augmentation, a network with dropout and batch norm."""

from __future__ import annotations

import numpy as np
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
from torch import nn

from geodl.data import Arrays, GeodlDataModule
from geodl.module import ClassifierModule


class DropoutNetwork(nn.Module):
    """Three states of 8 features; dropout and batch norm, so that a wrong mode or a used generator shows."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Flatten(), nn.LazyLinear(width))
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Linear(width, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Dropout(0.3)) for _ in range(2)
        )
        self.head = nn.Linear(width, 3)

    def forward(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = x + block(x)
        return self.head(x)

    def read_outs(self):
        return ["stem", "blocks.0", "blocks.1"]


def images() -> Arrays:
    rng = np.random.default_rng(0)
    y = np.arange(96) % 3
    x = (rng.normal(size=(96, 1, 8, 8)) + y[:, None, None, None]).astype(np.float32)
    return Arrays("images", x[:72], y[:72], x[72:], y[72:], n_classes=3)


def datamodule(seed: int = 0) -> GeodlDataModule:
    made = GeodlDataModule(images, batch_size=16, augment=True, seed=seed)
    made.prepare_data()
    made.setup()
    return made


def module(max_epochs: int, lr: float = 0.1) -> ClassifierModule:
    torch.manual_seed(0)
    network = DropoutNetwork()
    network(torch.zeros(2, 1, 8, 8))
    return ClassifierModule(
        network,
        n_classes=3,
        optimizer={
            "name": "sgd",
            "lr": lr,
            "weight_decay": 1e-3,
            "decay": "weights",
            "momentum": 0.9,
            "nesterov": False,
        },
        loss={"name": "cross_entropy", "label_smoothing": 0.0},
        scheduler={"name": "cosine", "final_fraction": 0.0},
        max_epochs=max_epochs,
    )


def fit(callbacks, *, max_epochs=3, folder=None, trained=None, data=None, logger=False, **options):
    trainer = pl.Trainer(
        max_epochs=max_epochs,
        accelerator="cpu",
        callbacks=callbacks,
        logger=logger,
        enable_checkpointing=any(isinstance(c, ModelCheckpoint) for c in callbacks),
        enable_progress_bar=False,
        enable_model_summary=False,
        inference_mode=False,
        deterministic=True,
        log_every_n_steps=1,
        default_root_dir=folder,
        **options,
    )
    trained = module(max_epochs) if trained is None else trained
    torch.manual_seed(1)
    trainer.fit(trained, datamodule=datamodule() if data is None else data)
    return trainer, trained
