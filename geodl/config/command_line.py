"""Misspelt names on the command line, found before Hydra starts the first job.

Hydra accepts any ``+key=value`` and ``++key=value`` and anything below ``hydra.``, so a misspelt key would silently
run the default. Here every override is held against the schema, whatever its prefix, and every choice against the
choices there are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf

from geodl.config.commands import TRAIN, Command
from geodl.config.store import SCALES, VERSION_BASE, conf_dir
from geodl.config.suggest import did_you_mean
from geodl.errors import ConfigError

# Nodes whose keys are the user's own.
_OPTIONAL = ("experiment", "debug")  # groups that may be left out

_FREE = (
    "hydra.sweeper.params",
    "hydra.job.env_set",
    "hydra.job_logging",
    "hydra.hydra_logging",
    "hydra.callbacks",
    "hydra.launcher",
    "hydra.sweeper",
    "model.args",
)


def check_command_line(arguments: Sequence[str], command: Command = TRAIN) -> None:
    """Refuse overrides whose group, choice or key does not exist, naming the nearest one that does.

    Every choice of a sweep is looked at, those of ``hydra.sweeper.params`` in a YAML file too: a name that is misspelt
    anywhere in a grid fails before its first job. Types of values are Hydra's part, which composes every job of a
    multirun before it launches the first.

    Args:
        arguments: Hydra's overrides as typed, without its ``--flags``.
        command: Whose groups, choices and keys they are held against.

    Raises:
        ConfigError: For a name that does not exist, or a line that Hydra cannot read.
    """
    with initialize_config_dir(str(conf_dir()), version_base=VERSION_BASE):
        try:
            overrides = _parse(arguments)
            groups = _groups(overrides, command)
            for override in overrides:
                _check_choice(override, groups)
                _check_scale(override)
            typed = [o for o in overrides if o.key_or_group in groups]
            first = _compose([_line(o, _values(o)[0]) for o in typed], command)
            swept = _parse([f"{key}={value}" for key, value in (first.hydra.sweeper.get("params") or {}).items()])
            for override in swept:
                _check_choice(override, groups)
            keys = [o for o in [*overrides, *swept] if o.key_or_group not in groups]
            known = set(_keys(first))
            if any(not _exists(o.key_or_group, known) for o in keys):
                # Some keys exist under another choice of the sweep only (network.stages of a CNN beside an MLP).
                for cfg in _compose_choices([*(o for o in swept if o.key_or_group in groups), *typed], command):
                    known |= set(_keys(cfg))
        except HydraException as error:
            raise ConfigError(rephrase(error, set(_keys(_compose([], command))))) from error
    for override in keys:
        if not _exists(override.key_or_group, known):
            raise ConfigError(_unknown(override, known, groups))


def rephrase(error: HydraException, known: set[str]) -> str:
    """Turn Hydra's report of a bad override or YAML file into one line.

    Args:
        error: What Hydra raised while composing.
        known: The dotted keys that exist, as far as they could be found out.

    Returns:
        One line, naming the key and the nearest correct one where there is one.
    """
    text = "\n".join(filter(None, (str(error), str(error.__cause__ or ""))))
    key = re.search(r"full_key: (\S+)", text)
    where = re.search(r"In '([^']+)'", text)
    place = f" (in conf/{where.group(1)}.yaml)" if where else ""
    if key and (wrong := re.search(r"Value (.+) of type '\w+' could not be converted to (\w+)", text)):
        kind = wrong.group(2).lower()
        return f"{key.group(1)}: expected {kind}, found {wrong.group(1)}{place}; write {key.group(1)}=<{kind}>"
    if key and "not in" in text:
        hint = did_you_mean(key.group(1), known) if known else "see --cfg job for the keys there are"
        return f"{key.group(1)}: no such key{place}; {hint}"
    lines = [line for line in text.splitlines() if line.strip() and "HYDRA_FULL_ERROR" not in line]
    return ": ".join(line.strip() for line in lines[:3])


def _parse(lines: Sequence[str]) -> list[Override]:
    return OverridesParser.create(config_loader=GlobalHydra.instance().config_loader()).parse_overrides(list(lines))


def _groups(overrides: Sequence[Override], command: Command) -> dict[str, list[str]]:
    # Read off the folder: asking Hydra for all its groups copies its whole store once a group, which takes seconds.
    found = command.choices(conf_dir())
    loader = GlobalHydra.instance().config_loader()
    for group in {o.key_or_group for o in overrides if o.key_or_group.startswith("hydra/")}:
        if options := loader.get_group_options(group, ObjectType.CONFIG):
            found[group] = options
    return found


def _check_choice(override: Override, groups: dict[str, list[str]]) -> None:
    options = groups.get(override.key_or_group)
    if options is None or override.is_delete():
        return
    values = _values(override)
    if not values:
        raise ConfigError(f"{override.input_line}: matches no choice; choices: {', '.join(options)}")
    for value in values:
        names = re.findall(r"[^\[\],\s]+", value)
        for name in names:
            if name not in options and not (name == "null" and override.key_or_group in _OPTIONAL):
                hint = did_you_mean(name, options)
                listed = "" if hint.startswith("known") else f" (choices: {', '.join(options)})"
                raise ConfigError(f"{override.key_or_group}={name}: no such choice; {hint}{listed}")


def _check_scale(override: Override) -> None:
    # It picks the grid of an experiment, before any job: one for the whole sweep, and known before Hydra resolves it.
    values = _values(override) if override.key_or_group == "scale" else ["small"]
    if len(values) > 1 or values[0] not in SCALES:
        found = ",".join(values)
        raise ConfigError(f"scale: expected {' or '.join(SCALES)}, found {found}; {did_you_mean(found, SCALES)}")


def _values(override: Override) -> list[str]:
    if override.is_sweep_override() and override.is_discrete_sweep():
        return [str(value) for value in override.sweep_string_iterator()]
    return [override.get_value_element_as_str()]


def _line(override: Override, value: str) -> str:
    return str(override.input_line) if override.is_delete() else f"{override.get_key_element()}={value}"


def _compose_choices(overrides: Sequence[Override], command: Command) -> Iterator[DictConfig]:
    # Each choice of each group once, all groups moving on together: as many compositions as the longest axis has.
    axes = [[_line(o, value) for value in _values(o)] for o in overrides]
    for i in range(max(map(len, axes), default=1)):
        yield _compose([axis[i % len(axis)] for axis in axes], command)


def _compose(lines: list[str], command: Command) -> DictConfig:
    return compose(command.config_name, lines, return_hydra_config=True)


def _keys(node: DictConfig, prefix: str = "") -> Iterator[str]:
    for key in node:
        path = f"{prefix}{key!s}"
        yield path
        child = None if OmegaConf.is_missing(node, key) else node._get_node(key)
        if isinstance(child, DictConfig) and not child._is_none() and not child._is_interpolation():
            yield from _keys(child, f"{path}.")


def _exists(key: str, known: set[str]) -> bool:
    return key in known or any(key == free or key.startswith(f"{free}.") for free in _FREE)


def _unknown(override: Override, known: set[str], groups: dict[str, list[str]]) -> str:
    key = override.key_or_group
    inside = key.startswith("hydra")
    candidates = {k for k in known if k.startswith("hydra") == inside} | {
        g for g in groups if g.startswith("hydra") == inside
    }
    if "." not in key:
        top = {k for k in candidates if "." not in k}
        return f"{key}: no such group or key; {did_you_mean(key, candidates if _far(key, top) else top)}"
    parent = key.rsplit(".", 1)[0]
    siblings = {k for k in candidates if k.startswith(f"{parent}.")}
    hint = did_you_mean(key, candidates if _far(key, siblings) else siblings)
    listed = (
        f" (keys of {parent}: {', '.join(sorted(k.removeprefix(parent + '.') for k in siblings))})" if siblings else ""
    )
    return f"{key}: no such key; {hint}{listed}"


def _far(name: str, names: set[str]) -> bool:
    return did_you_mean(name, names).startswith("known")
