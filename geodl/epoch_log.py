"""Logging a value that belongs to a number of completed epochs.

Inside an epoch, Lightning's ``self.log`` is the way: checkpoints and early stopping can then monitor the value, and it
reaches every logger together with the epoch's other metrics. Before the first epoch and after the last there is no
epoch for it to belong to, and the value goes to the loggers directly.

The number of completed epochs stands beside the values: as ``epoch`` in geodl's own runs, whose ``metrics.csv`` has one
row for each, and as ``geometry/epoch`` under other loggers, where ``epoch`` is Lightning's, which counts from 0.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytorch_lightning as pl
import torch
from pytorch_lightning.trainer.states import TrainerFn

from geodl.records.metrics import EpochMetricsLogger


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
) -> None:
    """Log values that belong to ``epoch`` completed epochs.

    Args:
        trainer: The trainer.
        pl_module: The module.
        values: Values by metric name.
        epoch: Completed epochs: 0 before training.
        shown: Names that the progress bar shows.
    """
    inside = epoch == trainer.current_epoch + 1 and _in_epoch_end(pl_module)
    axis = epoch_axis(trainer)
    if inside:
        log_with_epoch(trainer, pl_module, values, shown=shown, axis=axis)
        return
    for logger in trainer.loggers:
        logger.log_metrics({**values, axis: epoch}, step=trainer.global_step)
        logger.save()


def _in_epoch_end(pl_module: pl.LightningModule) -> bool:
    return bool(pl_module._current_fx_name == "on_train_epoch_end")
