"""New scores of networks that are trained already: another probe, another sample size, other scores, no training."""

from __future__ import annotations

import csv
import hashlib
import json
import logging
import math
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from geodl.config import validate
from geodl.config.fingerprint import fingerprint, slug
from geodl.config.score_choice import chosen_scores, transport_options
from geodl.config.settle import read_run_config
from geodl.errors import ConfigError, RunFolderError
from geodl.fixed_probe import FixedProbe
from geodl.isolation import isolated
from geodl.models import LoadedModel, Samples, build_model, load_samples
from geodl.networks import weight_matrices
from geodl.probe_recorder import ProbeRecorder
from geodl.profiles import track_profile
from geodl.records.atomic import write_json
from geodl.records.lifecycle import ending
from geodl.records.provenance import provenance
from geodl.records.run_folder import RunFolder, read_status
from geodl.records.scores import ScoreRecord
from geodl.records.table import write_metrics
from geodl.summary import RunSummary, read_summary
from geodl.track_scores import score_track

log = logging.getLogger(__name__)

WHICH = ("last", "best")
"""Checkpoints that a run may have kept."""


def rescore(run: Path, config: Mapping[str, Any], sweep_folder: Path, *, which: str = "last") -> RunSummary:
    """Score the network of a finished run anew, into a run folder that the report reads like any other.

    Recorded are the network before training, built from the run's seed, and its checkpoint. With the run's own options
    every ``geometry/*`` is the run's to the last bit; accuracies and losses are the run's in any case.

    Args:
        run: Folder of the run; nothing in it is changed.
        config: The run's configuration with new ``track`` and ``score`` groups.
        sweep_folder: Where the new run folder goes.
        which: ``last`` or ``best``, the checkpoint.

    Returns:
        The summary; ``skipped`` if this was done before.

    Raises:
        RunFolderError: If the run is not finished, has no such checkpoint or was changed since, or if another
            checkpoint was scored under this name.
        ConfigError: If a value of the configuration is out of its range.
    """
    if which not in WHICH:
        raise ConfigError(f"which: expected {' or '.join(WHICH)}, found {which!r}; choose one")
    checkpoint = run / "checkpoints" / f"{which}.ckpt"
    status = read_status(run)
    if status.get("status") != "finished":
        raise RunFolderError(
            f"{run.name}: expected a finished run, found {status.get('status', 'no status.json')}; finish it first"
        )
    if not checkpoint.is_file():
        raise RunFolderError(
            f"{run.name}: expected checkpoints/{which}.ckpt, found none; train with callbacks.checkpoint.enabled=true"
        )
    before, _ = read_run_config(str(run))
    if fingerprint(before) != status.get("fingerprint"):
        raise RunFolderError(
            f"{run.name}: expected the configuration of {status.get('fingerprint')} in config.yaml, found "
            f"{fingerprint(before)}: the file, or the data or weights that it names, was changed after the run"
        )
    validate(config)
    folder = RunFolder.claim(sweep_folder, slug(config), fingerprint(config), kind="rescore")
    if folder.finished:
        scored = json.loads((folder.path / "provenance.json").read_text(encoding="utf-8"))["rescored"]["sha256"]
        if scored != _digest(checkpoint):
            raise RunFolderError(
                f"{folder.path}: expected the scores of {checkpoint}, found those of another checkpoint (SHA-256 "
                f"{scored[:12]}); give another --name"
            )
        return read_summary(folder.path, skipped=True)
    with ending(folder):
        folder.write_configuration(config, [])
        with folder.logging(), isolated(seed=config["seed"], threads=config["trainer"]["threads"]):
            _score(run, checkpoint, config, folder)
    return read_summary(folder.path, skipped=False)


