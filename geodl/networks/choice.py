"""Checks of configuration values: one of a few names, or a whole number from a lower end on."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from geodl.errors import ConfigError


def nearest_name(name: str, names: Iterable[str]) -> str | None:
    """Return the name closest in spelling, if any is close.

    Args:
        name: what was written.
        names: what exists.

    Returns:
        The best match of Ratcliff and Obershelp's similarity (at least 0.6), or None.

    Example:
        >>> nearest_name("bacth", ["batch", "layer", "none"])
        'batch'
    """
    matches = difflib.get_close_matches(str(name), list(names), n=1)
    return matches[0] if matches else None


def check_choice(key: str, value: str, choices: Iterable[str]) -> str:
    """Return ``value`` if it is one of ``choices``.

    Args:
        key: configuration key that the message names, such as ``network.norm``.
        value: what was written.
        choices: what is allowed.

    Returns:
        The value itself.

    Raises:
        ConfigError: the value is none of the choices; the message names the nearest one.

    Example:
        >>> check_choice("norm", "layer", ["layer", "none"])
        'layer'
        >>> check_choice("norm", "lyer", ["layer", "none"])
        Traceback (most recent call last):
        ...
        geodl.errors.ConfigError: norm: expected one of layer, none, found 'lyer'; did you mean 'layer'?
    """
    names = list(choices)
    if value in names:
        return value
    nearest = nearest_name(value, names)
    fix = f"did you mean {nearest!r}?" if nearest else f"choose one of them for {key}"
    raise ConfigError(f"{key}: expected one of {', '.join(names)}, found {value!r}; {fix}")


def check_whole_number(key: str, value: int, *, at_least: int) -> int:
    """Return ``value`` if it is a whole number from ``at_least`` on.

    Args:
        key: configuration key that the message names, such as ``network.depth``.
        value: what was written; a bool or a float is refused, even a whole one.
        at_least: the smallest value allowed.

    Returns:
        The value itself.

    Raises:
        ConfigError: the value is no int, or is below ``at_least``.

    Example:
        >>> check_whole_number("network.depth", 8, at_least=1)
        8
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < at_least:
        raise ConfigError(
            f"{key}: expected a whole number >= {at_least}, found {value!r}; set {key} to {at_least} or more"
        )
    return value
