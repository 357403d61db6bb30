"""How much memory the machine has, asked before a matrix is begun that could never fit."""

from __future__ import annotations

import os


def physical_memory() -> float:
    """Return the size of the machine's memory.

    Returns:
        Bytes; infinity where the system does not say.

    Example:
        >>> physical_memory() > 2**20
        True
    """
    try:
        return float(os.sysconf("SC_PAGE_SIZE")) * float(os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):
        return float("inf")
