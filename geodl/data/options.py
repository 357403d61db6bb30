"""Checks of single options: a wrong value is named with its key, what was expected and what to do."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from geodl.errors import ConfigError


def check_integer(key: str, value: object, *, low: int, high: int | None = None, why: str = "", fix: str = "") -> int:
    """Require an integer in low..high.

    Args:
        key: configuration key for the message, such as ``"data.batch_size"``.
        value: what was given; booleans are not integers here.
        low: least value allowed.
        high: greatest value allowed; None for no limit.
        why: what the limits are, such as ``"the training samples"``.
        fix: what to do; by default to set the key to a value in range.

    Returns:
        The value as a Python int.

    Raises:
        ConfigError: if the value is no integer or out of range.

    >>> check_integer("data.dim", 3, low=2)
    3
    """
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        number = int(value)
        if number >= low and (high is None or number <= high):
            return number
    limits = f">= {low}" if high is None else f"in {low}..{high}"
    because = f" ({why})" if why else ""
    raise ConfigError(
        f"{key}: expected an integer {limits}{because}, found {value!r}; {fix or f'set {key} to a value in that range'}"
    )


def check_real(key: str, value: object, *, low: float, high: float = math.inf, open_ends: bool = False) -> float:
    """Require a finite real number in [low, high], or in (low, high).

    Args:
        key: configuration key for the message, such as ``"data.noise"``.
        value: what was given; booleans are not numbers here.
        low: lower end of the interval.
        high: upper end of the interval.
        open_ends: whether the ends themselves are excluded.

    Returns:
        The value as a Python float.

    Raises:
        ConfigError: if the value is no finite number or out of the interval.

    >>> check_real("data.label_noise", 1, low=0.0, high=1.0)
    1.0
    """
    if isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool):
        number = float(value)
        inside = low < number < high if open_ends else low <= number <= high
        if inside and math.isfinite(number):
            return number
    if math.isinf(high):
        limits = f"{'>' if open_ends else '>='} {low:g}"
    else:
        limits = f"in {'(' if open_ends else '['}{low:g}, {high:g}{')' if open_ends else ']'}"
    raise ConfigError(f"{key}: expected a finite number {limits}, found {value!r}; set {key} to a value in that range")


def check_flag(key: str, value: object) -> bool:
    """Require true or false, since the string "false" counts as true in Python.

    Args:
        key: configuration key for the message, such as ``"data.augment"``.
        value: what was given.

    Returns:
        The value.

    Raises:
        ConfigError: if the value is no boolean.

    >>> check_flag("data.augment", False)
    False
    """
    if isinstance(value, bool):
        return value
    raise ConfigError(f"{key}: expected true or false, found {value!r}; write {key}=true or {key}=false")


def check_choice(key: str, value: object, choices: Sequence[str]) -> str:
    """Require one of a few names.

    Args:
        key: configuration key for the message, such as ``"data.normalize"``.
        value: what was given.
        choices: the names allowed.

    Returns:
        The value.

    Raises:
        ConfigError: if the value is not among the choices.

    >>> check_choice("track.split", "train", ("train", "test"))
    'train'
    """
    if isinstance(value, str) and value in choices:
        return value
    raise ConfigError(f"{key}: expected one of {', '.join(choices)}, found {value!r}; set {key} to one of them")
