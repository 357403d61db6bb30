"""One run, from a resolved configuration to a run folder: the only place where the pieces meet."""

from __future__ import annotations

import io
import logging
import math
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
import yaml
from torch import nn

from geodl.callbacks import ScoringCallback
from geodl.callbacks.build import build_callbacks
from geodl.config import validate
from geodl.config.fingerprint import architecture, fingerprint, slug
from geodl.data import GeodlDataModule, ProbeSet, build_datamodule
from geodl.errors import ConfigError
from geodl.isolation import isolated
from geodl.known_map_run import run_known_map
from geodl.module import ClassifierModule
from geodl.networks import build_configured, check_foreign_name, count_parameters
from geodl.records.atomic import write_json
from geodl.records.lifecycle import ending
from geodl.records.metrics import EpochMetricsLogger
from geodl.records.provenance import provenance
from geodl.records.run_folder import RunFolder
from geodl.records.wandb_session import WandbSession
from geodl.summary import RunSummary, read_summary
from geodl.tracks import Description, describe

log = logging.getLogger(__name__)


def train(config: Mapping[str, Any], *, overrides: Sequence[str] = (), multirun: bool = False) -> RunSummary:
    """Train one run and write its folder.

    A run that is finished already is not trained again: its summary is returned with ``skipped=True``.

    Args:
        config: A resolved configuration as :func:`geodl.config.resolve` returns it.
        overrides: The command line's overrides, for the record.
        multirun: Whether the run is one job of a Hydra multirun.

    Returns:
        The run's summary.
    """
    validate(config, multirun=multirun)
    if config["network"].get("library") and not config.get("calibration"):
        check_foreign_name(config["network"]["library"], config["network"]["name"])
    sweep_folder = Path(config["paths"]["outputs"]) / config["sweep"]["name"]
    folder = RunFolder.claim(sweep_folder, slug(config), fingerprint(config))
    if folder.finished:
        summary = read_summary(folder.path, skipped=True)
        log.info("%s", summary.line())
        for request in _not_recorded(folder, config):
            log.warning("%s was made without %s; remove that folder to make it anew", folder.path, request)
        return summary
    with ending(folder):
        folder.write_configuration(config, list(overrides))
        known = bool(config.get("calibration"))
        with (
            folder.logging(),
            isolated(seed=config["seed"], threads=config["trainer"]["threads"], collect=not known),
        ):
            if known:
                run_known_map(config, folder)
            else:
                _run(config, folder, brief=multirun)
    summary = read_summary(folder.path, skipped=False)
    log.info("%s -> %s", summary.line(), folder.path)
    return summary


def _not_recorded(folder: RunFolder, config: Mapping[str, Any]) -> list[str]:
    # What is asked for now but cannot change a number, so that the finished run is the same run.
    before = yaml.safe_load((folder.path / "config.yaml").read_text(encoding="utf-8"))
    save = config["track"]["save"]
    if config.get("calibration"):
        return []  # nothing that a known map writes is optional but its track
    wanted = {
        f"track.save={save}": save != "none" and before["track"]["save"] not in (save, "all"),
        "checkpoints": config["callbacks"]["checkpoint"]["enabled"] > before["callbacks"]["checkpoint"]["enabled"],
        "figures": config["callbacks"]["figure"]["enabled"] > before["callbacks"]["figure"]["enabled"],
        "a W&B run": config["logger"]["name"] == "wandb" != before["logger"]["name"],
    }
    return [name for name, missing in wanted.items() if missing]


def _run(config: Mapping[str, Any], folder: RunFolder, *, brief: bool) -> None:
    folder.update(max_epochs=config["trainer"]["max_epochs"])
    datamodule = build_datamodule(**config["data"], seed=config["seed"])
    datamodule.prepare_data()
    datamodule.setup()
    track = config["track"]
    probe = datamodule.probe(track["n_samples"], track["split"], track["seed"])
    network = build_configured(config["network"], datamodule.spec.input_shape, datamodule.spec.n_classes)
    description = describe(network, probe.x[:2], track["read_outs"], file=io.StringIO())
    brief_table = f"{description.title}; read-outs: {', '.join(description.read_outs)}"
    log.info("%s: %s", architecture(config["network"]), brief_table if brief else description)
    write_json(folder.path / "provenance.json", {**provenance(), "probe_digest": probe.digest})
    module = ClassifierModule(
        network,
        n_classes=datamodule.spec.n_classes,
        optimizer=config["optimizer"],
        loss=config["loss"],
        scheduler=config["scheduler"],
        max_epochs=config["trainer"]["max_epochs"],
    )
    csv = EpochMetricsLogger(folder.path / "metrics.csv")
    session = None
    if config["logger"]["name"] == "wandb":
        session = WandbSession(
            config["logger"],
            folder=folder.path,
            run_id=folder.status["wandb_id"],
            config=config,
            slug=folder.status["slug"],
            job_type=architecture(config["network"]),
        )
    failed = True
    try:
        trainer = _build_trainer(config, folder, probe, [csv, *([session.logger] if session else [])])
        began = time.perf_counter()
        _fit(trainer, module, datamodule)
        seconds = time.perf_counter() - began
        facts = _network_facts(config, network, description)
        _write_summary(folder, csv.rows, facts, datamodule, probe, trainer, seconds)
        if session is not None:
            session.describe(folder.facts())
        failed = False
    finally:
        if session is not None:
            session.finish(failed=failed)


