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

# What cannot change a result: where files lie, who watches, how the work is spread over machines.
UNSCIENTIFIC: dict[str, tuple[str, ...] | None] = {
    "logger": None,  # None: the whole group
    "paths": None,
    "sweep": None,
    "callbacks": ("checkpoint", "figure"),
    "trainer": ("accelerator", "devices", "threads", "progress_bar"),
    "track": ("save",),
    "data": ("root", "download"),
}
MAX_SLUG = 80


def scientific(config: Mapping[str, Any]) -> dict[str, Any]:
    """Keep of a resolved configuration what can change a number.

    Args:
        config: A resolved configuration as nested plain dictionaries.

    Returns:
        A copy without the groups and keys of :data:`UNSCIENTIFIC`; ``data.path`` becomes a hash of the file's content.
    """
    kept: dict[str, Any] = {}
    for group, node in config.items():
        dropped = UNSCIENTIFIC.get(group, ())
        if dropped is None:
            continue
        kept[group] = {k: v for k, v in node.items() if k not in dropped} if isinstance(node, Mapping) else node
    path = Path(kept.get("data", {}).get("path") or "")
    if path.is_file():  # of a user's own file the content counts, not the place
        with path.open("rb") as file:
            kept["data"]["path"] = hashlib.file_digest(file, "sha256").hexdigest()
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

    Args:
        config: A resolved configuration as nested plain dictionaries.

    Returns:
        At most 80 characters of ``a-z A-Z 0-9 . _ -``, so that it is safe as a folder name in any shell.

    Example:
        >>> slug({"data": {"name": "mnist5k"}, "network": {"name": "resnet_mlp", "depth": 8, "width": 128},
        ...       "optimizer": {"name": "sgd", "weight_decay": 0.0005}, "seed": 1})
        'mnist5k-resnet_mlp-d8-w128-sgd-wd0.0005-s1'
    """
    network, optimizer = config["network"], config["optimizer"]
    parts = (
        config["data"]["name"],
        network["name"],
        f"d{network['depth']}",
        f"w{network['width']}",
        optimizer["name"],
        f"wd{optimizer['weight_decay']:g}",
        f"s{config['seed']}",
    )
    return re.sub(r"[^A-Za-z0-9._-]+", "_", "-".join(parts))[:MAX_SLUG]
