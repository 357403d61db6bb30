"""A leg: the part of a data track that stays in one space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Leg:
    """A maximal run of consecutive states of equal shape.

    Scores are defined on legs, since a distance between states of different spaces means nothing. A network
    of constant width has one leg, a three-stage ResNet three.

    Attributes:
        index: number of the leg on its track, from 0.
        start: index of its first state among the states of the track.
        names: read-out names, one per state.
        states: x^0, ..., x^L, each of shape (n, dim), features flattened, in the floating dtype of the
            recording; read-only views where the dtype allows it.
    """

    index: int
    start: int
    names: tuple[str, ...]
    states: tuple[NDArray[Any], ...]

    @property
    def n_steps(self) -> int:
        """Number of steps L, one less than the states; 0 for a leg of a single state, which has no scores."""
        return len(self.states) - 1

    @property
    def n_samples(self) -> int:
        """Number of samples n."""
        return int(self.states[0].shape[0])

    @property
    def dim(self) -> int:
        """Number of features of one state of one sample."""
        return int(self.states[0].shape[1])
