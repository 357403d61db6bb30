"""How much memory the machine has, asked before a matrix is begun that could never fit."""

from __future__ import annotations

import os

STORED_MATRICES = 1.5
"""n × n matrices of float64 that the exact solver needs at its peak if it keeps one."""


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


def fits_stored(n: int, memory: float) -> bool:
    """Whether the exact solver may keep the cost matrix of n samples.

    Args:
        n: Samples.
        memory: Bytes that it may take.

    Returns:
        True if `STORED_MATRICES` matrices of float64 fit.

    Example:
        >>> fits_stored(1000, 2e7), fits_stored(10_000, 2e7)
        (True, False)
    """
    return STORED_MATRICES * 8.0 * n * n <= memory
