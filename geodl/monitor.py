"""Scores along a training loop that someone wrote by hand."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from torch import nn

from geodl.errors import RunFolderError, TrackError
from geodl.fixed_probe import fix_probe
from geodl.probe_recorder import ProbeRecorder
from geodl.records.atomic import write_text
from geodl.records.table import write_metrics
from geodl.track_scores import TrackScores, checked_scores, score_track
from geodl.tracks import Track

log = logging.getLogger(__name__)

FILES = ("metrics.csv", "scores.jsonl")


class Monitor:
    """Records and scores a probe whenever it is asked to, and leaves training as it was.

    On entering the ``with`` block the probe is read and recorded once, so that a mistake shows before training. Every
    `log` records it again at the same read-outs. Modes of modules, buffers, gradients and random states are the same
    afterwards, so the weights are bit for bit those of training without a monitor. What was logged stays in ``history``
    (and in the files) if the loop ends by an exception. In distributed training, use it in one process.

    Args:
        model: Any module; also compiled, or wrapped in (distributed) data parallelism.
        probe: The samples: a tensor (n, ...), a mapping of tensors, a ``Dataset`` (all of it, in order), a
            ``DataLoader`` that does not shuffle, or a list of batches.
        scores: Names from `geodl.scores.SCORES`; None for the default of `geodl.score_track`.
        read_outs: As for `geodl.record_track`, like the arguments up to ``batch_size``.
        tokens: What becomes of token sequences.
        pool: What becomes of feature maps.
        mask: Key of the padding mask in a mapping.
        include_final_norm: Whether the norm behind the last block adds a state.
        forward: Calls the model, where ``model(batch)`` or ``model(**batch)`` will not do.
        batch_size: Samples a forward pass, None for 256.
        log: Receives every row, ``log(values, step)``, such as ``wandb.log``; None if nobody does.
        path: Folder for ``metrics.csv`` (a row for each step) and ``scores.jsonl`` (how each number was obtained),
            replaced as a whole at each step; None writes nothing.

    Attributes:
        history: What was logged so far, a dictionary a call: ``step``, ``geometry/lss``, ``geometry/leg0/lss``, ...
        track: The last track; None before the ``with`` block.
        scores: Scores of the last logged track, a table when printed; None before the first.

    Example:
        >>> import torch
        >>> model = nn.Sequential(*(nn.Sequential(nn.Linear(2, 2, bias=False), nn.Identity()) for _ in range(2)))
        >>> for block in model:
        ...     _ = nn.init.constant_(block[0].weight.data, 0.0).fill_diagonal_(2.0)  # each block doubles its input
        >>> with Monitor(model, torch.tensor([[1.0, 0.0], [0.0, 1.0]]), scores=["line_shape"]) as monitor:
        ...     row = monitor.log(0)
        >>> round(row["geometry/lss"], 6), monitor.track.names
        (1.0, ('0:input', '0', '1'))
    """

    def __init__(
        self,
        model: nn.Module,
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
        log: Callable[[dict[str, float], int], Any] | None = None,
        path: str | Path | None = None,
    ) -> None:
        self.model = model
        self.history: list[dict[str, float]] = []
        self.track: Track | None = None
        self.scores: TrackScores | None = None
        self.path = None if path is None else Path(path)
        self._names = checked_scores(scores)
        self._probe = probe
        self._batch_size = batch_size
        self._options: dict[str, Any] = {
            "read_outs": read_outs,
            "tokens": tokens,
            "pool": pool,
            "mask": mask,
            "include_final_norm": include_final_norm,
            "forward": forward,
            "batch_size": batch_size,
        }
        self._send = log
        self._recorder: ProbeRecorder | None = None
        self._lines = ""

    def __enter__(self) -> Monitor:
        """Read the probe, choose the read-outs and try the recording out.

        Returns:
            The monitor.

        Raises:
            RunFolderError: If the folder holds the files of another monitor, or cannot be written.
        """
        if self._recorder is not None:
            return self
        if self.path is not None:
            found = [name for name in FILES if (self.path / name).exists()]
            if found:
                raise RunFolderError(
                    f"path: expected a folder without {' and '.join(found)}, found {self.path} of another run; name "
                    "another folder, or move the files away"
                )
            try:
                self.path.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise RunFolderError(
                    f"path: expected a folder that can be written, found {self.path} ({error.strerror}); name another"
                ) from error
        recorder = ProbeRecorder(fix_probe(self._probe, batch_size=self._batch_size), **self._options)
        self.track = recorder.record(self.model, nonfinite="raise")
        self._recorder = recorder
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Leave everything as it is; an exception of the loop goes on."""

    def log(self, step: int) -> dict[str, float]:
        """Record the probe, score its track, and log the scores.

        Args:
            step: Where training is: any whole number, of batches or epochs, as the loop counts.

        Returns:
            ``geometry/<metric>`` and ``geometry/leg<k>/<metric>``, NaN where a score could not be computed
            (``monitor.scores.reasons`` says why).

        Raises:
            TrackError: Outside a ``with`` block, or if the step is no whole number above the last.
        """
        after = self.history[-1]["step"] if self.history else None
        if isinstance(step, bool) or not isinstance(step, int) or (after is not None and step <= after):
            later = "" if after is None else f" above the last one, {after}"
            raise TrackError(f"step: expected a whole number{later}, found {step!r}; count batches or epochs")
        if self._recorder is None:
            raise TrackError(
                "monitor: expected to be inside its with block, found it not entered; write "
                "`with geodl.Monitor(model, probe) as monitor:`"
            )
        self.track = self._recorder.record(self.model, metadata={"step": str(step)})
        self.scores = score_track(self.track, self._names)
        values = {f"geometry/{name}": value for name, value in self.scores.metrics.items()}
        self.history.append({"step": step, **values})
        for index, name, reason in self.scores.reasons:
            log.warning("step %d, leg %d, %s is NaN: %s", step, index, name, reason)
        if self.path is not None:
            for line in self.scores.lines():
                del line["epoch"]
                self._lines += json.dumps({"step": step, **line}) + "\n"
            write_text(self.path / "scores.jsonl", self._lines)
            write_metrics(self.path / "metrics.csv", self.history, key="step")
        if self._send is not None:
            self._send(dict(values), step)
        return values
