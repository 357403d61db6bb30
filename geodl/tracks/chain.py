"""Chains: runs of blocks of one class, each of which receives the very tensor that the one before it returned."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor

from geodl.tracks.trace import Call


@dataclass(eq=False)
class Step:
    """One block of a chain.

    Attributes:
        first: the call that receives the state.
        last: the call that returns the next one; the same call, but in a chain of single layers the last of the
            activations and norms behind the layer.
        source: path of the state among the inputs of ``first``; "" while unknown.
        target: path of the next state among the outputs of ``last``.
    """

    first: Call
    last: Call
    source: str = ""
    target: str = ""

    @property
    def state_before(self) -> Tensor:
        """The state that the block receives."""
        return self.first.inputs[self.source]

    @property
    def state_after(self) -> Tensor:
        """The state that the block returns."""
        return self.last.outputs[self.target]

    def hands_on(self, after: Step) -> bool:
        """Say whether a later block receives the very state that this one returns.

        Args:
            after: the later block.

        Returns:
            True if it does.
        """
        return self.state_after is after.state_before and self.last.hands_on(self.state_after, after.first)

    @property
    def shape_before(self) -> tuple[int, ...]:
        """Shape of the state that the block receives."""
        return self.first.shape(self.state_before)

    @property
    def shape_after(self) -> tuple[int, ...]:
        """Shape of the state that the block returns."""
        return self.last.shape(self.state_after)


@dataclass(eq=False)
class Chain:
    """Blocks that follow one another directly.

    Attributes:
        steps: the blocks in order, two or more.
        fault: why its states cannot be told from what else the blocks hand on; empty if all is well.
    """

    steps: list[Step]
    fault: str = ""

    @property
    def kind(self) -> str:
        """Class of the blocks, or classes."""
        return " and ".join(dict.fromkeys(step.first.kind for step in self.steps))

    @property
    def keeps_a_shape(self) -> bool:
        """Whether two states in a row have one shape, so that a track could stay in one space."""
        shapes = [step.shape_after for step in self.steps]
        return any(before == after for before, after in pairwise(shapes))

    @property
    def n_parameters(self) -> int:
        """Number of scalars in the blocks' parameters, shared ones once."""
        found = {id(p): p.numel() for step in self.steps for p in step.first.module.parameters()}
        return sum(found.values())

    def __str__(self) -> str:
        first, last = self.steps[0].first.name, self.steps[-1].last.name
        return f"{first} ... {last} ({len(self.steps)} x {self.kind})"
