"""The states of one leg as every score wants them: of one shape, checked, read a block at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from geodl.errors import DataError, TrackError
from geodl.scores.state_rows import as_source, first_fault, state_rows
from geodl.scores.track_pass import TrackLengths, measure_tracks
from geodl.transport.clouds import as_float64


@dataclass(frozen=True, eq=False)
class LegStates:
    """States x^0, ..., x^L of one leg, kept as they were given and read once for all scores of the tracks' shapes.

    Attributes:
        sources: L + 1 arrays or tensors of shape (n, d), in memory or mapped to files; they must not be written to
            while they are scored.
        names: What a fault calls each state.

    Example:
        >>> leg = as_states([[[0.0, 0.0], [0.0, 0.0]], [[3.0, 4.0], [0.0, 1.0]]])
        >>> leg.lengths.steps
        array([[5., 1.]])
        >>> leg.state(1), len(leg.arrays)
        (array([[3., 4.],
               [0., 1.]]), 2)
    """

    sources: tuple[Any, ...]
    names: tuple[str, ...]
    _ends: dict[int, NDArray[np.float64]] = field(default_factory=dict, init=False, repr=False)

    @property
    def n_samples(self) -> int:
        """Number of samples n.

        Returns:
            n >= 1.
        """
        return int(self.sources[0].shape[0])

    @property
    def dim(self) -> int:
        """Number of features d.

        Returns:
            d >= 1.
        """
        return int(self.sources[0].shape[1])

    @property
    def n_steps(self) -> int:
        """Number of steps L.

        Returns:
            L >= 0.
        """
        return len(self.sources) - 1

    @cached_property
    def lengths(self) -> TrackLengths:
        """Lengths of steps, chords and summed directions, from one pass over the states.

        Returns:
            The lengths; they mean nothing if there is a `fault`.
        """
        return measure_tracks(self.sources)

    @cached_property
    def fault(self) -> str:
        """Why no score can be computed from the states: NaN, infinity, squares that overflow, one sample, no step.

        Returns:
            The reason, which names the first such state; empty if all is well.
        """
        if self.n_steps < 1:
            return "the leg has one state and therefore no step"
        # With the lengths of all steps in bounds no coordinate needs to be looked at.
        return "" if self.n_samples > 1 and self.lengths.bounded else first_fault(self.sources, self.names)

    def state(self, index: int) -> NDArray[np.float64]:
        """One state as a whole, converted; the first and the last are kept, the others are converted each time.

        Args:
            index: l in 0..L.

        Returns:
            (n, d) float64; it may share memory with what was given, so it must not be written to.
        """
        kept = self._ends.get(index)
        if kept is None:
            kept = state_rows(self.sources[index], 0, self.n_samples)
            if index in {0, self.n_steps}:
                self._ends[index] = kept
        return kept

    @property
    def arrays(self) -> StateArrays:
        """All states, each converted when it is asked for.

        Returns:
            A sequence of L + 1 float64 arrays of shape (n, d).
        """
        return StateArrays(self)


@dataclass(frozen=True, eq=False)
class StateArrays(Sequence[NDArray[np.float64]]):
    """The states of a leg as a sequence of float64 arrays that are converted when they are asked for.

    Attributes:
        leg: The leg.
    """

    leg: LegStates

    def __len__(self) -> int:
        return len(self.leg.sources)

    @overload
    def __getitem__(self, index: int) -> NDArray[np.float64]: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[NDArray[np.float64], ...]: ...
    def __getitem__(self, index: int | slice) -> NDArray[np.float64] | tuple[NDArray[np.float64], ...]:
        indices = range(len(self))[index]
        if isinstance(indices, int):
            return self.leg.state(indices)
        return tuple(self.leg.state(one) for one in indices)

    def __iter__(self) -> Iterator[NDArray[np.float64]]:
        return (self.leg.state(index) for index in range(len(self)))


def as_states(states: Any) -> LegStates:
    """Check the states of a leg, without converting them.

    Args:
        states: Sequence of L + 1 arrays or tensors of shape (n, d), or one array or tensor of shape (L + 1, n, d); any
            real dtype, any device, in memory or mapped to files. A leg passes through untouched, so that several
            scores can share it.

    Returns:
        The leg; it says why it cannot be scored, if there is a reason.

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
    if isinstance(states, StateArrays):
        return states.leg
    if isinstance(states, LegStates):
        return states
    if hasattr(states, "ndim"):
        states = _unstacked(states)
    if isinstance(states, str) or not isinstance(states, Sequence):
        raise TypeError(
            f"states: expected a sequence of (n, d) arrays or one array, found {type(states).__name__}; "
            "pass a list of the leg's states"
        )
    if len(states) == 0:
        raise TrackError("states: expected at least one state, found none; pass the states of one leg")
    sources = tuple(as_source(state, f"states[{index}]") for index, state in enumerate(states))
    for index, source in enumerate(sources):
        if source.shape != sources[0].shape:
            raise TrackError(
                f"states[{index}]: expected the shape of states[0], {tuple(sources[0].shape)}, "
                f"found {tuple(source.shape)}; "
                "distances between different spaces mean nothing: score each leg by itself"
            )
    return LegStates(sources, tuple(f"state {index}" for index in range(len(sources))))


def as_pair(source: Any, target: Any) -> LegStates:
    """Check the first and the last states of a leg, without converting them.

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
    sources = as_source(source, "source"), as_source(target, "target")
    if sources[0].shape != sources[1].shape:
        raise DataError(
            f"target: expected the shape of source, {tuple(sources[0].shape)}, found {tuple(sources[1].shape)}; "
            "transport is defined between states of one leg"
        )
    return LegStates(sources, ("source", "target"))


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


def _unstacked(states: Any) -> list[Any]:
    """Return views of the states of a stack.

    Raises:
        TrackError: If there are not exactly three axes.
    """
    kept = isinstance(states, np.ndarray) or hasattr(states, "detach")
    if not kept or states.ndim != 3:
        states = as_float64(states, "states")
    if states.ndim != 3:
        raise TrackError(
            f"states: expected a stack of shape (L + 1, n, d), found shape {states.shape}; "
            "pass a sequence of (n, d) arrays or stack them along a new first axis"
        )
    as_float64(states[:1, :1], "states")
    return list(states.detach() if hasattr(states, "detach") else states)
