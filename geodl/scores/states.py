"""The states of one leg as every score wants them: float64 matrices of one shape, checked once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodl.errors import DataError, TrackError
from geodl.transport.clouds import as_cloud, as_float64, cloud_fault


@dataclass(frozen=True, eq=False)
class LegStates:
    """Converted states x^0, ..., x^L of one leg.

    Attributes:
        arrays: L + 1 float64 arrays of shape (n, d).
        fault: Why no score can be computed from them (NaN, infinity, one sample, no step); empty if all is well.
    """

    arrays: tuple[NDArray[np.float64], ...]
    fault: str

    @property
    def n_samples(self) -> int:
        """Number of samples n.

        Returns:
            n >= 1.
        """
        return len(self.arrays[0])

    @property
    def dim(self) -> int:
        """Number of features d.

        Returns:
            d >= 1.
        """
        return int(self.arrays[0].shape[1])

    @property
    def n_steps(self) -> int:
        """Number of steps L.

        Returns:
            L >= 0.
        """
        return len(self.arrays) - 1


def as_states(states: Any) -> LegStates:
    """Convert and check the states of a leg.

    Args:
        states: Sequence of L + 1 arrays or tensors of shape (n, d), or one array or tensor of shape (L + 1, n, d); any
            real dtype, any device. Converted states pass through untouched, so that several scores can share them.

    Returns:
        The states in float64, with the reason why they cannot be scored, if there is one.

    Raises:
        TypeError: If ``states`` is no sequence.
        TrackError: If there is no state, or the states differ in shape.

    Example:
        >>> leg = as_states([[[0.0], [1.0]], [[2.0], [3.0]]])
        >>> leg.n_steps, leg.n_samples, leg.dim, leg.fault
        (1, 2, 1, '')
        >>> as_states([[[0.0], [1.0]]]).fault
        'the leg has one state and therefore no step'
    """
    if isinstance(states, LegStates):
        return states
    if hasattr(states, "ndim"):
        stacked = as_float64(states, "states")
        if stacked.ndim != 3:
            raise TrackError(
                f"states: expected a stack of shape (L + 1, n, d), found shape {stacked.shape}; "
                "pass a sequence of (n, d) arrays or stack them along a new first axis"
            )
        states = list(stacked)
    if isinstance(states, str) or not isinstance(states, Sequence):
        raise TypeError(
            f"states: expected a sequence of (n, d) arrays or one array, found {type(states).__name__}; "
            "pass a list of the leg's states"
        )
    if len(states) == 0:
        raise TrackError("states: expected at least one state, found none; pass the states of one leg")
    arrays = tuple(as_cloud(state, f"states[{index}]") for index, state in enumerate(states))
    for index, array in enumerate(arrays):
        if array.shape != arrays[0].shape:
            raise TrackError(
                f"states[{index}]: expected the shape of states[0], {arrays[0].shape}, found {array.shape}; "
                "distances between different spaces mean nothing: score each leg by itself"
            )
    return LegStates(arrays, _fault(arrays))


def as_pair(source: Any, target: Any) -> LegStates:
    """Convert and check the first and the last states of a leg.

    Args:
        source: (n, d) array or tensor.
        target: (n, d) array or tensor.

    Returns:
        A leg of one step.

    Raises:
        DataError: If the shapes differ.

    Example:
        >>> as_pair([[0.0], [1.0]], [[2.0], [3.0]]).n_steps
        1
    """
    arrays = as_cloud(source, "source"), as_cloud(target, "target")
    if arrays[0].shape != arrays[1].shape:
        raise DataError(
            f"target: expected the shape of source, {arrays[0].shape}, found {arrays[1].shape}; "
            "transport is defined between states of one leg"
        )
    faults = [
        f"{name} {fault}"
        for name, array in zip(("source", "target"), arrays, strict=True)
        if (fault := cloud_fault(array))
    ]
    return LegStates(arrays, faults[0] if faults else "")


def as_labels(labels: Any, n_samples: int) -> NDArray[np.int64]:
    """Convert class labels.

    Args:
        labels: (n,) integers, array or tensor.
        n_samples: Number of samples n that the labels must match.

    Returns:
        (n,) int64.

    Raises:
        DataError: If the labels are not n whole numbers.

    Example:
        >>> as_labels([0, 2, 1], 3)
        array([0, 2, 1])
    """
    values = as_float64(labels, "labels")
    if values.shape != (n_samples,) or not np.array_equal(values, np.round(values)):
        raise DataError(
            f"labels: expected {n_samples} whole numbers, one a sample, found an array of shape {values.shape}; "
            "pass the labels of the probe set in its order"
        )
    return values.astype(np.int64)


def _fault(arrays: tuple[NDArray[np.float64], ...]) -> str:
    """Return the first reason why these states cannot be scored."""
    if len(arrays) < 2:
        return "the leg has one state and therefore no step"
    for index, array in enumerate(arrays):
        fault = cloud_fault(array)
        if fault:
            return f"state {index} {fault}"
    return ""
