"""From the configuration to the callbacks of a run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint

from geodl.callbacks.figure import FigureCallback
from geodl.callbacks.plane import PlaneCallback
from geodl.callbacks.profile import ProfileCallback
from geodl.callbacks.progress import RunProgressBar
from geodl.callbacks.read_outs import ReadOutTable
from geodl.callbacks.scoring import ScoringCallback
from geodl.callbacks.status import StatusCallback
from geodl.callbacks.track import TrackCallback
from geodl.callbacks.track_writer import TrackWriter
from geodl.config import did_you_mean
from geodl.config.fingerprint import architecture
from geodl.config.score_choice import chosen_scores, transport_options
from geodl.data import ProbeSet
from geodl.errors import ConfigError
from geodl.module import EPOCH_METRICS
from geodl.records.run_folder import RunFolder
from geodl.records.scores import ScoreRecord


def _check_monitor(key: str, name: str, scoring: ScoringCallback, every_n_epochs: int) -> None:
    # Lightning would find out after the first epoch, and only warn if the checkpoint is concerned.
    if every_n_epochs > 1 and name.startswith("geometry/"):
        raise ConfigError(
            f"{key}: expected a metric that every epoch has, found {name!r}, which "
            f"track.every_n_epochs={every_n_epochs} leaves out of some; set track.every_n_epochs=1"
        )
    known = [*EPOCH_METRICS, *scoring.monitored()]
    if re.sub(r"^geometry/leg\d+/", "geometry/", name) not in known:
        raise ConfigError(
            f"{key}: expected a metric that every epoch has, found {name!r}; {did_you_mean(name, known)} "
            "(a score with when=ends cannot be watched)"
        )


def _plane_title(config: Mapping[str, Any]) -> str:
    return f"{architecture(config['network'])}, decay {config['optimizer']['weight_decay']:g}"


def build_callbacks(
    config: Mapping[str, Any], folder: RunFolder, probe: ProbeSet, *, shows_bar: bool
) -> list[pl.Callback]:
    """Make the callbacks of a run, in the order in which they act.

    Args:
        config: The resolved configuration.
        folder: The run folder.
        probe: The probe set.
        shows_bar: Whether there is a progress bar.

    Returns:
        Recording, scoring, tables, status; then what the configuration asks for.
    """
    track, options = config["track"], config["callbacks"]
    scoring = ScoringCallback(
        chosen_scores(config["score"]),
        record=ScoreRecord(folder.path / "scores.jsonl"),
        background=config["score"].get("background", False),
        **transport_options(config["score"]),
    )
    callbacks: list[pl.Callback] = [
        TrackCallback(
            probe,
            network="network",
            read_outs=track["read_outs"],
            every_n_epochs=track["every_n_epochs"],
            batch_size=track["batch_size"],
            pool=track["pool"],
            tokens=track["tokens"],
        ),
        scoring,
        ReadOutTable(folder.path / "read_outs.csv"),
        StatusCallback(folder),
    ]
    if options["figure"]["enabled"]:
        callbacks.append(FigureCallback(folder.path / "figures", n_tracks=options["figure"]["n_tracks"]))
        callbacks.append(PlaneCallback(folder.path / "figures", title=_plane_title(config)))
    if options.get("profile", {}).get("enabled", True):  # a run from before there was a choice is repeated too
        callbacks.append(ProfileCallback(folder.path / "profiles"))
    if track["save"] != "none":
        callbacks.append(TrackWriter(folder.path / "tracks", keep=track["save"]))
    if shows_bar:
        callbacks.append(RunProgressBar(folder.status["slug"]))
    checkpoint = options["checkpoint"]
    if checkpoint["enabled"]:
        common = {
            "dirpath": folder.path / "checkpoints",
            "every_n_epochs": checkpoint["every_n_epochs"],
            "save_on_train_epoch_end": True,  # after the scores are in, so that geometry/* can be monitored
            "enable_version_counter": False,
        }
        callbacks.append(ModelCheckpoint(filename="last", **common))
        if checkpoint["monitor"] is not None:
            _check_monitor("callbacks.checkpoint.monitor", checkpoint["monitor"], scoring, track["every_n_epochs"])
            callbacks.append(
                ModelCheckpoint(filename="best", monitor=checkpoint["monitor"], mode=checkpoint["mode"], **common)
            )
    stopping = options["early_stopping"]
    if stopping["enabled"]:
        _check_monitor("callbacks.early_stopping.monitor", stopping["monitor"], scoring, track["every_n_epochs"])
        callbacks.append(
            EarlyStopping(
                stopping["monitor"],
                mode=stopping["mode"],
                patience=stopping["patience"],
                check_on_train_epoch_end=True,
            )
        )
    return callbacks
