"""From a composed Hydra configuration to plain, resolved values."""

from __future__ import annotations

from typing import Any, cast

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from geodl.errors import ConfigError


def resolve(cfg: DictConfig) -> dict[str, Any]:
    """Resolve every interpolation and refuse what is still missing.

    Args:
        cfg: A composed configuration, without Hydra's own node.

    Returns:
        Nested plain dictionaries of numbers, strings, booleans, lists and None.

    Raises:
        ConfigError: If a mandatory value is missing or an interpolation cannot be resolved.
    """
    missing = sorted(OmegaConf.missing_keys(cfg))
    if missing:
        key = missing[0]
        raise ConfigError(f"{key}: expected a value, found none; add {key}=... to the command")
    try:
        return cast("dict[str, Any]", OmegaConf.to_container(cfg, resolve=True, throw_on_missing=True))
    except OmegaConfBaseException as error:
        raise ConfigError(f"{error.full_key}: cannot be resolved ({str(error).splitlines()[0]})") from error
