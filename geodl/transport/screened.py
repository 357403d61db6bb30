"""The cost matrix in single precision, kept or computed anew, for passes that only look for violated and tight arcs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from geodl.transport.cost import common_shift
from geodl.transport.exact import NEW_ARCS, NOISE, TIGHT_ROOM, Basis, Pricing
from geodl.transport.screening import centre_rows, screen_rows
from geodl.transport.threads import n_threads

_BLOCK = 2**24  # bytes
_UNIT = 2.0**-24  # unit roundoff of float32
_SMALLEST = 1e-37  # what underflow in float32 may cost each product
_ROUNDING = 1e-12  # share of norms and potentials that rounding in float64 may cost, with room


class ScreenedTiles:
    """Prices arcs with products in float32 and the few that these leave open in float64.

    The results are proofs like those of `geodl.transport.exact.price`: the error of every product is bounded, and what
    lies within the bound is computed again.

    Args:
        x: (n, d) float64, coordinates of order one or less.
        y: (m, d) float64, likewise.
        stored: Whether the products are kept: 4 n m bytes.
        threads: Threads of a pass; None for `n_threads`.

    Attributes:
        looked_at: Share of arcs that the last pass computed in float64.
    """

    def __init__(
        self, x: NDArray[np.float64], y: NDArray[np.float64], *, stored: bool, threads: int | None = None
    ) -> None:
        self.x, self.y = np.ascontiguousarray(x), np.ascontiguousarray(y)
        origin = common_shift(x, y)
        self._x_single, self._y_single = np.empty(x.shape, np.float32), np.empty(y.shape, np.float32)
        self._x_squares, self._y_squares = np.empty(len(x)), np.empty(len(y))
        centre_rows(self.x, origin, 1.0, self._x_single, self._x_squares)
        centre_rows(self.y, origin, -2.0, self._y_single, self._y_squares)
        self._rows = max(1, min(len(x), _BLOCK // (4 * len(y))))
        self.threads = n_threads() if threads is None else threads
        self._products = np.empty((len(x), len(y)), dtype=np.float32) if stored else None
        self._built = False
        self.looked_at = 0.0

    def price(self, basis: Basis, *, tie_tolerance: float) -> Pricing:
        """Price all arcs in one pass.

        Args:
            basis: Plan and potentials.
            tie_tolerance: Relative size of a reduced cost that counts as zero.

        Returns:
            What was found; ``largest`` is an upper bound of the largest cost.
        """
        n, m, d = len(self.x), len(self.y), self.x.shape[1]
        u, v, match = basis.u, basis.v, basis.match
        found = Pricing(
            columns=np.empty((n, NEW_ARCS), dtype=np.int32),
            costs=np.empty((n, NEW_ARCS)),
            counts=np.empty(n, dtype=np.int32),
            lowest=np.empty(n),
            largest=float((np.sqrt(self._x_squares.max()) + np.sqrt(self._y_squares.max())) ** 2),
            n_tight=np.empty(n, dtype=np.int64),
            tight=np.empty((n, TIGHT_ROOM), dtype=np.int32),
        )
        looked_at = np.empty(n, dtype=np.int64)
        error = 2.0 * (d + 4) * _UNIT / (1.0 - (d + 4) * _UNIT)
        slack = 4.0 * (tie_tolerance + _ROUNDING)
        row_bound = slack * (2.0 * self._x_squares + np.abs(u)) + 2.0 * d * _SMALLEST
        column_bound = slack * (2.0 * self._y_squares + np.abs(v))
        arguments = (
            *(self.x, self.y, self._x_squares - u, np.sqrt(self._x_squares), row_bound),
            *(self._y_squares - v - column_bound, error * np.sqrt(self._y_squares), u, v, match, NOISE, tie_tolerance),
            *(found.columns, found.costs, found.counts, found.n_tight, found.tight, found.lowest, looked_at),
        )
        with ThreadPoolExecutor(self.threads) as pool:

            def share(block: NDArray[np.float32], start: int) -> None:
                parts = min(self.threads, len(block))
                bounds = [len(block) * part // parts for part in range(parts + 1)]
                futures = [
                    pool.submit(screen_rows, block[first:last], start + first, *arguments)
                    for first, last in pairwise(bounds)
                ]
                for future in futures:
                    future.result()

            if self._built and self._products is not None:
                share(self._products, 0)
            else:
                buffer = np.empty((self._rows, m), dtype=np.float32) if self._products is None else None
                for start in range(0, n, self._rows):
                    stop = min(start + self._rows, n)
                    block = buffer[: stop - start] if buffer is not None else self._products[start:stop]  # type: ignore[index]
                    np.matmul(self._x_single[start:stop], self._y_single.T, out=block)
                    share(block, start)
                self._built = self._products is not None
        self.looked_at = float(looked_at.sum()) / (n * m)
        return found
