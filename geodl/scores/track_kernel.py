"""The compiled pass over the states of a leg: sample by sample, from the first state to the last.

States are given by the addresses of their rows, so that stacked, separate and memory-mapped arrays of any number are
read where they lie. Whatever is summed over features is summed over float64 differences in one fixed order, so that
float32 states and their float64 copies, and any division into blocks, give the same numbers bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.extending import intrinsic
from numpy.typing import NDArray

from geodl.compiled import compiled

# Reordered sums are what a processor adds several at once; NaN and infinity keep their meaning.
_FAST = ("reassoc", "contract", "nsz")
_SMALLEST, _LARGEST = 1e-280, 1e260  # sums of squares between them are right without scaling
_LARGEST_LENGTH = 1e130
_NEAR = 2**13  # bytes of a row up to which the next rows are asked for ahead of time
_LINE = 64  # bytes of a cache line


@intrinsic  # type: ignore[untyped-decorator, unused-ignore]
def _pointer(_context: Any, _address: Any, like: Any) -> tuple[Any, Callable[..., Any]]:
    """Return the compiler's way from an address to a pointer to numbers of an array's kind."""
    kind = numba.types.CPointer(like.dtype)

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(kind))

    return kind(numba.types.int64, like), generate


@intrinsic  # type: ignore[untyped-decorator, unused-ignore]
def _prefetch(_context: Any, _address: Any) -> tuple[Any, Callable[..., Any]]:
    """Return the compiler's way to ask for a cache line; an address that is nobody's does no harm."""

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        function = builder.module.globals.get("llvm.prefetch.p0i8")
        if function is None:
            kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
            function = ir.Function(builder.module, kind, name="llvm.prefetch.p0i8")
        # for reading, into the second cache, of data
        options = [ir.Constant(number, value) for value in (0, 2, 1)]
        builder.call(function, [builder.inttoptr(arguments[0], byte), *options])
        return context.get_dummy_value()

    return numba.types.void(numba.types.int64), generate


@compiled(*_FAST)
def _square(vector: NDArray[np.float64]) -> float:
    total = 0.0
    for j in range(len(vector)):
        total += vector[j] * vector[j]
    return total


@compiled(*_FAST)
def _subtract(before: NDArray[Any], after: NDArray[Any], out: NDArray[np.float64]) -> None:
    for j in range(len(out)):
        out[j] = np.float64(after[j]) - np.float64(before[j])


@compiled(*_FAST)
def _add(total: NDArray[np.float64], vector: NDArray[np.float64], factor: float) -> None:
    for j in range(len(total)):
        total[j] += vector[j] * factor


@compiled(*_FAST)
def _scaled_length(vector: NDArray[np.float64]) -> tuple[float, float]:
    """Return the length of a vector whose squares under- or overflow after dividing it by a power of two, and this."""
    largest = 0.0
    for j in range(len(vector)):
        if not math.isfinite(vector[j]):
            return math.inf, 1.0
        largest = max(largest, abs(vector[j]))
    if largest == 0.0:
        return 0.0, 1.0
    scale = math.ldexp(1.0, math.frexp(largest)[1])  # dividing by it is exact, so no digit is lost
    for j in range(len(vector)):
        vector[j] /= scale
    return math.sqrt(_square(vector)), scale


@compiled(*_FAST)
def measure_rows(
    addresses: NDArray[np.int64],
    strides: NDArray[np.int64],
    like: NDArray[Any],
    dim: int,
    start: int,
    stop: int,
    scratch: NDArray[np.float64],
    step_lengths: NDArray[np.float64],
    chord_lengths: NDArray[np.float64],
    direction_lengths: NDArray[np.float64],
) -> tuple[int, bool]:
    """Measure the tracks of samples start .. stop - 1.

    Args:
        addresses: (L + 1,) address of row ``start`` of each state; the d numbers of a row lie side by side, aligned.
        strides: (L + 1,) bytes from one row to the next.
        like: Empty array of the states' dtype, float32 or float64.
        dim: Number of features d.
        start: First sample.
        stop: Last sample + 1.
        scratch: (2 d + 16,), written.
        step_lengths: (L, n), ‖Δ_i^l‖, written for these samples.
        chord_lengths: (n,), ‖x_i^L - x_i^0‖, written for these samples.
        direction_lengths: (n,), ‖Σ_l Δ_i^l / ‖Δ_i^l‖‖, steps of length zero left out, written for these samples.

    Returns:
        Number of steps of length zero; whether all ‖x_i^0‖ and step lengths are at most 1e130, so that no coordinate
        can be NaN, infinite or beyond (L + 1) 1e130. Where a number is NaN or infinite, what is written means nothing.
    """
    row_bytes = dim * like.itemsize
    # Arrays without an owner: counting references would take longer than the sums over a few features.
    # Each begins a cache line, since writes across lines take twice as long.
    place = (np.int64(scratch.ctypes.data) + _LINE - 1) // _LINE * _LINE
    step = numba.carray(_pointer(place, scratch), (dim,))
    total = numba.carray(_pointer(place + (8 * dim + _LINE - 1) // _LINE * _LINE, scratch), (dim,))
    zero_steps, bounded = 0, True
    for i in range(start, stop):
        first = numba.carray(_pointer(addresses[0] + (i - start) * strides[0], like), (dim,))
        for j in range(dim):
            step[j] = first[j]
            total[j] = 0.0
        bounded = bounded and _square(step) <= _LARGEST
        before = first
        for index in range(1, len(addresses)):
            address = addresses[index] + (i - start) * strides[index]
            after = numba.carray(_pointer(address, like), (dim,))
            if row_bytes <= _NEAR:
                # Processors foresee a few streams, not one for every state: ask for the row after the next.
                for line in range(0, row_bytes, _LINE):
                    _prefetch(address + 2 * strides[index] + line)
            _subtract(before, after, step)
            square, scale = _square(step), 1.0
            length = math.sqrt(square)
            if not _SMALLEST <= square <= _LARGEST:
                length, scale = _scaled_length(step)
                bounded = bounded and length * scale <= _LARGEST_LENGTH
            if length > 0.0:
                _add(total, step, 1.0 / length)
            else:
                zero_steps += 1
            step_lengths[index - 1, i] = length * scale
            before = after
        _subtract(first, before, step)
        square, scale = _square(step), 1.0
        length = math.sqrt(square)
        if not _SMALLEST <= square <= _LARGEST:
            length, scale = _scaled_length(step)
        chord_lengths[i] = length * scale
        direction_lengths[i] = math.sqrt(_square(total))
    return zero_steps, bounded
