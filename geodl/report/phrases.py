"""Recurring phrases of the report: ranges, and the names of networks and settings."""

from __future__ import annotations

import math
from collections.abc import Iterable

from geodl.report.aggregate import Aggregates, Cell


def span(values: Iterable[float]) -> str:
    """Write the range of some numbers.

    Args:
        values: Numbers; NaN and infinite ones are left out.

    Returns:
        Such as ``1.02 to 2.12``; one number where they agree to three digits.

    >>> span([2.0, 1.0]), span([1.0, 1.0001]), span([float("nan")])
    ('1 to 2', '1', 'NaN')
    """
    listed = [value for value in values if math.isfinite(value)]
    if not listed:
        return "NaN"
    low, high = f"{min(listed):.3g}", f"{max(listed):.3g}"
    return low if low == high else f"{low} to {high}"


def networks(family: str) -> str:
    """Name the networks of a family in the plural.

    Args:
        family: ``"plain"``, ``"resnet"``, ``"vit"`` or an architecture of another library.

    Returns:
        A noun.

    >>> networks("resnet"), networks("vit"), networks("timm/test_vit")
    ('ResNets', 'ViTs', 'timm/test_vit')
    """
    known = {"plain": "plain networks", "resnet": "ResNets", "vit": "ViTs"}
    return known.get(family, family if "/" in family else f"{family} networks")


def of_networks(family: str, claim: str) -> str:
    """Say of the networks of a family what is claimed.

    Args:
        family: The family.
        claim: What is claimed.

    Returns:
        A sentence.

    >>> of_networks("plain", "OTS is 1"), of_networks("timm/test_vit", "OTS is 1")
    ('Plain networks: OTS is 1', 'timm/test_vit: OTS is 1')
    """
    name = networks(family)
    return f"{name if '/' in family else name[:1].upper() + name[1:]}: {claim}"


def at_depth(family: str, depth: object) -> str:
    """Name networks of one family and depth.

    Args:
        family: The family as it is to be read.
        depth: Number of blocks; None for an architecture that comes with its own.

    Returns:
        Such as ``ResNet, depth 8``.

    >>> at_depth("ResNet", 8), at_depth("timm/test_vit", None)
    ('ResNet, depth 8', 'timm/test_vit')
    """
    return family if depth is None else f"{family}, depth {depth}"


def setting_words(results: Aggregates, cell: Cell, *without: str) -> str:
    """Say which setting a cell is, by the keys that vary.

    Args:
        results: Runs by setting.
        cell: The cell.
        *without: Keys that go without saying.

    Returns:
        Such as ``depth 8, width 64``; empty where nothing else varies.
    """
    varied = [key for k, key in enumerate(results.keys) if len({other[k] for other in results.cells}) > 1]
    named = [
        f"{key.replace('_', ' ')} {value}"
        for key, value in zip(results.keys, cell, strict=True)
        if key in varied and key not in without and value is not None
    ]
    return ", ".join(named)
