"""``model=checkpoint``: the network of a run of ``geodl-train``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from geodl.config.settle import read_run_config
from geodl.errors import ConfigError
from geodl.models.loaded import LoadedModel, with_seed
from geodl.models.samples import Samples
from geodl.models.weights import read_state_dict
from geodl.networks.configured import build_configured


def build_checkpoint(options: Mapping[str, Any], samples: Samples, *, seed: int) -> LoadedModel:
    """Build a run's network from its configuration and load its checkpoint.

    Args:
        options: The ``model`` group: path, which, untrained.
        samples: What will pass through it, of the shape the network was trained on.
        seed: Ignored: an untrained network is that of the run, with the run's seed.

    Returns:
        The network and its inputs.

    Raises:
        ConfigError: The folder is incomplete, or the samples have another shape.
    """
    del seed
    folder = Path(options["path"])
    run, status = read_run_config(options["path"])
    shape, n_classes = _data_of(folder, samples)
    if samples.x is None or samples.shape != shape:
        raise ConfigError(
            f"data: expected samples of shape {shape}, which {folder.name} was trained on, found {samples}; leave out "
            "data to use its own"
        )
    network = with_seed(lambda: build_configured(run["network"], shape, n_classes), int(run["seed"]))
    double = run["trainer"]["precision"] == "64-true"
    if double:
        network = network.double()  # before its weights, which single precision would round
    origin = f"network of {folder.name}, before training"
    if not options["untrained"]:
        file = folder / "checkpoints" / f"{options['which']}.ckpt"
        prefix = "network."
        state = {
            name.removeprefix(prefix): values
            for name, values in read_state_dict(str(file)).items()
            if name.startswith(prefix)
        }
        try:
            network.load_state_dict(state)
        except RuntimeError as error:
            raise ConfigError(
                f"model.path: expected the weights of this run's network in {file}, found others "
                f"({str(error).splitlines()[1].strip()}); the code of the network has changed since, or the file "
                "belongs to another run"
            ) from error
        origin = f"network of {folder.name}, {options['which']} checkpoint (status {status.get('status')})"
    return LoadedModel(network, samples.x.to(torch.float64) if double else samples.x, origin)


def _data_of(folder: Path, samples: Samples) -> tuple[tuple[int, ...], int]:
    try:
        data = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["data"]
        return tuple(data["input_shape"]), int(data["n_classes"])
    except (OSError, ValueError, KeyError):  # a run that never ended: its own data tell
        return samples.shape, samples.n_classes
