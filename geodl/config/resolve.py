"""From a composed Hydra configuration to plain, resolved values."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from geodl.errors import ConfigError


def resolve(cfg: DictConfig) -> dict[str, Any]:
    """Resolve every interpolation and refuse what is still missing.

    Args:
        cfg: A composed configuration, without Hydra's own node.

    Returns:
        Nested plain dictionaries of numbers, strings, booleans, lists and None; paths are absolute.

    Raises:
        ConfigError: If a mandatory value is missing or an interpolation cannot be resolved.
    """
    missing = sorted(OmegaConf.missing_keys(cfg))
    if missing:
        key = missing[0]
        raise ConfigError(f"{key}: expected a value, found none; add {key}=... to the command")
    try:
        config = cast("dict[str, Any]", OmegaConf.to_container(cfg, resolve=True, throw_on_missing=True))
    except OmegaConfBaseException as error:
        raise ConfigError(f"{error.full_key}: cannot be resolved ({str(error).splitlines()[0]})") from error
    # A run folder is repeated from anywhere, so what was relative to the shell is written out.
    for group, keys in {
        "paths": ("root", "outputs", "datasets"),
        "data": ("path", "root"),
        "network": ("weights",),
    }.items():
        for key in keys:
            if config.get(group, {}).get(key):
                config[group][key] = _absolute(config[group][key])
    for key in ("path", "weights"):  # either may be a name and no file
        named = config.get("model", {}).get(key)
        if named and (named.startswith(("/", "./", "../", "~")) or Path(named).exists()):
            config["model"][key] = _absolute(named)
    return config


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().absolute())
