"""One streaming pass over the states of a leg: the lengths from which all scores of the tracks' shapes follow."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodl.scores.state_rows import fits_float32, state_rows
from geodl.transport.threads import n_threads

BLOCK_BYTES = 2**22
"""Size of the tracks that a thread reads, and if need be converts, at once: little memory, and many blocks to share."""

_SMALL = 2**18  # numbers in a track for which a second thread costs more than it saves


@dataclass(frozen=True, eq=False)
class TrackLengths:
    """What one pass over n tracks of L steps finds.

    Attributes:
        steps: (L, n) float64, ‖Δ_i^l‖ >= 0, units of the states.
        chords: (n,) float64, ‖x_i^L - x_i^0‖ >= 0, units of the states.
        directions: (n,) float64, ‖Σ_l Δ_i^l / ‖Δ_i^l‖‖ in [0, L] up to rounding, where Δ = 0 contributes nothing.
        zero_steps: Number of steps of length zero.
        bounded: Whether every coordinate is proved finite and far below what could overflow; if not, some may be NaN,
            and the numbers mean something only if none is.
    """

    steps: NDArray[np.float64]
    chords: NDArray[np.float64]
    directions: NDArray[np.float64]
    zero_steps: int
    bounded: bool


def measure_tracks(
    sources: Sequence[Any], *, block_bytes: int = BLOCK_BYTES, threads: int | None = None
) -> TrackLengths:
    """Read the states once, block of samples by block of samples, and measure the tracks.

    Rows of float32 or float64 are read where they lie, in memory or in mapped files; other dtypes, other devices and
    features that are not side by side are converted a block at a time. So the memory needed beside the states is that
    of the result, (L + 2) n numbers, and of a block for each thread. Sums are in float64, lengths of any size right
    to a few units in the last place, and the result is the same bit for bit however samples are divided into blocks
    and among threads, and whether numbers come as float16, bfloat16, float32 or float64.

    Args:
        sources: L + 1 states (n, d) as `as_source` returns them.
        block_bytes: Size of a block; at least one sample is read at once.
        threads: Threads; None for `n_threads`, or one if the track is small.

    Returns:
        The lengths.

    Example:
        >>> walk = [np.array([[0.0, 0.0]]), np.array([[3.0, 4.0]]), np.array([[3.0, 5.0]])]
        >>> found = measure_tracks(walk)
        >>> found.steps.tolist(), found.chords.round(4).tolist(), found.directions.round(4).tolist()
        ([[5.0], [1.0]], [5.831], [1.8974])
    """
    # Here and not above: the compiler takes longer to import than most things take to do.
    from geodl.scores.track_kernel import measure_rows

    n, dim = sources[0].shape
    narrow = all(fits_float32(source) for source in sources)
    dtype = np.dtype(np.float32 if narrow else np.float64)
    like = np.empty(0, dtype)
    in_place = [_readable_in_place(source, dtype) for source in sources]
    origins, strides = np.zeros(len(sources), np.int64), np.zeros(len(sources), np.int64)
    for index, source in enumerate(sources):
        if in_place[index]:
            origins[index], strides[index] = source.ctypes.data, source.strides[0]
        else:
            strides[index] = dim * dtype.itemsize
    converted = [index for index, readable in enumerate(in_place) if not readable]
    steps, chords, directions = np.empty((len(sources) - 1, n)), np.empty(n), np.empty(n)

    def measure(start: int) -> tuple[int, bool]:
        stop = min(start + rows, n)
        addresses = origins + start * strides
        blocks = [
            np.require(state_rows(sources[index], start, stop, narrow=narrow), requirements=["C", "A"])
            for index in converted
        ]
        for index, block in zip(converted, blocks, strict=True):
            addresses[index] = block.ctypes.data
        scratch = np.empty(2 * dim + 16)
        found: tuple[int, bool] = measure_rows(
            addresses, strides, like, dim, start, stop, scratch, steps, chords, directions
        )
        return found

    rows = max(1, block_bytes // (len(sources) * dim * dtype.itemsize))
    starts = range(0, n, rows)
    if threads is None:
        threads = n_threads() if len(sources) * n * dim > _SMALL else 1
    if min(threads, len(starts)) == 1:
        found = [measure(start) for start in starts]
    else:
        with ThreadPoolExecutor(min(threads, len(starts))) as pool:
            found = list(pool.map(measure, starts))
    return TrackLengths(
        steps,
        chords,
        directions,
        zero_steps=sum(zero_steps for zero_steps, _ in found),
        bounded=all(bounded for _, bounded in found),
    )


def _readable_in_place(source: Any, dtype: np.dtype[Any]) -> bool:
    """Return whether the rows of a state lie in memory as the compiled pass reads them."""
    if not isinstance(source, np.ndarray) or source.dtype != dtype or not source.flags.aligned:
        return False
    return source.shape[1] == 1 or source.strides[1] == dtype.itemsize
