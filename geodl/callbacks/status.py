"""Keeping ``status.json`` true while a run goes on."""

from __future__ import annotations

import pytorch_lightning as pl

from geodl.records.run_folder import RunFolder


class StatusCallback(pl.Callback):
    """Writes the number of completed epochs after each epoch.

    Args:
        folder: The run folder.
    """

    def __init__(self, folder: RunFolder) -> None:
        super().__init__()
        self.folder = folder

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write the epoch.

        Args:
            trainer: The trainer.
            pl_module: The module.
        """
        self.folder.update(epoch=trainer.current_epoch + 1)
