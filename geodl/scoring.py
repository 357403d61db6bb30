"""One model, from a settled configuration to a run folder with its scores: the counterpart of ``geodl.training``."""

from __future__ import annotations

import io
import logging
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from geodl.config import validate_score
from geodl.config.fingerprint import fingerprint, slug
from geodl.config.score_choice import chosen_scores, transport_options
from geodl.errors import ConfigError, GeodlError, TrackError
from geodl.isolation import isolated
from geodl.models import LoadedModel, Samples, build_model, load_samples
from geodl.records.atomic import write_json
from geodl.records.lifecycle import ending
from geodl.records.provenance import provenance
from geodl.records.run_folder import RunFolder
from geodl.records.wandb_session import WandbSession
from geodl.report.model_page import write_page
from geodl.scored_files import leg_records, write_figures, write_tables
from geodl.summary import RunSummary, read_summary
from geodl.track_scores import TrackScores, score_track
from geodl.tracks import Description, Track, describe, record_track

log = logging.getLogger(__name__)


def score_model(config: Mapping[str, Any], *, overrides: Sequence[str] = (), multirun: bool = False) -> RunSummary:
    """Score one model and write its folder.

    A model that was scored before, with the same samples and options, is not scored again: its summary is returned
    with ``skipped=True``.

    Args:
        config: A configuration as :func:`geodl.config.settle` returns it.
        overrides: The command line's overrides, for the record.
        multirun: Whether the job is one of a Hydra multirun.

    Returns:
        The job's summary.
    """
    validate_score(config)
    sweep_folder = Path(config["paths"]["outputs"]) / config["sweep"]["name"]
    folder = RunFolder.claim(sweep_folder, slug(config), fingerprint(config), kind="score")
    if folder.finished:
        summary = read_summary(folder.path, skipped=True)
        log.info("%s", summary.line())
        if config["model"]["kind"] == "python":
            log.info(
                "the source of %s has not changed; if something that it imports has, remove %s to score it anew",
                config["model"]["target"],
                folder.path,
            )
        return summary
    with ending(folder):
        folder.write_configuration(config, list(overrides))
        with folder.logging(), isolated(seed=config["seed"], threads=config["threads"]):
            _run(config, folder, brief=multirun)
        write_page(folder.path)
    summary = read_summary(folder.path, skipped=False)
    log.info("%s -> %s", summary.line(), folder.path)
    return summary


def _run(config: Mapping[str, Any], folder: RunFolder, *, brief: bool) -> None:
    with _dashboard(config, folder) as session:
        began = time.perf_counter()
        samples = load_samples(config["data"], config["track"])
        loaded = build_model(config, samples)
        label = config["model"]["label"]
        log.info("%s: %s; %d %s", label, loaded.origin, samples.n_samples, samples)
        for note in loaded.notes:
            log.info("%s", note)
        loaded.model.to(_device(config["device"]))
        with _refusal(label, loaded, samples):
            description, track = _record(config["track"], loaded, samples, folder)
        if not brief:
            log.info("%s", description)
        recorded = time.perf_counter()
        scores = score_track(track, list(chosen_scores(config["score"])), **transport_options(config["score"]))
        for leg, name, reason in scores.reasons:
            log.warning("leg %d, %s is NaN: %s", leg, name, reason)
        if not scores.legs:
            raise TrackError(
                f"track.read_outs: expected two read-outs in a row with states of one shape, found none among "
                f"{', '.join(track.names)} of {label}; choose others"
            )
        write_tables(folder.path, description, track, scores)
        figures = write_figures(
            folder.path, track, scores, title=label, n_tracks=config["n_tracks"], class_names=samples.class_names
        )
        origin = {"probe_digest": samples.digest, "model_digest": loaded.digest}
        write_json(folder.path / "provenance.json", {**provenance(), **origin})
        summary = _summary(config, loaded, samples, description, track, scores)
        summary["seconds"] = time.perf_counter() - began
        summary["time/track_s"], summary["time/score_s"] = recorded - began, time.perf_counter() - recorded
        write_json(folder.path / "summary.json", summary)
        if session is not None:
            session.log_scores(summary["metrics"], figures, folder.path / "read_outs.csv")


