"""A run under another ``track`` and other scores: what ``geodl-rescore`` may change, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

from geodl.config.command_line import check_command_line, rephrase
from geodl.config.resolve import resolve
from geodl.config.store import CONFIG_NAME, VERSION_BASE, conf_dir, register
from geodl.errors import ConfigError

GROUPS = ("track", "score")
"""Groups that a network which is trained already may be looked at differently by."""


def rescored_config(run: Mapping[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """Change how a run is looked at.

    Args:
        run: The run's configuration, as its ``config.yaml`` has it.
        overrides: Hydra's overrides of the ``track`` and ``score`` groups: ``track.n_samples=2000``, ``score=fast``.

    Returns:
        A copy with these changes; what no override names is the run's.

    Raises:
        ConfigError: If an override is of another group, sweeps, is misspelt, or cannot be read.
    """
    register()
    check_command_line(overrides)
    try:
        parsed = OverridesParser.create().parse_overrides(list(overrides))
        for override in parsed:
            if override.key_or_group.split(".")[0] not in GROUPS:
                raise ConfigError(
                    f"{override.key_or_group}: expected a key of track or score, found {override.input_line!r}; "
                    "whatever else a run was trained with stays as it is"
                )
            if override.is_sweep_override():
                raise ConfigError(
                    f"{override.key_or_group}: expected one value, found {override.input_line!r}; call the command "
                    "once for each"
                )
        with initialize_config_dir(str(conf_dir()), version_base=VERSION_BASE):
            composed = resolve(compose(CONFIG_NAME, list(overrides)))
    except HydraException as error:
        raise ConfigError(rephrase(error, set())) from error
    config = {**run, **{group: dict(run[group]) for group in GROUPS}}
    for override in parsed:
        group, _, key = override.key_or_group.partition(".")
        if key:
            key = key.split(".")[0]
            config[group][key] = composed[group][key]
        else:
            config[group] = composed[group]
    return config
