"""Weights from a file into a network: every tensor must fit, but for a head of another number of classes."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from geodl.errors import ConfigError

log = logging.getLogger(__name__)


def load_weights(network: nn.Module, path: str | Path, *, n_classes: int) -> tuple[str, ...]:
    """Load a state dict, strictly; a head that the file has for another number of classes stays as it is drawn.

    Args:
        network: the network, changed in place.
        path: a ``.safetensors`` file, a state dict as ``torch.save`` writes it, or a checkpoint of a geodl run.
        n_classes: number of logits, by which the head is known.

    Returns:
        Names of the tensors that were not loaded, all of the head; they are in the log too.

    Raises:
        ConfigError: the file is missing, holds no state dict, or tensors are missing, too many or of other shapes.
    """
    found = _read(Path(path))
    wanted = network.state_dict()
    misfits = [name for name in found if name in wanted and found[name].shape != wanted[name].shape]
    head = _head(network, n_classes)
    left_out = tuple(name for name in misfits if head is not None and name.rpartition(".")[0] == head)
    misfits = [name for name in misfits if name not in left_out]
    if misfits:
        name = misfits[0]
        raise ConfigError(
            f"network.weights: expected {name} of shape {tuple(wanted[name].shape)}, found {tuple(found[name].shape)} "
            f"in {path} ({len(misfits)} tensors of other shapes); choose the network.name, network.stem and image size "
            "that the weights were trained with"
        )
    missing, unknown = sorted(set(wanted) - set(found)), sorted(set(found) - set(wanted))
    if missing or unknown:
        listed = [f"{len(missing)} missing ({missing[0]}, ...)"] if missing else []
        listed += [f"{len(unknown)} unknown ({unknown[0]}, ...)"] if unknown else []
        raise ConfigError(
            f"network.weights: expected the tensors of this network in {path}, found {' and '.join(listed)}; choose "
            "the network.name that the weights belong to"
        )
    network.load_state_dict({name: tensor for name, tensor in found.items() if name not in left_out}, strict=False)
    if left_out:
        log.warning(
            "network.weights: %s of %s are for %d classes, not %d, and were left out: the head starts untrained",
            " and ".join(left_out),
            path,
            len(found[left_out[0]]),
            n_classes,
        )
    return left_out


def _read(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise ConfigError(f"network.weights: expected a file, found none at {path}; give its path, or null for none")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            content: Any = load_file(path)
        else:
            content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise ConfigError(
            f"network.weights: expected a state dict in {path}, found {type(error).__name__}: "
            f"{str(error).splitlines()[0]}; save it with torch.save(network.state_dict(), path)"
        ) from error
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):  # a checkpoint of ours
        start = "network."
        content = {k.removeprefix(start): v for k, v in content["state_dict"].items() if k.startswith(start)}
    if not isinstance(content, Mapping) or not content or not all(isinstance(v, Tensor) for v in content.values()):
        raise ConfigError(
            f"network.weights: expected a state dict (names and tensors) in {path}, found {type(content).__name__}; "
            "save it with torch.save(network.state_dict(), path)"
        )
    return dict(content)


def _head(network: nn.Module, n_classes: int) -> str | None:
    # The last layer that has as many outputs as there are classes.
    sizes = {
        name: module.out_features if isinstance(module, nn.Linear) else module.out_channels
        for name, module in network.named_modules()
        if isinstance(module, nn.Linear | nn.Conv2d)
    }
    return next((name for name in reversed(sizes) if sizes[name] == n_classes), None)
