"""What a transport problem will cost, told before it is begun."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from geodl.transport.memory import STORED_MATRICES, fits_stored, physical_memory

_ROWS = 256
_PASS = 3e-9  # seconds for an entry of a matrix that is read again, on a slow machine
_PASSES = 12  # over the matrix, where the own pairing is far from optimal; rarely more
_PIVOTS = 60  # of the simplex for each sample, a microsecond each


@dataclass(frozen=True)
class TransportCost:
    """Expected cost of some transport problems of one size.

    Attributes:
        least_seconds: If the network's own pairings are optimal.
        most_seconds: If they are far from it.
        memory: Bytes at the peak.
        stored: Whether the cost matrix fits into memory.
    """

    least_seconds: float
    most_seconds: float
    memory: float
    stored: bool

    def __str__(self) -> str:
        least, most = (
            f"{s / 60:.0f} min" if s >= 100 else f"{s:.2g} s" for s in (self.least_seconds, self.most_seconds)
        )
        return f"{least} (own pairings optimal) to {most} (far from it), {self.memory / 2**30:.1f} GiB"


def transport_cost(n: int, d: int, problems: int = 1, *, max_memory: float | None = None) -> TransportCost:
    """Estimate the cost of transport problems, from the speed of a small matrix product on this machine.

    Args:
        n: Samples of each.
        d: Features.
        problems: How many.
        max_memory: Bytes that transport may take; None for half of the machine's memory.

    Returns:
        The estimate: the order of magnitude, not a promise.

    Example:
        >>> cost = transport_cost(2000, 16, problems=3)
        >>> cost.stored, cost.least_seconds < cost.most_seconds
        (True, True)
    """
    memory = physical_memory() / 2 if max_memory is None else max_memory
    stored = fits_stored(n, memory)
    rows = np.ones((min(_ROWS, n), d))
    began = time.perf_counter()
    rows @ rows.T
    product = (time.perf_counter() - began) * (n / len(rows)) ** 2
    once, again = product + _PASS * n * n, _PASS * n * n
    most = 2.0 * once + _PASSES * (again if stored else once) + 1e-6 * _PIVOTS * n * max(1.0, n / 4000)
    return TransportCost(
        least_seconds=problems * 1.5 * once,
        most_seconds=problems * most,
        memory=STORED_MATRICES * 8.0 * n * n if stored else 2.0**28 + 80.0 * n * d,
        stored=stored,
    )
