"""Scores along a training run of transformers' ``Trainer``. Needs the extra ``geodl[huggingface]``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from torch import nn

from geodl.errors import TrackError
from geodl.extras import require
from geodl.fixed_probe import FixedProbe, fix_probe
from geodl.monitor import Monitor
from geodl.networks.choice import check_whole_number
from geodl.track_scores import TrackScores, checked_scores

_transformers = require("transformers", extra="huggingface", for_what="geodl.huggingface")
_TrainerCallback: Any = _transformers.TrainerCallback


class TrackTrainerCallback(_TrainerCallback):
    """Records and scores a probe before training, after every n-th epoch (or every n steps), and at the end.

    The scores go through the trainer's own ``log``: ``trainer.state.log_history``, W&B, TensorBoard and whatever else
    ``report_to`` names receive ``geometry/lss`` and the like. Weights after k steps are bit for bit the same with and
    without this callback. With several processes the first one records; models whose weights are sharded (FSDP,
    DeepSpeed stage 3) are not supported.

    Pass it like any callback: ``Trainer(..., callbacks=[TrackTrainerCallback(probe)])`` or ``trainer.add_callback``.

    Args:
        probe: The samples: a mapping of tensors as a tokenizer returns it with ``return_tensors="pt"`` (its attention
            mask is respected), a tensor, a ``Dataset``, a ``DataLoader`` that does not shuffle, or a list of batches.
        scores: Names from `geodl.scores.SCORES`; None for the default of `geodl.score_track`.
        read_outs: As for `geodl.record_track`, like the arguments up to ``batch_size``.
        tokens: What becomes of token sequences.
        pool: What becomes of feature maps.
        mask: Key of the padding mask.
        include_final_norm: Whether the norm behind the last block adds a state.
        forward: Calls the model, where ``model(**batch)`` will not do.
        batch_size: Samples a forward pass, None for 256.
        every_n_epochs: Record after every n-th epoch.
        every_n_steps: Record after every n-th optimizer step instead; None goes by epochs.
        path: Folder for ``metrics.csv`` and ``scores.jsonl``, as `geodl.Monitor` writes them; None writes nothing.

    Attributes:
        monitor: The `geodl.Monitor` of the last training, with ``history``, ``track`` and ``scores``; None before.
    """

    def __init__(
        self,
        probe: Any,
        *,
        scores: Sequence[str] | None = None,
        read_outs: Any = "auto",
        tokens: Any = "all",
        pool: Any = "none",
        mask: str | None = None,
        include_final_norm: bool = False,
        forward: Callable[[nn.Module, Any], Any] | None = None,
        batch_size: int | None = None,
        every_n_epochs: int = 1,
        every_n_steps: int | None = None,
        path: str | Path | None = None,
    ) -> None:
        super().__init__()
        check_whole_number("every_n_epochs", every_n_epochs, at_least=1)
        if every_n_steps is not None:
            check_whole_number("every_n_steps", every_n_steps, at_least=1)
        checked_scores(scores)
        self.every_n_epochs = every_n_epochs
        self.every_n_steps = every_n_steps
        self.monitor: Monitor | None = None
        self._probe: FixedProbe = fix_probe(probe, batch_size=batch_size)
        self._options: dict[str, Any] = {
            "scores": scores,
            "read_outs": read_outs,
            "tokens": tokens,
            "pool": pool,
            "mask": mask,
            "include_final_norm": include_final_norm,
            "forward": forward,
            "batch_size": batch_size,
            "path": path,
        }
        self._trainer: Any = None
        self._step = -1

    @property
    def history(self) -> list[dict[str, float]]:
        """What was logged in the last training, a dictionary for each record."""
        return [] if self.monitor is None else self.monitor.history

    @property
    def scores(self) -> TrackScores | None:
        """Scores of the last record, a table when printed."""
        return None if self.monitor is None else self.monitor.scores

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002 - their signature
        """Choose the read-outs, and record the untrained model unless a checkpoint is continued.

        Args:
            args: The training arguments.
            state: The trainer's state.
            control: The trainer's flow.
            **kwargs: What else the trainer passes, the model among it.
        """
        self._step = -1
        self._trainer = _calling_trainer(self)
        if not state.is_world_process_zero:
            return
        self.monitor = Monitor(kwargs["model"], self._probe, **self._options)
        self.monitor.__enter__()
        if state.global_step == 0:
            self._record(state, control)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002 - their signature
        """Record if it is this step's turn.

        Args:
            args: The training arguments.
            state: The trainer's state.
            control: The trainer's flow.
            **kwargs: What else the trainer passes.
        """
        if self.every_n_steps is not None and state.global_step % self.every_n_steps == 0:
            self._record(state, control)

    def on_epoch_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002 - their signature
        """Record if it is this epoch's turn, or the last.

        Args:
            args: The training arguments.
            state: The trainer's state.
            control: The trainer's flow.
            **kwargs: What else the trainer passes.
        """
        turn = self.every_n_steps is None and round(state.epoch) % self.every_n_epochs == 0
        # Here rather than when training has ended: W&B and TensorBoard have closed their files by then.
        if turn or control.should_training_stop or state.global_step >= state.max_steps:
            self._record(state, control)

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002 - their signature
        """Record the end if an evaluation ended training.

        Args:
            args: The training arguments.
            state: The trainer's state.
            control: The trainer's flow.
            **kwargs: What else the trainer passes.
        """
        self._record(state, control)

    def _record(self, state: Any, control: Any) -> None:
        if not state.is_world_process_zero or self.monitor is None or self._step == state.global_step:
            return
        self._step = state.global_step
        values = self.monitor.log(state.global_step)
        due = control.should_log
        self._trainer.log(values)
        control.should_log = due  # logging clears it, and the trainer's own numbers would be dropped


def _calling_trainer(callback: TrackTrainerCallback) -> Any:
    """Find the trainer that is calling a callback: transformers hands over everything but the trainer.

    Args:
        callback: The callback that is being called.

    Returns:
        The trainer.

    Raises:
        TrackError: If no trainer called.
    """
    frame = sys._getframe(1)
    while frame is not None:
        owner = frame.f_locals.get("self")
        if isinstance(owner, _transformers.Trainer) and callback in owner.callback_handler.callbacks:
            return owner
        frame = frame.f_back  # type: ignore[assignment]  # the outermost has none
    raise TrackError(
        "TrackTrainerCallback: expected to be called by a transformers.Trainer, found another caller; use "
        "geodl.Monitor in a loop of your own"
    )
