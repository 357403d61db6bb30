"""Logging a value that belongs to a number of completed epochs.

Inside an epoch, Lightning's ``self.log`` is the way: checkpoints and early stopping can then monitor the value, and it
reaches every logger together with the epoch's other metrics. Before the first epoch and after the last there is no
epoch for it to belong to, and the value goes to the loggers directly.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytorch_lightning as pl
import torch
from pytorch_lightning.trainer.states import TrainerFn


def log_with_epoch(
    trainer: pl.Trainer, pl_module: pl.LightningModule, values: Mapping[str, float], *, shown: Collection[str] = ()
) -> None:
    """Log values at the end of the running epoch, or of a validation before training, through the module.

    Args:
        trainer: The trainer, in a hook that allows logging.
        pl_module: The module.
        values: Values by metric name.
        shown: Names that the progress bar shows.
    """
    # Lightning counts the running epoch from 0; logged is how many are complete, 0 before training.
    completed = trainer.current_epoch + int(trainer.state.fn == TrainerFn.FITTING)
    for name, value in {**values, "epoch": float(completed)}.items():
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
    if inside:
        log_with_epoch(trainer, pl_module, values, shown=shown)
        return
    for logger in trainer.loggers:
        logger.log_metrics({**values, "epoch": epoch}, step=trainer.global_step)
        logger.save()


def _in_epoch_end(pl_module: pl.LightningModule) -> bool:
    return bool(pl_module._current_fx_name == "on_train_epoch_end")
