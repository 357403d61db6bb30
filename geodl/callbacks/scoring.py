"""Scoring the data track at the end of each epoch."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytorch_lightning as pl
from pytorch_lightning.callbacks import EarlyStopping

from geodl.callbacks.track import TrackCallback
from geodl.epoch_log import log_now
from geodl.errors import ConfigError, RunFolderError
from geodl.networks import weight_matrices
from geodl.records.scores import ScoreRecord
from geodl.scores import METRICS, ScoreResult
from geodl.track_scores import TrackScores, checked_scores, score_track
from geodl.tracks import Leg, Track

log = logging.getLogger(__name__)

SHOWN = ("geometry/lss", "geometry/ots")
MOMENTS = ("always", "ends")


class ScoringCallback(pl.Callback):
    """Scores each track that ``TrackCallback`` emits, and logs the scores to every logger.

    Logged: ``geometry/<metric>`` and, for each leg with at least one step, ``geometry/leg<k>/<metric>``, as
    `geodl.track_scores.TrackScores.metrics` names them; beside them ``geometry/n_samples``, ``geometry/n_legs``,
    ``geometry/weight_norm`` (sum of ||W^l||² over linear and convolutional layers) and ``time/score_s``.
    Why a score is NaN, and how each was obtained, is in ``scores.jsonl``.

    Checkpoints may monitor ``geometry/lss`` and the like. Early stopping may too, if it comes after ``TrackCallback``
    in the trainer's list.

    Args:
        scores: Name of each score to compute, with ``always`` (each track) or ``ends`` (before and after training); a
            list means ``always``; None computes what `geodl.score_track` does.
        record: Where to write how the scores were obtained, a ``scores.jsonl``; None writes nothing.

    Attributes:
        results: Of the last track: one dictionary of results a leg.
        metrics: Of the last track: what was logged.
        last: All scores of the last track, a table when printed; None before the first.
    """

    def __init__(
        self,
        scores: Mapping[str, str] | Sequence[str] | None = None,
        *,
        record: ScoreRecord | str | Path | None = None,
    ) -> None:
        super().__init__()
        names = checked_scores(list(scores) if isinstance(scores, Mapping) else scores)
        self.scores = dict(scores) if isinstance(scores, Mapping) else dict.fromkeys(names, "always")
        for name, when in self.scores.items():
            if when not in MOMENTS:
                raise ConfigError(f"scores[{name!r}]: expected {' or '.join(MOMENTS)}, found {when!r}; choose one")
        self.record = ScoreRecord(Path(record)) if isinstance(record, str | Path) else record
        self.results: list[tuple[Leg, dict[str, ScoreResult]]] = []
        self.metrics: dict[str, float] = {}
        self.last: TrackScores | None = None
        self._recorded: set[tuple[int, int, str]] = set()

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Check that there will be tracks, and that whoever waits for scores comes later.

        Args:
            trainer: The trainer.
            pl_module: The module.
            stage: ``fit``, ``validate``, ``test`` or ``predict``.

        Raises:
            ConfigError: If there is no ``TrackCallback``, or more than one, or early stopping on a score is before it.
        """
        if stage != "fit":
            return
        self._recorded = set()
        callbacks = trainer.callbacks
        places = [index for index, callback in enumerate(callbacks) if isinstance(callback, TrackCallback)]
        if not places:
            raise ConfigError(
                "callbacks: expected a TrackCallback beside ScoringCallback, found none, so that there is nothing to "
                "score; add TrackCallback(probe=...)"
            )
        if len(places) > 1:
            raise ConfigError(
                f"callbacks: expected one TrackCallback, found {len(places)}, whose scores would be logged under the "
                "same names; join the probes, or train once for each"
            )
        for callback in callbacks[: places[0]]:
            if isinstance(callback, EarlyStopping) and callback.monitor.startswith("geometry/"):
                raise ConfigError(
                    f"callbacks: expected EarlyStopping on {callback.monitor!r} after TrackCallback, found it before, "
                    "where it would read the score of the epoch before; move it to the end of the list"
                )

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
        """Score a track.

        Args:
            trainer: The trainer.
            pl_module: The module.
            track: The track.

        Raises:
            RunFolderError: If the file of ``record`` holds the lines of another run.
        """
        began = time.perf_counter()
        epoch = track.epoch or 0
        at_end = track.metadata.get("moment") != "epoch"
        names = [name for name, when in self.scores.items() if when == "always" or at_end]
        self.last = scores = score_track(track, names)
        self.results = list(zip(scores.legs, scores.results, strict=True))
        weights = sum(float(w.detach().double().square().sum()) for _, w in weight_matrices(pl_module))
        self.metrics = {
            **{f"geometry/{name}": value for name, value in scores.metrics.items()},
            "geometry/weight_norm": weights,
        }
        if self.record is not None:
            if epoch == 0 and not self._recorded and self.record.path.exists():
                raise RunFolderError(
                    f"record: expected a new file at the start of training, found {self.record.path} of another run; "
                    "name another file, or move this one away"
                )
            lines = scores.lines(epoch)
            # After early stopping the last epoch is scored twice, the second time with the scores of the end.
            new = [line for line in lines if (epoch, line["leg"], line["score"]) not in self._recorded]
            self._recorded |= {(epoch, line["leg"], line["score"]) for line in new}
            self.record.append(new)
        for index, name, reason in scores.reasons:
            log.warning("epoch %d, leg %d, %s is NaN: %s", epoch, index, name, reason)
        seconds = time.perf_counter() - began
        log_now(trainer, pl_module, {**self.metrics, "time/score_s": seconds}, epoch=epoch, shown=SHOWN)
