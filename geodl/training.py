"""One run, from a resolved configuration to a run folder: the only place where the pieces meet."""

from __future__ import annotations

import logging
import math
import resource
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
import yaml

from geodl.callbacks import ScoringCallback
from geodl.callbacks.build import build_callbacks
from geodl.config import validate
from geodl.config.fingerprint import fingerprint, slug
from geodl.data import GeodlDataModule, ProbeSet, build_datamodule
from geodl.errors import ConfigError, RunFolderError
from geodl.isolation import isolated
from geodl.module import ClassifierModule
from geodl.networks import Network, build_network
from geodl.records.atomic import write_json
from geodl.records.metrics import EpochMetricsLogger
from geodl.records.provenance import provenance
from geodl.records.run_folder import RunFolder
from geodl.records.wandb_session import WandbSession
from geodl.summary import RunSummary, read_summary

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

    Raises:
        RunFolderError: If the run folder cannot be written.
        KeyboardInterrupt: If the user stopped the run.
    """
    validate(config, multirun=multirun)
    sweep_folder = Path(config["paths"]["outputs"]) / config["sweep"]["name"]
    folder = RunFolder.claim(sweep_folder, slug(config), fingerprint(config))
    if folder.finished:
        summary = read_summary(folder.path, skipped=True)
        log.info("%s", summary.line())
        for request in _not_recorded(folder, config):
            log.warning("%s was made without %s; remove that folder to make it anew", folder.path, request)
        return summary
    try:
        folder.write_configuration(config, list(overrides))
        with folder.logging(), isolated(seed=config["seed"], threads=config["trainer"]["threads"]):
            _run(config, folder, brief=multirun)
    except KeyboardInterrupt as error:
        folder.end("interrupted", error)
        log.warning("%s: interrupted; its metrics up to the last epoch are in %s", folder.path.name, folder.path)
        raise
    except Exception as error:
        no_room = isinstance(error, OSError) or _is_disk_full(folder, error)
        folder.end("failed", error)
        if no_room:
            raise RunFolderError(
                f"paths.outputs: expected room and permission to write {folder.path}, found: {error}; the metrics "
                "written so far are kept; free space or set paths.outputs=<another folder>"
            ) from error
        raise
    folder.end("finished")
    summary = read_summary(folder.path, skipped=False)
    log.info("%s -> %s", summary.line(), folder.path)
    return summary


def _is_disk_full(folder: RunFolder, error: Exception) -> bool:
    # torch and safetensors report a full disk as errors of their own.
    return "No space left on device" in str(error) or shutil.disk_usage(folder.path).free < 64 * 1024


def _not_recorded(folder: RunFolder, config: Mapping[str, Any]) -> list[str]:
    # What is asked for now but cannot change a number, so that the finished run is the same run.
    before = yaml.safe_load((folder.path / "config.yaml").read_text(encoding="utf-8"))
    save = config["track"]["save"]
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
    network = _build_network(config["network"], datamodule)
    table = network.describe()
    log.info("%s", f"{table.splitlines()[0]}; read-outs: {', '.join(network.read_outs())}" if brief else table)
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
        )
    failed = True
    try:
        trainer = _build_trainer(config, folder, probe, [csv, *([session.logger] if session else [])])
        began = time.perf_counter()
        _fit(trainer, module, datamodule)
        seconds = time.perf_counter() - began
        _write_summary(folder, config, csv.rows, network, datamodule, probe, trainer, seconds)
        failed = False
    finally:
        if session is not None:
            session.finish(failed=failed)


def _build_network(options: Mapping[str, Any], datamodule: GeodlDataModule) -> Network:
    spec = datamodule.spec
    arguments = {key: value for key, value in options.items() if key not in ("name", "family")}
    return build_network(options["name"], spec.input_shape, spec.n_classes, **arguments)


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
            enable_model_summary=False,  # describe() says more
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
    config: Mapping[str, Any],
    rows: Mapping[int, Mapping[str, float]],
    network: Network,
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
            "network": {
                "name": config["network"]["name"],
                "family": network.family,
                "depth": config["network"]["depth"],
                "width": config["network"]["width"],
                "n_parameters": network.n_parameters,
                "read_outs": network.read_outs(),
            },
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
