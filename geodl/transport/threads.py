"""How many threads a pass over the cost matrix uses."""

from __future__ import annotations

import os


def n_threads() -> int:
    """Threads that a pass uses: the processors this process may run on, or fewer if ``OMP_NUM_THREADS`` says so.

    Returns:
        A number >= 1. It changes no result.

    Example:
        >>> n_threads() >= 1
        True
    """
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, min(allowed, int(asked))) if asked.isdigit() else allowed
