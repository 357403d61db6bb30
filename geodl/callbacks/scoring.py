"""Scoring the data track at the end of each epoch."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping
from typing import Any

import pytorch_lightning as pl

from geodl.epoch_log import log_now
from geodl.networks import weight_matrices
from geodl.records.scores import ScoreRecord
from geodl.scores import METRICS, ScoreResult, leg_metrics, score_leg
from geodl.tracks import Leg, Track

log = logging.getLogger(__name__)

SHOWN = ("geometry/lss", "geometry/ots")


class ScoringCallback(pl.Callback):
    """Scores each track that ``TrackCallback`` emits, and logs the scores to every logger.

    Logged: ``geometry/<metric>`` and, for each leg with at least one step, ``geometry/leg<k>/<metric>``. With one leg
    the two are the same. With several the first is the plain mean over the legs of two or more steps (over all legs if
    there is none), since a single step is straight by definition; it is NaN as soon as one of these legs' is NaN.
    Beside them ``geometry/n_samples``, ``geometry/n_legs``, ``geometry/weight_norm`` (sum of ||W^l||²) and
    ``time/score_s``.
    Why a score is NaN, and how each was obtained, is in ``scores.jsonl``.

    Args:
        scores: Name of each score to compute, with ``always`` (each track) or ``ends`` (before and after training).
        record: Where to write how the scores were obtained; None writes nothing.

    Attributes:
        results: Of the last track: one dictionary of results a leg.
        metrics: Of the last track: what was logged.
    """

    def __init__(self, scores: Mapping[str, str], *, record: ScoreRecord | None = None) -> None:
        super().__init__()
        self.scores = dict(scores)
        self.record = record
        self.results: list[tuple[Leg, dict[str, ScoreResult]]] = []
        self.metrics: dict[str, float] = {}
        self._recorded: set[tuple[int, int, str]] = set()

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
        """
        began = time.perf_counter()
        epoch = track.epoch or 0
        at_end = track.metadata.get("moment") != "epoch"
        names = [name for name, when in self.scores.items() if when == "always" or at_end]
        labels = None if track.labels is None else track.labels.numpy()
        legs = [leg for leg in track.legs() if leg.n_steps > 0]
        self.results = [(leg, score_leg(leg.states, labels=labels, scores=_defined(names, leg))) for leg in legs]
        weights = sum(float(w.detach().double().square().sum()) for _, w in weight_matrices(pl_module))
        self.metrics = {
            **{f"geometry/{name}": value for name, value in _metrics(self.results).items()},
            "geometry/n_samples": float(track.n_samples),
            "geometry/n_legs": float(len(legs)),
            "geometry/weight_norm": weights,
        }
        if self.record is not None:
            lines = [line for leg, results in self.results for line in _lines(epoch, leg, results)]
            # After early stopping the last epoch is scored twice, the second time with the scores of the end.
            new = [line for line in lines if (epoch, line["leg"], line["score"]) not in self._recorded]
            self._recorded |= {(epoch, line["leg"], line["score"]) for line in new}
            self.record.append(new)
        for leg, results in self.results:
            for name, result in results.items():
                if not result.valid:
                    log.warning("epoch %d, leg %d, %s is NaN: %s", epoch, leg.index, name, result.reason)
        seconds = time.perf_counter() - began
        log_now(trainer, pl_module, {**self.metrics, "time/score_s": seconds}, epoch=epoch, shown=SHOWN)


def _defined(names: list[str], leg: Leg) -> list[str]:
    # A leg of one step has no inner layer that could deviate.
    return [name for name in names if leg.n_steps > 1 or name != "geodesic_deviation"]


def _metrics(results: list[tuple[Leg, dict[str, ScoreResult]]]) -> dict[str, float]:
    by_leg = {leg.index: leg_metrics(scores) for leg, scores in results}
    long = {leg.index for leg, _ in results if leg.n_steps > 1} or set(by_leg)
    headline = [metrics for index, metrics in by_leg.items() if index in long]
    names = list(dict.fromkeys(name for metrics in headline for name in metrics))
    flat = {f"leg{index}/{name}": value for index, metrics in by_leg.items() for name, value in metrics.items()}
    for name in names:
        values = [metrics.get(name, math.nan) for metrics in headline]
        flat[name] = math.fsum(values) / len(values) if all(map(math.isfinite, values)) else math.nan
    return flat


def _lines(epoch: int, leg: Leg, results: Mapping[str, ScoreResult]) -> list[dict[str, Any]]:
    return [
        {
            "epoch": epoch,
            "leg": leg.index,
            "read_outs": list(leg.names),
            "score": name,
            "value": result.value,
            "valid": result.valid,
            "reason": result.reason,
            "details": dict(result.details),
            "n": leg.n_samples,
            "d": leg.dim,
        }
        for name, result in results.items()
    ]
