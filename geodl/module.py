"""The LightningModule that trains a classifier whose tracks are followed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torchmetrics import MeanMetric, MetricCollection
from torchmetrics.classification import MulticlassAccuracy

from geodl.epoch_log import log_with_epoch
from geodl.errors import TrainingDivergedError
from geodl.networks import split_parameters

SPLITS = ("train", "test")

# What every epoch logs, whatever the configuration.
EPOCH_METRICS = (
    *(f"{split}/{name}" for split in (*SPLITS, "train_running", "gap") for name in ("loss", "accuracy")),
    "optimizer/lr",
)


class ClassifierModule(pl.LightningModule):
    """Trains a network with a loss, an optimizer and a schedule, and measures both splits after every epoch.

    Logged, on the axis ``epoch`` (completed epochs):

    - ``train/loss``, ``train/accuracy``, ``test/loss``, ``test/accuracy`` in eval mode on un-augmented samples;
    - ``gap/accuracy`` = train - test and ``gap/loss`` = test - train, the generalisation gap;
    - ``train_running/loss``, ``train_running/accuracy`` as met in training (batch statistics, dropout, augmentation);
    - ``optimizer/lr``.

    Args:
        network: The network: samples (n, ...) to logits (n, K).
        n_classes: K.
        optimizer: The ``optimizer`` group: name, lr, weight_decay, decay and the optimizer's own.
        loss: The ``loss`` group: name, label_smoothing.
        scheduler: The ``scheduler`` group.
        max_epochs: Length of the schedule, in epochs.
    """

    def __init__(
        self,
        network: nn.Module,
        *,
        n_classes: int,
        optimizer: Mapping[str, Any],
        loss: Mapping[str, Any],
        scheduler: Mapping[str, Any],
        max_epochs: int,
    ) -> None:
        super().__init__()
        self.network = network
        self.n_classes = n_classes
        self.optimizer_options = dict(optimizer)
        self.loss_options = dict(loss)
        self.scheduler_options = dict(scheduler)
        self.max_epochs = max_epochs
        self._epoch_lr = float(optimizer["lr"])
        # "of_": an nn.Module has a method called train
        self.measures = nn.ModuleDict({
            f"of_{split}": MetricCollection({
                "loss": MeanMetric(),
                "accuracy": MulticlassAccuracy(n_classes, average="micro"),
            })
            for split in (*SPLITS, "train_running")
        })

    def forward(self, x: Tensor) -> Tensor:
        """Compute logits.

        Args:
            x: Samples, (n, ...).

        Returns:
            Logits, (n, K).
        """
        logits: Tensor = self.network(x)
        return logits

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Compute the training objective, averaged over samples.

        Cross-entropy with label smoothing (Szegedy et al. 2016), or mean over samples of ||logits - onehot||² / K.

        Args:
            logits: (n, K).
            labels: (n,) int64.

        Returns:
            A scalar.
        """
        if self.loss_options["name"] == "mse":
            return nn.functional.mse_loss(logits, nn.functional.one_hot(labels, self.n_classes).to(logits.dtype))
        return nn.functional.cross_entropy(logits, labels, label_smoothing=self.loss_options["label_smoothing"])

    def training_step(self, batch: list[Tensor], batch_idx: int) -> Tensor:
        """Compute the loss of a training batch.

        Args:
            batch: Samples and labels.
            batch_idx: Index of the batch in the epoch.

        Returns:
            The loss.

        Raises:
            TrainingDivergedError: If the loss is NaN or infinite.
        """
        x, y = batch
        logits = self(x)
        loss = self.loss(logits, y)
        if not torch.isfinite(loss):
            raise TrainingDivergedError(
                f"train/loss: expected a finite number, found {loss.item()} in epoch {self.current_epoch + 1}, batch "
                f"{batch_idx + 1}; lower optimizer.lr (now {self.optimizer_options['lr']:g}) or set "
                "trainer.gradient_clip_norm=1"
            )
        self._measure("train_running", loss.detach(), logits.detach(), y)
        return loss

    def validation_step(self, batch: list[Tensor], batch_idx: int, dataloader_idx: int = 0) -> None:  # noqa: ARG002 - Lightning's signature
        """Measure an evaluation batch.

        Args:
            batch: Samples and labels.
            batch_idx: Index of the batch.
            dataloader_idx: 0 for the training set, 1 for the test set.
        """
        x, y = batch
        logits = self(x)
        self._measure(SPLITS[dataloader_idx], self.loss(logits, y), logits, y)

    def _measure(self, split: str, loss: Tensor, logits: Tensor, labels: Tensor) -> None:
        measures = self._measures_of(split)
        measures["loss"].update(loss, weight=len(labels))
        measures["accuracy"].update(logits, labels)

    def _measures_of(self, split: str) -> MetricCollection:
        return cast("MetricCollection", self.measures[f"of_{split}"])

    def on_validation_epoch_end(self) -> None:
        """Log loss and accuracy of both splits, and the gap between them."""
        values = {split: {k: float(v) for k, v in self._measures_of(split).compute().items()} for split in SPLITS}
        for split in SPLITS:
            self._measures_of(split).reset()
        train, test = values["train"], values["test"]
        log_with_epoch(
            self.trainer,
            self,
            {f"{split}/{name}": value for split, measures in values.items() for name, value in measures.items()}
            | {"gap/accuracy": train["accuracy"] - test["accuracy"], "gap/loss": test["loss"] - train["loss"]},
            shown=("test/accuracy",),
        )

    def on_train_epoch_start(self) -> None:
        """Note the learning rate of the epoch: at its end the schedule has already moved on."""
        self._epoch_lr = float(self.optimizers().param_groups[0]["lr"])

    def on_train_epoch_end(self) -> None:
        """Log what was met in training."""
        values = {f"train_running/{k}": float(v) for k, v in self._measures_of("train_running").compute().items()}
        self._measures_of("train_running").reset()
        log_with_epoch(self.trainer, self, values | {"optimizer/lr": self._epoch_lr}, shown=("train_running/loss",))

    def configure_optimizers(self) -> dict[str, Any]:
        """Make optimizer and schedule.

        Weight decay acts on weight matrices and kernels, or on all parameters (``optimizer.decay``). It is coupled for
        SGD and Adam (an L2 penalty, as in the paper) and decoupled for AdamW (Loshchilov & Hutter 2019).

        Returns:
            What Lightning expects.
        """
        options = self.optimizer_options
        weights, rest = split_parameters(self.network)
        rest_decay = options["weight_decay"] if options["decay"] == "all" else 0.0
        groups = [
            {"params": weights, "weight_decay": options["weight_decay"]},
            {"params": rest, "weight_decay": rest_decay},
        ]
        groups = [group for group in groups if group["params"]]
        # foreach: all parameters in one call, a tenth of an epoch of small networks; the arithmetic is the same
        if options["name"] == "sgd":
            optimizer: torch.optim.Optimizer = torch.optim.SGD(
                groups, lr=options["lr"], momentum=options["momentum"], nesterov=options["nesterov"], foreach=True
            )
        else:
            kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[options["name"]]
            optimizer = kind(groups, lr=options["lr"], betas=(options["beta1"], options["beta2"]), foreach=True)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": self._schedule(optimizer), "interval": "epoch"}}

    def _schedule(self, optimizer: torch.optim.Optimizer) -> torch.optim.lr_scheduler.LRScheduler:
        options = self.scheduler_options
        if options["name"] == "cosine":
            return torch.optim.lr_scheduler.CosineAnnealingLR(
                optimizer, T_max=self.max_epochs, eta_min=self.optimizer_options["lr"] * options["final_fraction"]
            )
        if options["name"] == "step":
            milestones = [max(1, round(share * self.max_epochs)) for share in options["milestones"]]
            return torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones, gamma=options["gamma"])
        return torch.optim.lr_scheduler.ConstantLR(optimizer, factor=1.0)