def _record(
    options: Mapping[str, Any], loaded: LoadedModel, samples: Samples, folder: RunFolder
) -> tuple[Description, Track]:
    read_outs, final_norm = options["read_outs"], options["include_final_norm"]
    description = describe(loaded.model, loaded.first(2), read_outs, include_final_norm=final_norm, file=io.StringIO())
    track = record_track(
        loaded.model,
        loaded.inputs,
        read_outs,
        tokens=options["tokens"],
        pool=options["pool"],
        include_final_norm=final_norm,
        batch_size=options["batch_size"],
        storage=folder.path / "tracks" / "track" if options["storage"] == "disk" else None,
        labels=samples.labels,
        sample_ids=samples.sample_ids,
        metadata={"split": samples.split, "probe_seed": str(samples.seed), "probe": samples.digest},
    )
    return description, track


def _summary(
    config: Mapping[str, Any],
    loaded: LoadedModel,
    samples: Samples,
    description: Description,
    track: Track,
    scores: TrackScores,
) -> dict[str, Any]:
    legs = leg_records(scores)
    return {
        "kind": "score",
        "metrics": {f"geometry/{name}": value for name, value in scores.metrics.items()},
        "model": {
            "label": config["model"]["label"],
            "kind": config["model"]["kind"],
            "class": type(loaded.model).__name__,
            "origin": loaded.origin,
            "notes": list(loaded.notes),
            "n_parameters": loaded.n_parameters,
        },
        "data": {
            "name": Path(config["data"]["path"]).name if config["data"].get("path") else samples.name,
            "samples": str(samples),
            "n_classes": samples.n_classes,
            "class_names": list(samples.class_names),
        },
        "probe": {
            "n": samples.n_samples,
            "split": samples.split,
            "seed": samples.seed,
            "digest": samples.digest,
            "points": track.n_samples,
        },
        "track": {key: track.metadata.get(key, "") for key in ("read_outs", "tokens", "pool", "final_norm")},
        "describe": {"title": description.title, "notes": list(description.notes)},
        "legs": legs,
        "null": {f"leg{leg['index']}/lss_sqrt_L": math.sqrt(leg["n_steps"]) for leg in legs},
        "reasons": [{"leg": leg, "score": name, "reason": reason} for leg, name, reason in scores.reasons],
    }


@contextmanager
def _dashboard(config: Mapping[str, Any], folder: RunFolder) -> Iterator[WandbSession | None]:
    if config["logger"]["name"] != "wandb":
        yield None
        return
    session = WandbSession(
        config["logger"],
        folder=folder.path,
        run_id=folder.status["wandb_id"],
        config=config,
        slug=folder.status["slug"],
        job_type=config["model"]["label"],
    )
    failed = True
    try:
        yield session
        failed = False
    finally:
        session.finish(failed=failed)


def _device(wanted: str) -> torch.device:
    if wanted == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    kind, _, number = wanted.partition(":")
    if not there[kind] or (number and int(number) >= torch.cuda.device_count()):
        raise ConfigError(f"device: expected a device that this machine has, found {wanted}; use device=cpu")
    return torch.device(wanted)


@contextmanager
def _refusal(label: str, loaded: LoadedModel, samples: Samples) -> Iterator[None]:
    # A library's own words on a shape it cannot take say neither which data it met nor what to do.
    try:
        yield
    except GeodlError as error:
        if error.__cause__ is None or isinstance(error.__cause__, GeodlError):
            raise
        raise _refused(label, loaded, samples, error) from error
    except (RuntimeError, ValueError, TypeError, AssertionError, IndexError, NotImplementedError) as error:
        raise _refused(label, loaded, samples, error) from error


def _refused(label: str, loaded: LoadedModel, samples: Samples, error: Exception) -> TrackError:
    inputs = loaded.inputs if isinstance(loaded.inputs, dict) else {"x": loaded.inputs}
    shapes = ", ".join(f"{name} {tuple(values.shape[1:])}" for name, values in inputs.items())
    if samples.is_image:
        fix = "set model.image_size=224 or what it was made for, or choose other data"
    elif samples.sentences is not None:
        fix = "lower data.max_length, or call the model yourself with geodl.record_track(forward=...)"
    else:
        fix = "choose data of the shape that it takes"
    return TrackError(
        f"data: expected samples that {label} takes, found {samples}, passed as {shapes}: "
        f"{' '.join(str(error).split())[:400]}; {fix}"
    )
