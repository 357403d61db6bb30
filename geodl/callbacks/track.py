"""Recording the data track while a network trains."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import pytorch_lightning as pl
from pytorch_lightning.utilities import rank_zero_only

from geodl.data import ProbeSet
from geodl.epoch_log import log_now, log_with_epoch
from geodl.tracks import Track, record_track


@runtime_checkable
class TrackListener(Protocol):
    """A callback that wants the track: any object with this method among the trainer's callbacks."""

    def on_track(self, trainer: pl.Trainer, pl_module: pl.LightningModule, track: Track) -> None:
        """Receive a track.

        Args:
            trainer: The trainer.
            pl_module: The module in training.
            track: The track; ``track.epoch`` is the number of completed epochs, ``track.metadata["moment"]`` is
                ``start`` (before training), ``epoch`` or ``end`` (after the last epoch).
        """


class TrackCallback(pl.Callback):
    """Records the track of a probe set before training (epoch 0), after every n-th epoch, and after the last.

    Recording leaves training as it was: eval mode, no gradients, and modes, buffers and random state restored, so the
    weights after k epochs are bit for bit the same with and without this callback. Lightning's sanity check is not an
    epoch and is not recorded.

    Args:
        probe: The probe set, or a function that takes the trainer's data module and returns it.
        every_n_epochs: n, at least 1.
        batch_size: Samples a forward pass.
        pool: ``none`` (states are flattened) or ``mean`` (feature maps are averaged over space).
    """

    def __init__(
        self,
        probe: ProbeSet | Callable[[Any], ProbeSet],
        *,
        every_n_epochs: int = 1,
        batch_size: int = 500,
        pool: str = "none",
    ) -> None:
        super().__init__()
        self.probe = probe
        self.every_n_epochs = every_n_epochs
        self.batch_size = batch_size
        self.pool = pool
        self._completed = 0
        self._recorded: tuple[int, str] | None = None
        self._epoch_began = 0.0

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Record the untrained network, the null value of every score.

        Args:
            trainer: The trainer.
            pl_module: The module.
        """
        self._completed = trainer.current_epoch  # not 0 where a checkpoint is continued
        self._recorded = None
        if trainer.current_epoch == 0:
            self._emit(trainer, pl_module, "start")

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the epoch's clock.

        Args:
            trainer: The trainer.
            pl_module: The module.
        """
        self._epoch_began = time.perf_counter()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Record the track if it is this epoch's turn.

        Args:
            trainer: The trainer.
            pl_module: The module.
        """
        # Validation has already run inside the epoch: this is the time of an epoch without tracks and scores.
        log_with_epoch(trainer, pl_module, {"time/epoch_s": time.perf_counter() - self._epoch_began})
        self._completed = trainer.current_epoch + 1
        last = self._completed == trainer.max_epochs
        if last or self._completed % self.every_n_epochs == 0:
            self._emit(trainer, pl_module, "end" if last else "epoch")

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Record the last epoch as the last if training stopped early, which nobody knew when the epoch ended.

        Args:
            trainer: The trainer.
            pl_module: The module.
        """
        if self._recorded != (self._completed, "end"):
            self._emit(trainer, pl_module, "end")

    @rank_zero_only
    def _emit(self, trainer: pl.Trainer, pl_module: pl.LightningModule, moment: str) -> None:
        if not isinstance(self.probe, ProbeSet):
            self.probe = self.probe(trainer.datamodule)
        began = time.perf_counter()
        network = getattr(pl_module, "network", pl_module)
        weights = next((p for p in network.parameters() if p.is_floating_point()), self.probe.x)
        track = record_track(
            network,
            self.probe.x.to(weights.dtype),  # trainer.precision=64-true
            batch_size=self.batch_size,
            pool=self.pool,
            labels=self.probe.labels,
            sample_ids=self.probe.sample_ids,
            epoch=self._completed,
            metadata={
                "split": self.probe.split,
                "probe_seed": str(self.probe.seed),
                "probe": self.probe.digest,
                "moment": moment,
            },
        )
        self._recorded = (self._completed, moment)
        log_now(trainer, pl_module, {"time/track_s": time.perf_counter() - began}, epoch=self._completed)
        for callback in trainer.callbacks:
            if isinstance(callback, TrackListener):
                callback.on_track(trainer, pl_module, track)
