"""One progress bar for the whole run, with the time left, accuracy, LSS and OTS."""

from __future__ import annotations

import sys
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ProgressBar
from tqdm import tqdm

from geodl.callbacks.scoring import ScoringCallback

# metric -> its name on the bar
SHOWN = {
    "train_running/loss": "loss",
    "test/accuracy": "test acc",
    "geometry/lss": "LSS",
    "geometry/ots": "OTS",
}


class RunProgressBar(ProgressBar):
    """A bar over all batches of all epochs: Lightning's own starts anew each epoch and cannot say when the run ends.

    Args:
        description: The run's name.
    """

    def __init__(self, description: str) -> None:
        super().__init__()
        self.description = description
        self._bar: Any = None

    def disable(self) -> None:
        """Do nothing: whether there is a bar is decided before it is made."""

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Open the bar.

        Args:
            trainer: The trainer.
            pl_module: The module.
        """
        self._bar = tqdm(
            total=trainer.max_epochs * int(trainer.num_training_batches),
            desc=self.description,
            unit="batch",
            dynamic_ncols=True,
            file=sys.stderr,
            bar_format="{desc} {percentage:3.0f}%|{bar}| {elapsed}<{remaining}{postfix}",
        )

    def on_train_batch_end(self, trainer: pl.Trainer, *args: Any, **kwargs: Any) -> None:
        """Move the bar on.

        Args:
            trainer: The trainer.
            *args: The batch and its outputs.
            **kwargs: None.
        """
        self._bar.update(1)

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Show what is known so far.

        Args:
            trainer: The trainer.
            pl_module: The module.
        """
        self._show(trainer)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Close the bar.

        Args:
            trainer: The trainer.
            pl_module: The module.
        """
        self._show(trainer)
        self._bar.close()

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Close the bar, so that the message stands below it.

        Args:
            trainer: The trainer.
            pl_module: The module.
            exception: What happened.
        """
        if self._bar is not None:
            self._bar.close()

    def _show(self, trainer: pl.Trainer) -> None:
        # Scores of the background never pass through the trainer: they belong to an epoch that is over.
        scored = next((callback.metrics for callback in trainer.callbacks if isinstance(callback, ScoringCallback)), {})
        measured = {**scored, **trainer.callback_metrics}
        known = {label: measured[name] for name, label in SHOWN.items() if name in measured}
        values = [f"{label} {float(value):.3g}" for label, value in known.items()]
        self._bar.set_postfix_str(", ".join([f"epoch {trainer.current_epoch}/{trainer.max_epochs}", *values]))
