"""Logging a value that belongs to a number of completed epochs.

Inside an epoch, Lightning's ``self.log`` is the way: checkpoints and early stopping can then monitor the value, and it
reaches every logger together with the epoch's other metrics. Before the first epoch and after the last there is no
epoch for it to belong to, and the value goes to the loggers directly.

The number of completed epochs stands beside the values: as ``epoch`` in geodl's own runs, whose ``metrics.csv`` has one
row for each, and as ``geometry/epoch`` under other loggers, where ``epoch`` is Lightning's, which counts from 0.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pytorch_lightning as pl
import torch
from pytorch_lightning.trainer.states import TrainerFn

from geodl.records.metrics import EpochMetricsLogger


@dataclass(frozen=True)
class EpochPlace:
    """Where in the loggers the values of a moment stand, noted at that moment so that they may come later.

    Attributes:
        epoch: Completed epochs: 0 before training.
        step: The step that Lightning gives to what is logged at that moment.
        running: Lightning's own number of the epoch that is ending, counted from 0; None at any other moment.
    """

    epoch: int
    step: int
    running: int | None = None


def epoch_place(trainer: pl.Trainer, pl_module: pl.LightningModule, epoch: int) -> EpochPlace:
    """Note where values of this moment stand.

    Args:
        trainer: The trainer.
        pl_module: The module.
        epoch: Completed epochs: 0 before training.

    Returns:
        The place, for :func:`log_now` at a later hook.
    """
    if not _at_end_of(trainer, pl_module, epoch):
        return EpochPlace(epoch, trainer.global_step)
    # Lightning logs an epoch's end under the step of its last batch.
    return EpochPlace(epoch, trainer.fit_loop.epoch_loop._batches_that_stepped - 1, trainer.current_epoch)


def epoch_axis(trainer: pl.Trainer) -> str:
    """Name the metric that holds the number of completed epochs.

    Args:
        trainer: The trainer.

    Returns:
        ``epoch`` if geodl's own logger is among the loggers, else ``geometry/epoch``.
    """
    return "epoch" if any(isinstance(logger, EpochMetricsLogger) for logger in trainer.loggers) else "geometry/epoch"


def log_with_epoch(
    trainer: pl.Trainer,
    pl_module: pl.LightningModule,
    values: Mapping[str, float],
    *,
    shown: Collection[str] = (),
    axis: str = "epoch",
) -> None:
    """Log values at the end of the running epoch, or of a validation before training, through the module.

    Args:
        trainer: The trainer, in a hook that allows logging.
        pl_module: The module.
        values: Values by metric name.
        shown: Names that the progress bar shows.
        axis: Name under which the number of completed epochs is logged.
    """
    # Lightning counts the running epoch from 0; logged is how many are complete, 0 before training.
    completed = trainer.current_epoch + int(trainer.state.fn == TrainerFn.FITTING)
    for name, value in {**values, axis: float(completed)}.items():
        # A float64 tensor: Lightning would round a plain float to float32 on its way to the loggers.
        device = torch.device("cpu") if pl_module.device.type == "mps" else pl_module.device
        pl_module.log(
            name, torch.tensor(value, dtype=torch.float64, device=device), prog_bar=name in shown, batch_size=1
        )


def log_now(
    trainer: pl.Trainer,
    pl_module: pl.LightningModule,
    values: Mapping[str, float],
    *,
    epoch: int,
    shown: Collection[str] = (),
    place: EpochPlace | None = None,
) -> None:
    """Log values that belong to ``epoch`` completed epochs, at their end or later.

    Args:
        trainer: The trainer.
        pl_module: The module.
        values: Values by metric name.
        epoch: Completed epochs: 0 before training.
        shown: Names that the progress bar shows.
        place: Where they stand, noted when it was their time; None if it is now.
    """
    axis = epoch_axis(trainer)
    if _at_end_of(trainer, pl_module, epoch):
        log_with_epoch(trainer, pl_module, values, shown=shown, axis=axis)
        return
    place = EpochPlace(epoch, trainer.global_step) if place is None else place
    # As Lightning would have written it: with its own epoch beside ours, and every number a float.
    at = {axis: place.epoch} if place.running is None else {"epoch": place.running, axis: float(place.epoch)}
    for logger in trainer.loggers:
        logger.log_metrics({**values, **at}, step=place.step)
        logger.save()


def _at_end_of(trainer: pl.Trainer, pl_module: pl.LightningModule, epoch: int) -> bool:
    return bool(epoch == trainer.current_epoch + 1 and pl_module._current_fx_name == "on_train_epoch_end")
