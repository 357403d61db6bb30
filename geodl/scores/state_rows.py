"""A state as it was given, an array or a tensor, from which rows are converted when they are wanted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodl.transport.clouds import LARGEST_COORDINATE, as_cloud, as_float64

_BLOCK = 2**19  # numbers converted at once: 4 MiB


def as_source(values: Any, name: str) -> Any:
    """Check a state without converting it.

    Args:
        values: (n, d) array or tensor of real numbers, in memory or mapped to a file, on any device; or a nested
            sequence.
        name: The argument's name, for the error message.

    Returns:
        A NumPy array that shares memory with ``values``; of a tensor on another device or in half precision the tensor
        itself, without gradient. Nested sequences are converted to float64.

    Malformed values raise what `geodl.transport.clouds.as_cloud` raises.

    Example:
        >>> state = np.ones((3, 2), dtype=np.float32)
        >>> np.shares_memory(as_source(state, "state"), state)
        True
    """
    is_tensor = hasattr(values, "detach")
    if not (is_tensor or isinstance(values, np.ndarray)) or values.ndim != 2 or 0 in values.shape:
        return as_cloud(values, name)
    as_float64(values[:1], name)  # one row shows whether all can be converted, and raises in the same words
    if not is_tensor:
        return np.asarray(values)
    values = values.detach()
    # NumPy has no bfloat16, and widens float16 ten times slower.
    return values if values.device.type != "cpu" or _is_half(values.dtype) else values.numpy()


def fits_float32(source: Any) -> bool:
    """Say whether float32 holds all numbers of a state's dtype, and is the quickest to read them in.

    Args:
        source: (n, d), what `as_source` returned.

    Returns:
        True for float32 and for tensors of half precision.

    Example:
        >>> fits_float32(np.ones((1, 2), dtype=np.float32)), fits_float32(np.ones((1, 2)))
        (True, False)
    """
    if isinstance(source, np.ndarray):
        return bool(source.dtype == np.float32)
    return str(source.dtype) == "torch.float32" or _is_half(source.dtype)


def state_rows(source: Any, start: int, stop: int, *, narrow: bool = False) -> NDArray[Any]:
    """Convert some rows of a state, exactly.

    Args:
        source: (n, d), what `as_source` returned.
        start: First row.
        stop: Last row + 1.
        narrow: Whether float32 will do for half precision, see `fits_float32`.

    Returns:
        (stop - start, d) float64, or float32 if ``narrow``; it may share memory with the source, so it must not be
        written to.

    Example:
        >>> state_rows(np.array([[1, 2], [3, 4]]), 1, 2)
        array([[3., 4.]])
    """
    rows = source[start:stop]
    if not narrow:
        return as_float64(rows, "states")
    if isinstance(rows, np.ndarray):
        return rows.astype(np.float32, copy=False)
    converted: NDArray[np.float32] = rows.cpu().float().numpy()
    return converted


def first_fault(sources: Sequence[Any], names: Sequence[str]) -> str:
    """Say why states cannot be measured, in the words of `geodl.transport.clouds.cloud_fault`, block by block.

    Args:
        sources: States (n, d), what `as_source` returned.
        names: What to call each.

    Returns:
        The reason of the first state that has one, with its name; empty if none has.

    Example:
        >>> first_fault([np.eye(2), np.array([[np.nan, 0.0], [np.inf, 1.0]])], ["state 0", "state 1"])
        'state 1 holds 2 values that are NaN or infinite'
    """
    for source, name in zip(sources, names, strict=True):
        n, dim = source.shape
        if n < 2:
            return f"{name} holds 1 sample, and a score needs at least 2"
        bad, largest = 0, 0.0
        rows = max(1, _BLOCK // dim)
        for start in range(0, n, rows):
            block = state_rows(source, start, min(start + rows, n))
            bad += block.size - int(np.count_nonzero(np.isfinite(block)))
            if not bad:
                largest = max(largest, float(np.abs(block).max()))
        if bad:
            return f"{name} holds {bad} value{'s that are' if bad > 1 else ' that is'} NaN or infinite"
        if largest > LARGEST_COORDINATE:
            return f"{name} holds a coordinate of size {largest:.3g}, whose square may overflow float64"
    return ""


def _is_half(dtype: Any) -> bool:
    """Return whether a tensor's dtype is floating with at most 16 bits."""
    return bool(dtype.is_floating_point) and dtype.itemsize <= 2
