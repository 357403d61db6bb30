"""The cost matrix as the exact solver reads it: row block by row block, kept in memory or computed anew each time.

    M_ij = ‖x_i - y_j‖²

A pass over the matrix calls a compiled function on blocks of rows. Where the matrix fits into memory it is built during
the first pass and kept; where it does not, each pass builds it block by block and forgets it, so that n is bounded by
time and not by memory. Both give the same entries, bit for bit, since both build the same blocks.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodl.transport.assembly import complete_block, distances_along
from geodl.transport.cost import RELATIVE_ERROR, common_shift
from geodl.transport.threads import n_threads

BLOCK_BYTES = 2**25
"""Size of a block: large enough for BLAS to run at full speed, small beside any matrix worth not storing."""

_SMALL = 2**15  # entries of a matrix for which a second thread costs more than it saves


class _Centred:
    """Both clouds about a common origin, as the matrix product takes them; made when the first block is built."""

    def __init__(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
        origin = common_shift(x, y)
        self.x, centred = x - origin, y - origin
        self.x_norms = np.einsum("ij,ij->i", self.x, self.x)
        self.y_norms = np.einsum("ij,ij->i", centred, centred)
        centred *= -2.0
        self.y_factors = centred.T


class CostTiles:
    """Squared distances between the rows of two clouds, read in blocks of rows.

    Args:
        x: (n, d) float64, finite.
        y: (m, d) float64, finite.
        stored: Whether the matrix is kept: 8 n m bytes. If not, a pass needs `BLOCK_BYTES`.
        threads: Threads of a pass; None for `n_threads`.

    Attributes:
        shape: (n, m).
        x: (n, d) the points of the rows.
        y: (m, d) the points of the columns.
        stored: Whether the matrix is kept.
        threads: Threads of a pass.

    Example:
        >>> tiles = CostTiles(np.array([[0.0], [3.0]]), np.array([[4.0], [3.0]]), stored=False)
        >>> tiles.sweep(lambda block, start: print(start, block.tolist()))
        0 [[16.0, 9.0], [1.0, 0.0]]
    """

    def __init__(
        self, x: NDArray[np.float64], y: NDArray[np.float64], *, stored: bool, threads: int | None = None
    ) -> None:
        self.x, self.y = np.ascontiguousarray(x), np.ascontiguousarray(y)
        self.shape = (len(x), len(y))
        self._centred: _Centred | None = None
        self._factor = (2.0 + math.sqrt(x.shape[1]) / 4.0) * float(np.finfo(np.float64).eps) / RELATIVE_ERROR
        self._paired = len(x) == len(y)
        self._rows = max(1, min(len(x), BLOCK_BYTES // (8 * len(y))))
        self.threads = n_threads() if threads is None else threads
        self.stored = stored
        self._matrix = np.empty(self.shape) if stored else None
        self._built = False

    def sweep(self, visit: Callable[[NDArray[np.float64], int], Any]) -> None:
        """Call a function on every block of rows.

        Args:
            visit: Takes a block (r, m), which it must not change or keep, and the index of its first row. Called from
                several threads at once, on disjoint rows; a compiled function that holds no lock runs in parallel.
        """
        if self.threads == 1 or self.shape[0] * self.shape[1] < _SMALL:
            self._sweep(None, visit)
            return
        with ThreadPoolExecutor(self.threads) as pool:
            self._sweep(pool, visit)

    def _sweep(self, pool: ThreadPoolExecutor | None, visit: Callable[[NDArray[np.float64], int], Any]) -> None:
        """Build what is not built, and visit it while it is in the cache."""
        if self._built:
            assert self._matrix is not None
            self._share(pool, self._matrix, 0, visit)
            return

        centred = self._centred = self._centred or _Centred(self.x, self.y)

        def complete(part: NDArray[np.float64], first: int) -> None:
            rows = slice(first, first + len(part))
            complete_block(
                *(part, centred.x_norms[rows], centred.y_norms, self.x[rows], self.y),
                *(first if self._paired else -1, self._factor),
            )
            visit(part, first)

        buffer = np.empty((self._rows, self.shape[1])) if self._matrix is None else None
        for start in range(0, self.shape[0], self._rows):
            stop = min(start + self._rows, self.shape[0])
            block = self._matrix[start:stop] if self._matrix is not None else buffer[: stop - start]  # type: ignore[index]
            np.matmul(centred.x[start:stop], centred.y_factors, out=block)
            self._share(pool, block, start, complete)
        self._built = self._matrix is not None

    def _share(
        self,
        pool: ThreadPoolExecutor | None,
        block: NDArray[np.float64],
        start: int,
        visit: Callable[[NDArray[np.float64], int], Any],
    ) -> None:
        if pool is None:
            visit(block, start)
            return
        # Disjoint rows for each thread. Rows are handled one by one inside, so the split shows in no result.
        parts = min(self.threads, len(block))
        bounds = [len(block) * part // parts for part in range(parts + 1)]
        futures = [pool.submit(visit, block[first:last], start + first) for first, last in pairwise(bounds)]
        for future in futures:
            future.result()

    def entries(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float64]:
        """Single entries, from the differences.

        Args:
            rows: (k,) row indices.
            columns: (k,) column indices.

        Returns:
            (k,) float64, ‖x_i - y_j‖².
        """
        result = np.empty(len(rows))
        distances_along(self.x, self.y, rows, columns, result)
        return result
