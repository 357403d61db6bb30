"""What a job of ``geodl-score`` means by what it leaves open: the data of a run, the number of samples, a name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from geodl.errors import ConfigError

_DEFAULTS = {"tokens": "mean", "pool": "none", "split": "train", "seed": 0, "batch_size": 100}
_SAYS_NOTHING = {"model", "checkpoint", "final", "best", "last", "weights", "."}  # names of folders


def settle(config: Mapping[str, Any]) -> dict[str, Any]:
    """Replace what is null or ``auto`` by what it stands for.

    With ``model=checkpoint``, ``data=auto`` becomes the data of the run, and what is null in the ``track`` group is
    taken from the run. With ``model=huggingface``, ``data=auto`` is the built-in sentences.

    Args:
        config: A resolved configuration of ``geodl-score``.

    Returns:
        A copy in which the data have a name, the track its options (``n_samples`` may be null: as many as there are, up
        to 500) and the model a label.

    Raises:
        ConfigError: If the data are open, or the run folder of ``model=checkpoint`` cannot be read.
    """
    model, data, track = dict(config["model"]), dict(config["data"]), dict(config["track"])
    if model["kind"] == "checkpoint":
        run, status = read_run_config(model["path"])
        before = (
            {"n_samples", "split", "seed", "pool", "tokens", "batch_size"}
            if data["name"] == "auto"
            else {"pool", "tokens"}
        )
        for key in before:
            track[key] = run["track"].get(key) if track[key] is None else track[key]
        data = dict(run["data"]) if data["name"] == "auto" else data
        label = str(status.get("slug") or Path(model["path"]).name) + (" best" if model["which"] == "best" else "")
    else:
        label = _label(model)
    if data["name"] == "auto":
        if model["kind"] != "huggingface":
            raise ConfigError(
                f"data: expected a choice for model={model['kind']}, found none; add data=npz data.path=<file>, "
                "data=cifar10, data=digits or another"
            )
        data = {"name": "sentences", "path": None, "max_length": 128}
    for key, value in _DEFAULTS.items():
        track[key] = value if track[key] is None else track[key]
    if model["label"] is None:
        model["label"] = label + (" untrained" if is_untrained(model) else "")
    return {**config, "model": model, "data": data, "track": track}


def is_untrained(model: Mapping[str, Any]) -> bool:
    """Tell whether the weights of a model are drawn and not learnt, as far as its configuration says.

    Args:
        model: The ``model`` group.

    Returns:
        True if they are; False for ``model=python``, of which nobody knows.
    """
    if "untrained" in model:
        return bool(model["untrained"])
    return model["kind"] != "python" and model["weights"] is None


def read_run_config(folder: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read the configuration and the status of a run of ``geodl-train``.

    Args:
        folder: The run folder.

    Returns:
        ``config.yaml`` and ``status.json``.

    Raises:
        ConfigError: If it is no such folder.
    """
    path = Path(folder)
    try:
        config = yaml.safe_load((path / "config.yaml").read_text(encoding="utf-8"))
        status = json.loads((path / "status.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigError(
            f"model.path: expected the run folder of geodl-train with config.yaml and status.json, found {path} "
            f"({type(error).__name__}); name a folder outputs/<sweep>/<run>"
        ) from error
    if not isinstance(config, dict) or "network" not in config or "track" not in config:
        raise ConfigError(
            f"model.path: expected the run folder of geodl-train, found {path}, whose config.yaml has no network; "
            "name a folder outputs/<sweep>/<run> that geodl-train wrote"
        )
    return config, status


def _label(model: Mapping[str, Any]) -> str:
    if model["kind"] == "huggingface":
        parts = Path(model["path"]).parts
        return next((part for part in reversed(parts) if part not in _SAYS_NOTHING), parts[-1])
    name = str(model.get("name") or ".".join(str(model.get("target")).split(".")[-2:]))
    weights = model["weights"]
    return name if weights is None else f"{name} {Path(weights).stem if '/' in weights else weights}"
