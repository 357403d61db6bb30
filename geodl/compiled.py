"""Compiled loops: numba, set up in one way for the whole package.

Compiled functions hold no lock of the interpreter, so that threads of Python's own run them side by side; numba's own
threads are not used, which do not go together with torch's, with forks, and with scoring in the background. Machine
code is kept on disk, beside the module or in the user's cache folder; where neither can be written, each process
compiles anew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numba

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(*fastmath: str) -> Callable[[Function], Function]:
    """Decorator that compiles a function on its first call.

    Args:
        *fastmath: LLVM's names of what the compiler may assume of floating-point numbers, such as ``nnan`` (there is no
            NaN) or ``reassoc`` (sums may be taken in another order); none keeps IEEE 754 to the letter.

    Returns:
        The decorator.

    Example:
        >>> @compiled()
        ... def total(values):
        ...     result = 0.0
        ...     for value in values:
        ...         result += value
        ...     return result
        >>> import numpy as np
        >>> total(np.array([1.0, 2.0]))
        3.0
    """

    def decorate(function: Function) -> Function:
        # Division by zero gives infinity or NaN, as in NumPy, and no exception.
        options = {"nogil": True, "error_model": "numpy", "fastmath": set(fastmath) or False}
        try:
            result: Function = numba.njit(cache=True, **options)(function)
        except RuntimeError:  # "cannot cache function: no locator available"
            result = numba.njit(**options)(function)
        return result

    return decorate
