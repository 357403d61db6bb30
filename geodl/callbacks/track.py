"""Recording the data track while a network trains."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import pytorch_lightning as pl
from torch import nn
from torch.utils.data import Dataset

from geodl.epoch_log import epoch_axis, log_now, log_with_epoch
from geodl.errors import TrackError
from geodl.fixed_probe import FixedProbe, fix_probe
from geodl.networks.choice import check_whole_number
from geodl.probe_recorder import ProbeRecorder
from geodl.tracks import Track


@runtime_checkable
class TrackListener(Protocol):
    """A callback that wants the track: any object with this method among the trainer's callbacks."""

    def on_track(self, trainer: pl.Trainer, pl_module: pl.LightningModule, track: Track) -> None:
        """Receive a track.

        Args:
            trainer: The trainer.
            pl_module: The module in training.
            track: The track, to be read and not changed: others have it too, and may be reading it in a thread of
                their own. ``track.epoch`` is the number of completed epochs, ``track.metadata["moment"]`` is ``start``
                (before training), ``epoch`` or ``end`` (after the last epoch).
        """


class TrackCallback(pl.Callback):
    """Records the track of a probe set before training (epoch 0), after every n-th epoch, and after the last.

    Recording leaves training as it was: eval mode, no gradients, and modes, buffers and random state restored, so the
    weights after k epochs are bit for bit the same with and without this callback. Lightning's sanity check is not an
    epoch and is not recorded. Any LightningModule will do, whatever its loggers and its way of optimising.

    The probe is read once, before training; augmentation and shuffling cannot change it from epoch to epoch. The
    read-outs are chosen once, too. With several processes, the first one records and scores while the others wait, and
    all of them log the result.

    Args:
        probe: The samples: a tensor (n, ...), a mapping of tensors, a `geodl.data.ProbeSet`, a ``Dataset`` (all of it,
            in order), a ``DataLoader`` or list of batches; or a function that takes the trainer's data module and
            returns one of these.
        read_outs: ``auto`` or what `geodl.record_track` takes.
        tokens: What becomes of token sequences, as for `geodl.record_track`.
        pool: What becomes of feature maps: ``none`` (flattened), ``mean`` (averaged over space) or a function.
        mask: Key of the padding mask in a mapping.
        forward: Calls the network, ``forward(network, batch)``, where ``network(batch)`` or ``network(**batch)`` will
            not do.
        include_final_norm: Whether the norm behind the last block adds a state.
        batch_size: Samples a forward pass; None for 256.
        every_n_epochs: n, at least 1.
        network: Where in the LightningModule the network is that is recorded, such as ``network`` or
            ``model.backbone``; None records the module itself, through its ``forward``.
    """

    def __init__(
        self,
        probe: Any,
        *,
        read_outs: Any = "auto",
        tokens: Any = "all",
        pool: Any = "none",
        mask: str | None = None,
        forward: Callable[[nn.Module, Any], Any] | None = None,
        include_final_norm: bool = False,
        batch_size: int | None = None,
        every_n_epochs: int = 1,
        network: str | None = None,
    ) -> None:
        super().__init__()
        check_whole_number("every_n_epochs", every_n_epochs, at_least=1)
        self.probe = probe
        self.every_n_epochs = every_n_epochs
        self.network = network
        self.forward = forward
        self.batch_size = batch_size
        self._options: dict[str, Any] = {
            "read_outs": read_outs,
            "tokens": tokens,
            "pool": pool,
            "mask": mask,
            "forward": forward,
            "include_final_norm": include_final_norm,
            "batch_size": batch_size,
        }
        self._recorder: ProbeRecorder | None = None
        self._followed: nn.Module | None = None
        self._completed = 0
        self._recorded: tuple[int, str] | None = None
        self._epoch_began = 0.0

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Check that the network can be found and called.

        Args:
            trainer: The trainer.
            pl_module: The module.
            stage: ``fit``, ``validate``, ``test`` or ``predict``.
        """
        if stage == "fit":
            self._network(pl_module)

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
        values = {"time/epoch_s": time.perf_counter() - self._epoch_began}
        log_with_epoch(trainer, pl_module, values, axis=epoch_axis(trainer))
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

    def _emit(self, trainer: pl.Trainer, pl_module: pl.LightningModule, moment: str) -> None:
        listeners = [callback for callback in trainer.callbacks if isinstance(callback, TrackListener)]
        if trainer.is_global_zero:
            began = time.perf_counter()
            network = self._network(pl_module)
            if self._recorder is None or self._followed is not network:  # another module has other blocks
                self._recorder = ProbeRecorder(self._fixed_probe(trainer), **self._options)
                self._followed = network
            track = self._recorder.record(network, epoch=self._completed, metadata={"moment": moment})
            log_now(trainer, pl_module, {"time/track_s": time.perf_counter() - began}, epoch=self._completed)
            for listener in listeners:
                listener.on_track(trainer, pl_module, track)
        self._recorded = (self._completed, moment)
        if trainer.world_size > 1:
            # Checkpoints and early stopping look for the scores in every process.
            known = [getattr(listener, "metrics", {}) for listener in listeners] if trainer.is_global_zero else []
            shared = trainer.strategy.broadcast({name: value for metrics in known for name, value in metrics.items()})
            if not trainer.is_global_zero:
                log_now(trainer, pl_module, shared, epoch=self._completed)

    def _fixed_probe(self, trainer: pl.Trainer) -> FixedProbe:
        probe = self.probe
        if callable(probe) and not isinstance(probe, Dataset):
            if trainer.datamodule is None:
                raise TrackError(
                    "probe: expected a data module for the function to take, found none; call "
                    "trainer.fit(module, datamodule=...), or pass the samples themselves"
                )
            probe = probe(trainer.datamodule)
        return fix_probe(probe, batch_size=self.batch_size)

    def _network(self, pl_module: pl.LightningModule) -> nn.Module:
        if self.network is not None:
            try:
                network: nn.Module = pl_module.get_submodule(self.network)
            except AttributeError as error:
                names = [name for name, _ in pl_module.named_children()]
                raise TrackError(
                    f"network: expected the path of a module inside {type(pl_module).__name__}, found "
                    f"{self.network!r}; it has {', '.join(names) or 'no modules'}"
                ) from error
            return network
        if type(pl_module).forward is pl.LightningModule.forward and self.forward is None:
            raise TrackError(
                f"network: expected {type(pl_module).__name__} to have a forward method, found none; pass "
                'TrackCallback(..., network="<attribute that holds the network>"), or '
                "forward=<function of module and batch>"
            )
        whole: nn.Module = pl_module
        return whole
