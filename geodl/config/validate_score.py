"""Rules of ``geodl-score``, checked before torch is imported: what the model needs and what the data can give."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from geodl.config.suggest import did_you_mean
from geodl.config.validate import check_values
from geodl.errors import ConfigError

CHOICES: dict[str, tuple[str, ...]] = {
    "model.kind": ("torchvision", "timm", "huggingface", "checkpoint", "python"),
    "model.normalize": ("data", "weights"),
    "model.channels": ("keep", "repeat"),
    "model.which": ("last", "best"),
    "track.tokens": ("mean", "last", "cls", "flatten", "all"),
    "track.storage": ("memory", "disk"),
}
AT_LEAST: dict[str, int] = {"model.image_size": 1, "data.max_length": 2, "threads": 1, "n_tracks": 1}


def validate_score(config: Mapping[str, Any]) -> None:
    """Check a configuration of ``geodl-score``.

    Args:
        config: Nested plain dictionaries as :func:`geodl.config.settle` returns them.

    Raises:
        ConfigError: If a value lies outside its range or choices, two values contradict each other, or a file is
            missing.
    """
    values = check_values(config)
    for key, known in CHOICES.items():
        if key in values and values[key] not in known:
            raise ConfigError(
                f"{key}: expected one of {', '.join(known)}; found {values[key]!r}; "
                f"{did_you_mean(str(values[key]), known)}"
            )
    for key, least in AT_LEAST.items():
        value = values.get(key)
        if value is not None and value < least:
            raise ConfigError(f"{key}: expected at least {least}, found {value}; set {key}={least} or more")
    if not re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?", values["device"]):
        raise ConfigError(f"device: expected auto, cpu, cuda, cuda:<k> or mps, found {values['device']!r}; set one")
    read_outs = config["track"]["read_outs"]
    if not (isinstance(read_outs, str) and read_outs) and not (
        isinstance(read_outs, list) and read_outs and all(isinstance(name, str) for name in read_outs)
    ):
        raise ConfigError(
            f"track.read_outs: expected auto, a pattern or a list of names, found {read_outs!r}; write "
            "track.read_outs=auto, 'track.read_outs=\"encoder.layer.*\"' or track.read_outs=[layer1,layer2]"
        )
    _check_files(config["model"], config["data"])
    _check_together(config["model"], config["data"])


def _check_files(model: Mapping[str, Any], data: Mapping[str, Any]) -> None:
    if data.get("path") and not Path(data["path"]).is_file():
        raise ConfigError(f"data.path: expected a file, found none at {data['path']}; correct the path")
    weights = model.get("weights")
    if weights and ("/" in weights or Path(weights).suffix) and not Path(weights).is_file():
        raise ConfigError(
            f"model.weights: expected a file with a state dict, found none at {weights}; correct the path"
        )
    path = Path(model.get("path") or "")
    if model["kind"] == "huggingface" and path.is_absolute() and not (path / "config.json").is_file():
        raise ConfigError(
            f"model.path: expected a folder with config.json, found none at {path}; correct the path, or give a "
            "name on the hub such as openai-community/gpt2"
        )
    if model["kind"] == "checkpoint" and not model["untrained"]:
        file = path / "checkpoints" / f"{model['which']}.ckpt"
        if not file.is_file():
            fix = "callbacks.checkpoint.enabled=true"
            if model["which"] == "best":
                fix += " and callbacks.checkpoint.monitor=<metric>, or use model.which=last"
            raise ConfigError(f"model.which: expected a checkpoint at {file}, found none; train with {fix}")


def _check_together(model: Mapping[str, Any], data: Mapping[str, Any]) -> None:
    if data["name"] == "sentences" and model["kind"] != "huggingface":
        raise ConfigError(
            f"data: expected images or vectors for model={model['kind']}, which brings no tokenizer, found sentences; "
            "use model=huggingface, or record the track in Python with geodl.record_track"
        )
    if model.get("normalize") == "weights":
        if model["weights"] is None:
            raise ConfigError(
                "model.normalize: expected data where model.weights=null, found weights; there are no weights whose "
                "normalisation could be meant: set model.normalize=data"
            )
        if data["normalize"] != "unit":
            raise ConfigError(
                f"data.normalize: expected unit (pixels in [0, 1]) with model.normalize=weights, found "
                f"{data['normalize']}; add data.normalize=unit"
            )
