"""A run of a known map: scored like the last epoch of a training, without data, network or training."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping
from typing import Any

from geodl.calibration.track import known_track, points_digest
from geodl.config.score_choice import chosen_scores, transport_options
from geodl.records.atomic import write_json
from geodl.records.metrics import EpochMetricsLogger
from geodl.records.provenance import provenance
from geodl.records.run_folder import RunFolder
from geodl.records.scores import ScoreRecord
from geodl.records.wandb_session import WandbSession
from geodl.track_scores import TrackScores, score_track
from geodl.tracks import Track

log = logging.getLogger(__name__)

FAMILY = "known map"
"""Stands in ``summary.json`` where a network has its family."""


def run_known_map(config: Mapping[str, Any], folder: RunFolder) -> None:
    """Score a known map and write what a training writes: provenance, scores, one epoch of metrics, summary.

    Scores that training computes at its ends only are computed too: epoch 0 is first and last.

    Args:
        config: A resolved configuration with a ``calibration`` node.
        folder: The run folder, claimed and with its configuration written.
    """
    known, n = config["calibration"], config["track"]["n_samples"]
    session = None
    if config["logger"]["name"] == "wandb":
        session = WandbSession(
            config["logger"],
            folder=folder.path,
            run_id=folder.status["wandb_id"],
            config=config,
            slug=folder.status["slug"],
            job_type=FAMILY,
        )
    failed = True
    try:
        began = time.perf_counter()
        track = known_track(
            known["map"], known["amount"], n=n, dim=known["dim"], depth=known["depth"], seed=config["seed"]
        )
        digest = points_digest(track.legs()[0].states[0])
        write_json(folder.path / "provenance.json", {**provenance(), "probe_digest": digest})
        scoring = time.perf_counter()
        scores = score_track(track, list(chosen_scores(config["score"])), **transport_options(config["score"]))
        seconds = time.perf_counter() - scoring
        for index, name, reason in scores.reasons:
            log.warning("leg %d, %s is NaN: %s", index, name, reason)
        ScoreRecord(folder.path / "scores.jsonl").append(scores.lines(0))
        metrics = {f"geometry/{name}": value for name, value in scores.metrics.items()}
        row = {**metrics, "time/score_s": seconds, "epoch": 0.0}
        csv = EpochMetricsLogger(folder.path / "metrics.csv")
        for logger in (csv, *([session.logger] if session else [])):
            logger.log_metrics(row, step=0)
        if config["track"]["save"] != "none":
            name = "last" if config["track"]["save"] == "last" else "epoch_0000"
            track.save(folder.path / "tracks" / f"{name}.safetensors")
        folder.update(epoch=0, max_epochs=0)
        write_json(folder.path / "summary.json", _summary(config, track, scores, csv.rows[0], digest, began))
        failed = False
    finally:
        if session is not None:
            session.finish(failed=failed)


def _summary(
    config: Mapping[str, Any],
    track: Track,
    scores: TrackScores,
    row: Mapping[str, float],
    digest: str,
    began: float,
) -> dict[str, Any]:
    known = config["calibration"]
    return {
        "metrics": dict(row),
        "network": {
            "name": FAMILY,
            "family": FAMILY,
            "depth": None,
            "width": None,
            "n_parameters": 0,
            "read_outs": list(track.names),
            "tokens": None,
            "pool": None,
            "final_norm": "none",
        },
        "known_map": dict(known),
        "data": {"name": "standard Gaussian points"},
        "probe": {"n": track.n_samples, "split": None, "seed": config["seed"], "digest": digest},
        "legs": [
            {"index": leg.index, "names": list(leg.names), "dim": leg.dim, "n_steps": leg.n_steps}
            for leg in scores.legs
        ],
        "null": {f"leg{leg.index}/lss_sqrt_L": math.sqrt(leg.n_steps) for leg in scores.legs},
        "seconds": time.perf_counter() - began,
        "peak_memory_mb": None,
        "peak_device_memory_mb": None,
        "epochs": 0,
    }
