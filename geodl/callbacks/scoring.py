"""Scoring the data track at the end of each epoch."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import pytorch_lightning as pl

from geodl.callbacks.background import ROOM, EmittedTrack, ScoredTrack, ScoringQueue
from geodl.callbacks.scoring_rules import check_neighbours, check_schedules
from geodl.epoch_log import epoch_place, log_now
from geodl.errors import ConfigError, RunFolderError
from geodl.networks import weight_matrices
from geodl.networks.choice import check_choice
from geodl.records.scores import ScoreRecord
from geodl.scores import METRICS, ScoreResult
from geodl.track_scores import TrackScores, checked_scores, score_track
from geodl.tracks import Leg, Track
from geodl.transport import METHODS

log = logging.getLogger(__name__)

SHOWN = ("geometry/lss", "geometry/ots")
MOMENTS = ("always", "ends")


@runtime_checkable
class ScoreListener(Protocol):
    """A callback that wants the scores of a track: any object with this method among the trainer's callbacks."""

    def on_scores(self, trainer: pl.Trainer, pl_module: pl.LightningModule, track: Track, scores: TrackScores) -> None:
        """Receive a track with its scores, in the thread that trains.

        Args:
            trainer: The trainer.
            pl_module: The module, which may be epochs ahead of the track where scoring runs in the background.
            track: The track; ``track.epoch`` says whose scores these are.
            scores: Its scores.
        """


