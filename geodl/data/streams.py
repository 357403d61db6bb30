"""Named random streams: every random choice in the data has its own, so that none disturbs another.

A stream is a function of a name, a seed and counters (such as the epoch) alone. The global generators of
Python, NumPy and torch are neither read nor moved: measuring, loading or shuffling never changes how a
network is initialised or which units dropout drops.
"""

from __future__ import annotations

import zlib

import numpy as np
import torch


def _sequence(name: str, seed: int, counters: tuple[int, ...]) -> np.random.SeedSequence:
    # crc32 and not hash(): Python salts the hash of strings anew in every process
    return np.random.SeedSequence([seed, zlib.crc32(name.encode()), *counters])


def numpy_stream(name: str, seed: int, *counters: int) -> np.random.Generator:
    """Open a named stream of NumPy random numbers.

    Args:
        name: what is drawn, such as ``"probe"``; different names give independent streams for one seed.
        seed: a non-negative integer.
        *counters: non-negative integers that number the draw, such as the epoch.

    Returns:
        A generator that depends on nothing but the arguments.

    >>> bool(numpy_stream("probe", 0).random() == numpy_stream("probe", 0).random())
    True
    >>> bool(numpy_stream("probe", 0).random() == numpy_stream("subset", 0).random())
    False
    """
    return np.random.default_rng(_sequence(name, seed, counters))


def torch_stream(name: str, seed: int, *counters: int) -> torch.Generator:
    """Open a named stream of torch random numbers, on the CPU whatever the device of training.

    Args:
        name: what is drawn, such as ``"order"``; different names give independent streams for one seed.
        seed: a non-negative integer.
        *counters: non-negative integers that number the draw, such as the epoch.

    Returns:
        A generator that depends on nothing but the arguments.

    >>> first, second = (torch.randperm(5, generator=torch_stream("order", 0, 3)) for _ in range(2))
    >>> bool((first == second).all())
    True
    """
    state = int(_sequence(name, seed, counters).generate_state(1, np.uint64)[0])
    # manual_seed takes a signed range; the upper bit carries nothing that the other 63 do not
    return torch.Generator().manual_seed(state >> 1)