def _network_facts(config: Mapping[str, Any], network: nn.Module, description: Description) -> dict[str, Any]:
    # Depth and width are null where the architecture has none to choose, tokens and pool where no state has any.
    options, track = config["network"], config["track"]
    axes = {row["shape"].count(" x ") for row in description.rows}
    return {
        "name": architecture(options),
        "family": options["family"],
        "depth": options.get("depth"),
        "width": options.get("width"),
        "n_parameters": count_parameters(network),
        "read_outs": list(description.read_outs),
        "tokens": track["tokens"] if 1 in axes else None,
        "pool": track["pool"] if axes & {2, 3} else None,
        "final_norm": description.final_norm,
    }


def _build_trainer(config: Mapping[str, Any], folder: RunFolder, probe: ProbeSet, loggers: list[Any]) -> pl.Trainer:
    options = config["trainer"]
    uses_gpu = options["accelerator"] == "gpu" or (options["accelerator"] == "auto" and torch.cuda.is_available())
    if options["precision"] == "16-mixed" and not uses_gpu:
        raise ConfigError(
            "trainer.precision: expected 32-true, 64-true or bf16-mixed without a GPU, found 16-mixed, in whose place "
            "bf16-mixed would run; set trainer.precision=bf16-mixed to have that"
        )
    shows_bar = options["progress_bar"] == "on" or (options["progress_bar"] == "auto" and sys.stderr.isatty())
    try:
        return pl.Trainer(
            max_epochs=options["max_epochs"],
            accelerator=options["accelerator"],
            devices=options["devices"],
            precision=options["precision"],
            deterministic=options["deterministic"],
            gradient_clip_val=options["gradient_clip_norm"],
            limit_train_batches=options["limit_train_batches"],
            callbacks=build_callbacks(config, folder, probe, shows_bar=shows_bar),
            logger=loggers,
            enable_progress_bar=shows_bar,
            enable_model_summary=False,  # the description says more
            enable_checkpointing=config["callbacks"]["checkpoint"]["enabled"],
            inference_mode=False,  # metrics live from validation to training and must stay ordinary tensors
            num_sanity_val_steps=0,  # the whole validation runs before training, as epoch 0
            log_every_n_steps=1,  # nothing is logged by step, and a short epoch must not be a warning
            default_root_dir=folder.path,
        )
    except pl.utilities.exceptions.MisconfigurationException as error:
        raise ConfigError(
            f"trainer: expected hardware that this machine has, found {error}; use trainer=cpu"
        ) from error


def _fit(trainer: pl.Trainer, module: ClassifierModule, datamodule: GeodlDataModule) -> None:
    # Measures the untrained network, then trains. Lightning's answer to Ctrl-C becomes a KeyboardInterrupt again.
    try:
        trainer.validate(module, datamodule=datamodule, verbose=False)
        trainer.fit(module, datamodule=datamodule)
    except SystemExit as error:
        if trainer.interrupted:
            raise KeyboardInterrupt from error
        raise
    if trainer.interrupted:
        raise KeyboardInterrupt


def _write_summary(
    folder: RunFolder,
    rows: Mapping[int, Mapping[str, float]],
    facts: Mapping[str, Any],
    datamodule: GeodlDataModule,
    probe: ProbeSet,
    trainer: pl.Trainer,
    seconds: float,
) -> None:
    last = max(rows)
    scoring = next(c for c in trainer.callbacks if isinstance(c, ScoringCallback))
    legs: list[dict[str, Any]] = [
        {"index": leg.index, "names": list(leg.names), "dim": leg.dim, "n_steps": leg.n_steps}
        for leg, _ in scoring.results
    ]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)
    write_json(
        folder.path / "summary.json",
        {
            "metrics": dict(rows[last]),
            "network": facts,
            "data": asdict(datamodule.spec),
            "probe": {"n": probe.n_samples, "split": probe.split, "seed": probe.seed, "digest": probe.digest},
            "legs": legs,
            "null": {f"leg{leg['index']}/lss_sqrt_L": math.sqrt(leg["n_steps"]) for leg in legs},
            "seconds": seconds,
            "peak_memory_mb": memory,  # of the process so far: jobs of a multirun share it
            "peak_device_memory_mb": torch.cuda.max_memory_allocated() / 1024**2 if torch.cuda.is_available() else None,
            "epochs": last,
        },
    )
