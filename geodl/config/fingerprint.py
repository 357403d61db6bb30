"""A run's identity: what it is called (slug) and what makes it the same experiment (fingerprint).

The fingerprint is a hash of everything that can change a number: the resolved scientific configuration and the seed.
It names the run folder and the W&B run, so that the same command finds what is already done and different commands
never meet in one folder.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from geodl.config.content import content_digest, run_identity, source_digest

# What cannot change a result: where files lie, who watches, how the work is spread over machines.
UNSCIENTIFIC: dict[str, tuple[str, ...] | None] = {
    "logger": None,  # None: the whole group
    "paths": None,
    "sweep": None,
    "scale": None,  # acts through the sizes that it picks
    "callbacks": ("checkpoint", "figure", "profile"),
    "trainer": ("accelerator", "devices", "threads", "progress_bar"),
    "track": ("save", "storage"),
    "score": ("background", "max_memory"),
    "n_tracks": None,
    "device": None,
    "threads": None,
    "data": ("root", "download"),
}
# Keys that name a file or folder of the user's own.
CONTENT: dict[str, tuple[str, ...]] = {"data": ("path",), "network": ("weights",), "model": ("path", "weights")}
MAX_SLUG = 80


def scientific(config: Mapping[str, Any]) -> dict[str, Any]:
    """Keep of a resolved configuration what can change a number.

    Args:
        config: A resolved configuration as nested plain dictionaries.

    Returns:
        A copy without the groups and keys of :data:`UNSCIENTIFIC`; of the files and folders that :data:`CONTENT` names
        the content counts, not the place.
    """
    kept: dict[str, Any] = {}
    for group, node in config.items():
        dropped = UNSCIENTIFIC.get(group, ())
        if dropped is None:
            continue
        kept[group] = {k: v for k, v in node.items() if k not in dropped} if isinstance(node, Mapping) else node
    if kept.get("score", {}).get("method") == "auto":
        del kept["score"]["method"]  # what there was before there was a choice: the same run
    if "hidden" in kept.get("network", {}) and kept["network"]["hidden"] is None:
        del kept["network"]["hidden"]  # the same
    if kept.get("calibration", kept) is None:
        del kept["calibration"]  # likewise
    if "calibration" in kept:  # a known map meets no data, no network and no training
        counts: dict[str, Any] = {key: kept[key] for key in ("calibration", "score", "seed") if key in kept}
        return {**counts, "track": {"n_samples": kept["track"]["n_samples"]}}
    if "model" in kept:  # a model as it is: how data are fed in training cannot change its scores
        kept["data"] = {k: v for k, v in kept["data"].items() if k not in ("batch_size", "augment", "drop_last")}
        kept["model"].pop("label")
        if kept["model"]["kind"] == "checkpoint":
            kept["model"] = run_identity(kept["model"])
        if kept["model"]["kind"] == "python":
            kept["model"]["source"] = source_digest(kept["model"]["target"])
    for group, keys in CONTENT.items():
        for key in keys:
            named = kept.get(group, {}).get(key)
            if named and Path(named).exists():
                kept[group][key] = content_digest(Path(named))
    return kept


def fingerprint(config: Mapping[str, Any]) -> str:
    """Hash a resolved configuration.

    Args:
        config: A resolved configuration as nested plain dictionaries; numbers, strings, booleans, lists, None.

    Returns:
        Eight hexadecimal digits of the SHA-256 of :func:`scientific` in canonical JSON.

    Example:
        >>> fingerprint({"seed": 0, "paths": {"root": "/a"}}) == fingerprint({"paths": {"root": "/b"}, "seed": 0})
        True
    """
    canonical = json.dumps(scientific(config), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:8]


def slug(config: Mapping[str, Any]) -> str:
    """Name a run for people: data, architecture, depth, weight decay and seed.

    A scored model has data, label and seed; a known map its amount, dimension, steps, n and seed.

    Args:
        config: A resolved configuration as nested plain dictionaries.

    Returns:
        At most 80 characters of ``a-z A-Z 0-9 . _ -``, so that it is safe as a folder name in any shell.

    Example:
        >>> slug({"data": {"name": "mnist5k"}, "network": {"name": "resnet_mlp", "depth": 8, "width": 128},
        ...       "optimizer": {"name": "sgd", "weight_decay": 0.0005}, "seed": 1})
        'mnist5k-resnet_mlp-d8-w128-sgd-wd0.0005-s1'
        >>> slug({"data": {"name": "mnist5k"},
        ...       "network": {"name": "resnet18", "library": "torchvision", "stem": "cifar"},
        ...       "optimizer": {"name": "sgd", "weight_decay": 0.0005}, "seed": 1})
        'mnist5k-torchvision_resnet18-cifar-sgd-wd0.0005-s1'
        >>> slug({"calibration": {"map": "rotation", "amount": 30.0, "dim": 32, "depth": 8},
        ...       "track": {"n_samples": 250}, "seed": 1})
        'known_map-rotation30-d32-L8-n250-s1'
    """
    if "model" in config:
        return re.sub(r"[^A-Za-z0-9._-]+", "_", "-".join(_parts_of_model(config)))[:MAX_SLUG]
    if config.get("calibration"):
        return re.sub(r"[^A-Za-z0-9._-]+", "_", "-".join(_parts_of_known_map(config)))[:MAX_SLUG]
    network, optimizer = config["network"], config["optimizer"]
    parts = (
        config["data"]["name"],
        *_parts_of_network(network),
        optimizer["name"],
        f"wd{optimizer['weight_decay']:g}",
        f"s{config['seed']}",
    )
    return re.sub(r"[^A-Za-z0-9._-]+", "_", "-".join(parts))[:MAX_SLUG]


def architecture(network: Mapping[str, Any]) -> str:
    """Name an architecture: our own by the choice of the ``network`` group, others with their library.

    Args:
        network: The ``network`` group.

    Returns:
        Such as ``resnet_mlp`` or ``torchvision/resnet18``.

    Example:
        >>> architecture({"name": "resnet18", "library": "torchvision"}), architecture({"name": "vit"})
        ('torchvision/resnet18', 'vit')
    """
    library = network.get("library")
    return f"{library}/{network['name']}" if library else str(network["name"])


def _parts_of_network(network: Mapping[str, Any]) -> list[str]:
    # Only our own networks have a depth and a width to choose.
    named = (("d", "depth"), ("w", "width"), ("h", "hidden"))
    sizes = [f"{letter}{network[key]}" for letter, key in named if network.get(key)]
    return [architecture(network), *([network["stem"]] if network.get("library") else []), *sizes]


def _parts_of_known_map(config: Mapping[str, Any]) -> list[str]:
    known = config["calibration"]
    amount = "" if known["amount"] is None else f"{known['amount']:g}"
    sizes = f"d{known['dim']}", f"L{known['depth']}", f"n{config['track']['n_samples']}"
    return ["known_map", f"{known['map']}{amount}", *sizes, f"s{config['seed']}"]


def _parts_of_model(config: Mapping[str, Any]) -> list[str]:
    track = config["track"]
    data = Path(config["data"]["path"]).stem if config["data"].get("path") else config["data"]["name"]
    chosen = [
        track[key] for key in ("tokens", "pool") if track[key] not in ("mean" if key == "tokens" else "none", None)
    ]
    return [data, config["model"]["label"], *chosen, f"s{config['seed']}"]