class ScoringCallback(pl.Callback):
    """Scores each track that ``TrackCallback`` emits, and logs the scores to every logger.

    Logged: ``geometry/<metric>`` and, for each leg with at least one step, ``geometry/leg<k>/<metric>``, as
    `geodl.track_scores.TrackScores.metrics` names them; beside them ``geometry/n_samples``, ``geometry/n_legs``,
    ``geometry/weight_norm`` (sum of ||W^l||² over linear and convolutional layers), ``time/score_s`` (seconds of
    scoring) and ``time/score_wait_s`` (seconds for which training stood still for it: the same, unless scoring runs in
    the background). Why a score is NaN, and how each was obtained, is in ``scores.jsonl``.

    Checkpoints may monitor ``geometry/lss`` and the like. Early stopping may too, if it comes after ``TrackCallback``
    in the trainer's list.

    With ``background=True`` a thread scores the track of an epoch while the next one trains. The numbers and the
    weights are bit for bit the same; the numbers reach the loggers, ``record`` and listeners as soon as they are there,
    under the epoch (and step) of their track, always from the thread that trains. At most one track waits beside the
    one in work: training that is faster than scoring waits. With the last epoch training waits for everything, so that
    nothing is missing when it ends; so it does before it passes on an exception or Ctrl-C. Nothing can watch a score
    then (a checkpoint, early stopping, a schedule), since it would come epochs late, and there may be one process only.

    Args:
        scores: Name of each score to compute, with ``always`` (each track) or ``ends`` (before and after training); a
            list means ``always``; None computes what `geodl.score_track` does.
        record: Where to write how the scores were obtained, a ``scores.jsonl``; None writes nothing.
        background: Whether training goes on while a track is scored.
        method: Which solver finds transport plans, one of `geodl.transport.METHODS`.
        max_memory: Bytes that one transport problem may use; None for half of the machine's memory.

    Attributes:
        results: Of the last scored track: one dictionary of results a leg.
        metrics: Of the last scored track: what was logged.
        last: All scores of the last scored track, a table when printed; None before the first.
    """

    def __init__(
        self,
        scores: Mapping[str, str] | Sequence[str] | None = None,
        *,
        record: ScoreRecord | str | Path | None = None,
        background: bool = False,
        method: str = "auto",
        max_memory: float | None = None,
    ) -> None:
        super().__init__()
        names = checked_scores(list(scores) if isinstance(scores, Mapping) else scores)
        self.scores = dict(scores) if isinstance(scores, Mapping) else dict.fromkeys(names, "always")
        for name, when in self.scores.items():
            if when not in MOMENTS:
                raise ConfigError(f"scores[{name!r}]: expected {' or '.join(MOMENTS)}, found {when!r}; choose one")
        check_choice("method", method, METHODS)
        if max_memory is not None and not max_memory > 0:
            raise ConfigError(f"max_memory: expected bytes above 0, or None, found {max_memory!r}; pass 8 * 2**30")
        self.record = ScoreRecord(Path(record)) if isinstance(record, str | Path) else record
        self.background = background
        self.method = method
        self.max_memory = max_memory
        self.results: list[tuple[Leg, dict[str, ScoreResult]]] = []
        self.metrics: dict[str, float] = {}
        self.last: TrackScores | None = None
        self._recorded: set[tuple[int, int, str]] = set()
        self._queue = ScoringQueue(self._score)

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Check that there will be tracks, and that whoever waits for scores comes later.

        Args:
            trainer: The trainer.
            pl_module: The module.
            stage: ``fit``, ``validate``, ``test`` or ``predict``.
        """
        if stage == "fit":
            self._recorded = set()
            check_neighbours(trainer, background=self.background)

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Check that no schedule waits for scores that come late.

        Args:
            trainer: The trainer.
            pl_module: The module.
        """
        if self.background:
            check_schedules(trainer)

    def monitored(self) -> list[str]:
        """Name the scores that every recorded epoch has, which checkpoints and early stopping may watch.

        Returns:
            Metric names, without those of single legs.
        """
        always = [
            name for name, metric in METRICS.items() if metric.always and self.scores.get(metric.score) == "always"
        ]
        return [f"geometry/{name}" for name in [*always, "n_samples", "n_legs", "weight_norm"]]

    def on_track(self, trainer: pl.Trainer, pl_module: pl.LightningModule, track: Track) -> None:
        """Score a track, or hand it to the thread that does.

        Args:
            trainer: The trainer.
            pl_module: The module.
            track: The track.
        """
        emitted = self._emitted(trainer, pl_module, track)
        if not self.background:
            self._deliver(trainer, pl_module, self._score(emitted))
            return
        waited = emitted.seconds
        self._queue.put(emitted)  # before waiting: an interrupt finds every track in the queue
        room = 0 if track.metadata.get("moment") == "end" else ROOM
        while len(self._queue) > room or self._queue.oldest_is_done:
            waited += self._deliver_oldest(trainer, pl_module)
        log_now(trainer, pl_module, {"time/score_wait_s": waited}, epoch=emitted.place.epoch, place=emitted.place)

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *args: Any) -> None:
        """Log what has been scored in the meantime.

        Args:
            trainer: The trainer.
            pl_module: The module.
            *args: The batch and its outputs.
        """
        while self._queue.oldest_is_done:
            self._deliver_oldest(trainer, pl_module)

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Score and log the tracks that were recorded before training broke off.

        Args:
            trainer: The trainer.
            pl_module: The module.
            exception: What happened; it goes on, whatever happens here.
        """
        if len(self._queue):
            log.warning("training broke off; what was recorded before is still scored: %d to go", len(self._queue))
        try:
            while left := len(self._queue):
                try:
                    self._deliver_oldest(trainer, pl_module)
                except Exception as error:  # noqa: BLE001 - it must not hide what ended training
                    log.error("the scores of a recorded track are lost: %s: %s", type(error).__name__, error)
                    if len(self._queue) == left:
                        self._queue.drop_oldest()
        finally:
            self._queue.close()

    def teardown(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """End the thread.

        Args:
            trainer: The trainer.
            pl_module: The module.
            stage: ``fit``, ``validate``, ``test`` or ``predict``.
        """
        try:
            while len(self._queue):
                self._deliver_oldest(trainer, pl_module)
        finally:
            self._queue.close()

    def _emitted(self, trainer: pl.Trainer, pl_module: pl.LightningModule, track: Track) -> EmittedTrack:
        began = time.perf_counter()
        epoch = track.epoch or 0
        if self.record is not None and epoch == 0 and not self._recorded and self.record.path.exists():
            raise RunFolderError(
                f"record: expected a new file at the start of training, found {self.record.path} of another run; "
                "name another file, or move this one away"
            )
        at_end = track.metadata.get("moment") != "epoch"
        return EmittedTrack(
            track,
            names=tuple(name for name, when in self.scores.items() if when == "always" or at_end),
            weight_norm=sum(float(w.detach().double().square().sum()) for _, w in weight_matrices(pl_module)),
            place=epoch_place(trainer, pl_module, epoch),
            seconds=time.perf_counter() - began,
        )

    def _score(self, emitted: EmittedTrack) -> ScoredTrack:
        # In the background this runs in the other thread: it reads the track and the options, and changes nothing.
        began = time.perf_counter()
        scores = score_track(emitted.track, emitted.names, method=self.method, max_memory=self.max_memory)
        return ScoredTrack(emitted, scores, emitted.seconds + time.perf_counter() - began)

    def _deliver_oldest(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> float:
        # Returns the seconds of waiting.
        began = time.perf_counter()
        scored = self._queue.oldest()
        waited = time.perf_counter() - began
        self._deliver(trainer, pl_module, scored)
        self._queue.drop_oldest()
        return waited

    def _deliver(self, trainer: pl.Trainer, pl_module: pl.LightningModule, scored: ScoredTrack) -> None:
        began = time.perf_counter()
        emitted, scores = scored.emitted, scored.scores
        epoch = emitted.place.epoch
        self.last = scores
        self.results = list(zip(scores.legs, scores.results, strict=True))
        self.metrics = {
            **{f"geometry/{name}": value for name, value in scores.metrics.items()},
            "geometry/weight_norm": emitted.weight_norm,
        }
        if self.record is not None:
            lines = {(epoch, line["leg"], line["score"]): line for line in scores.lines(epoch)}
            # After early stopping the last epoch is scored twice, the second time with the scores of the end.
            self.record.append([line for key, line in lines.items() if key not in self._recorded])
            self._recorded |= lines.keys()
        for index, name, reason in scores.reasons:
            log.warning("epoch %d, leg %d, %s is NaN: %s", epoch, index, name, reason)
        times = {"time/score_s": scored.seconds + time.perf_counter() - began}
        if not self.background:
            times["time/score_wait_s"] = times["time/score_s"]
        log_now(trainer, pl_module, {**self.metrics, **times}, epoch=epoch, shown=SHOWN, place=emitted.place)
        for listener in trainer.callbacks:
            if isinstance(listener, ScoreListener):
                listener.on_scores(trainer, pl_module, emitted.track, scores)
