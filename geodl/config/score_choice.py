"""The ``score`` group: which scores are chosen, and the options that stand beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

METHODS = ("auto", "certificate", "simplex", "lazy", "emd", "sinkhorn")
"""Solvers of transport: `geodl.transport.METHODS`, which cannot be imported before a mistake is answered."""

OPTIONS = ("background", "method", "max_memory")
"""Keys of the group that are no score."""


def chosen_scores(group: Mapping[str, Any]) -> dict[str, str]:
    """List the scores that are chosen.

    Args:
        group: The ``score`` group: a mapping or None for each score, and the options.

    Returns:
        Name of each score to when it is computed, ``always`` or ``ends``.

    Example:
        >>> chosen_scores({"line_shape": {"when": "always"}, "action": None, "method": "auto"})
        {'line_shape': 'always'}
    """
    return {name: choice["when"] for name, choice in group.items() if name not in OPTIONS and choice is not None}


def transport_options(group: Mapping[str, Any]) -> dict[str, Any]:
    """Read how transport is solved, for `geodl.score_track`.

    Args:
        group: The ``score`` group; of a run folder made before there were options it has none.

    Returns:
        ``method``, and ``max_memory`` in bytes or None.

    Example:
        >>> transport_options({"method": "simplex", "max_memory": 0.5})
        {'method': 'simplex', 'max_memory': 536870912}
        >>> transport_options({})
        {'method': 'auto', 'max_memory': None}
    """
    gib = group.get("max_memory")
    return {"method": group.get("method", "auto"), "max_memory": None if gib is None else int(gib * 2**30)}