def _score(run: Path, checkpoint: Path, config: Mapping[str, Any], folder: RunFolder) -> None:
    samples = load_samples(config["data"], config["track"])
    trained = json.loads((run / "provenance.json").read_text(encoding="utf-8"))
    origin = {
        "run": str(run.resolve()),
        "commit": trained.get("commit"),
        "diff_sha": trained.get("diff_sha"),
        "fingerprint": read_status(run).get("fingerprint"),
        "checkpoint": checkpoint.name,
        "sha256": _digest(checkpoint),
    }
    write_json(
        folder.path / "provenance.json",
        {**provenance(), "probe_digest": samples.digest, "rescored": origin},
    )
    epoch = _epochs_of(checkpoint)
    before = _epoch_rows(run / "metrics.csv")
    if epoch not in before:
        raise RunFolderError(f"{run.name}: expected epoch {epoch} of {checkpoint.name} in metrics.csv, found none")
    recorder: ProbeRecorder | None = None
    rows: list[dict[str, float]] = []
    legs: list[dict[str, Any]] = []
    for at, untrained in ((0, True), (epoch, False)):
        loaded = _network(run, checkpoint.stem, samples, untrained=untrained, seed=config["seed"])
        recorder = recorder or _recorder(config["track"], loaded, samples)
        metrics, legs = _measure(recorder, loaded, at, config, folder.path)
        kept = {k: v for k, v in before.get(at, {}).items() if not k.startswith(("geometry/", "time/"))}
        rows.append({"epoch": at, **kept, **metrics})
    write_metrics(folder.path / "metrics.csv", rows, key="epoch")
    summary = json.loads((run / "summary.json").read_text(encoding="utf-8"))
    write_json(
        folder.path / "summary.json",
        {
            **summary,
            "metrics": rows[-1],
            "probe": {"n": samples.n_samples, "split": samples.split, "seed": samples.seed, "digest": samples.digest},
            "legs": legs,
            "null": {f"leg{leg['index']}/lss_sqrt_L": math.sqrt(leg["n_steps"]) for leg in legs},
            "epochs": epoch,
        },
    )
    folder.update(max_epochs=config["trainer"]["max_epochs"], epoch=epoch)


def _digest(checkpoint: Path) -> str:
    return hashlib.sha256(checkpoint.read_bytes()).hexdigest()


def _epochs_of(checkpoint: Path) -> int:
    try:
        return int(torch.load(checkpoint, map_location="cpu", weights_only=True)["epoch"]) + 1
    except (OSError, RuntimeError, EOFError, ValueError, KeyError, pickle.UnpicklingError) as error:
        raise RunFolderError(
            f"{checkpoint}: expected a checkpoint of geodl-train, found a file that cannot be read as one "
            f"({type(error).__name__}); train the run again"
        ) from error


def _network(run: Path, which: str, samples: Samples, *, untrained: bool, seed: int) -> LoadedModel:
    model = {"kind": "checkpoint", "path": str(run), "which": which, "untrained": untrained, "label": run.name}
    return build_model({"model": model, "seed": seed}, samples)


def _recorder(track: Mapping[str, Any], loaded: LoadedModel, samples: Samples) -> ProbeRecorder:
    return ProbeRecorder(
        FixedProbe(loaded.inputs, samples.labels, samples.sample_ids),
        read_outs=track["read_outs"],
        tokens=track["tokens"],
        pool=track["pool"],
        batch_size=track["batch_size"],
    )


def _measure(
    recorder: ProbeRecorder, loaded: LoadedModel, epoch: int, config: Mapping[str, Any], folder: Path
) -> tuple[dict[str, float], list[dict[str, Any]]]:
    track = recorder.record(loaded.model, epoch=epoch)
    scores = score_track(track, list(chosen_scores(config["score"])), **transport_options(config["score"]))
    for leg, name, reason in scores.reasons:
        log.warning("epoch %d, leg %d, %s is NaN: %s", epoch, leg, name, reason)
    ScoreRecord(folder / "scores.jsonl").append(scores.lines(epoch))
    (folder / "profiles").mkdir(exist_ok=True)
    profile = track_profile(track, list(zip(scores.legs, scores.results, strict=True)))
    profile.save(folder / "profiles" / f"epoch_{epoch:04d}.npz")
    metrics = {f"geometry/{name}": value for name, value in scores.metrics.items()}
    metrics["geometry/weight_norm"] = sum(
        float(w.detach().double().square().sum()) for _, w in weight_matrices(loaded.model)
    )
    legs = [
        {"index": leg.index, "names": list(leg.names), "dim": leg.dim, "n_steps": leg.n_steps} for leg in scores.legs
    ]
    return metrics, legs


def _epoch_rows(path: Path) -> dict[int, dict[str, float]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {
            int(float(row["epoch"])): {k: float(v) for k, v in row.items() if k != "epoch" and v}
            for row in csv.DictReader(file)
        }
