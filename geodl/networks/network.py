"""What all networks of this package share: a stem, blocks, a head, and named points where states are read."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from geodl.networks.evaluation_mode import evaluation_mode
from geodl.networks.initialisation import initialise


class Network(nn.Module):
    """A classifier ``head(block_L(... block_1(stem(x))))``.

    The states of a sample are the output of the stem, x^0, and of every block, x^1..x^L; the logits are not a
    state.

    Args:
        input_shape: shape of one sample.
        n_classes: number of logits, at least 2.
        family: "plain", "resnet" or "vit".
        stem: map from the data to the first state.
        blocks: the steps of the track.
        head: map from the last state to the logits.
    """

    def __init__(
        self,
        *,
        input_shape: Sequence[int],
        n_classes: int,
        family: str,
        stem: nn.Module,
        blocks: Sequence[nn.Module],
        head: nn.Module,
    ) -> None:
        super().__init__()
        self.input_shape = tuple(input_shape)
        self.n_classes = n_classes
        self.family = family
        self.stem = stem
        self.blocks = nn.ModuleList(blocks)
        self.head = head
        initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        """Classify.

        Args:
            x: samples, shape (n, *input_shape), float.

        Returns:
            Logits, shape (n, n_classes).
        """
        state: Tensor = self.stem(x)
        for block in self.blocks:
            state = block(state)
        logits: Tensor = self.head(state)
        return logits

    def states(self, x: Tensor) -> list[Tensor]:
        """Compute the states one after the other, without hooks: the reference for `geodl.record_track`.

        Args:
            x: samples, shape (n, *input_shape), float.

        Returns:
            x^0, ..., x^L in the order of `read_outs`, each (n, *shape), in the current mode of the network.
        """
        states = [self.stem(x)]
        for block in self.blocks:
            states.append(block(states[-1]))
        return states

    def read_outs(self) -> list[str]:
        """Name the modules whose outputs are the states.

        Returns:
            "stem", "blocks.0", ..., "blocks.<L-1>", as in ``named_modules()``.
        """
        return ["stem", *(f"blocks.{index}" for index in range(len(self.blocks)))]

    @property
    def n_parameters(self) -> int:
        """Number of trainable scalars."""
        return sum(parameter.numel() for parameter in self.parameters() if parameter.requires_grad)

    def state_shapes(self) -> list[tuple[int, ...]]:
        """Find the shape of each state of one sample, by sending one blank sample through the network.

        Returns:
            One shape per read-out.
        """
        parameter = next(self.parameters())
        blank = torch.zeros((1, *self.input_shape), dtype=parameter.dtype, device=parameter.device)
        with evaluation_mode(self), torch.no_grad():
            return [tuple(state.shape[1:]) for state in self.states(blank)]

    def describe(self) -> str:
        """Describe the network in a table for the start of a run.

        Returns:
            One line with the sizes, then one line per read-out: its name, the shape of its state, and its
            leg, the run of states of equal shape on which scores are defined.
        """
        shapes = self.state_shapes()
        legs = [0]
        for before, after in itertools.pairwise(shapes):
            legs.append(legs[-1] + (before != after))
        rows = [("read-out", "shape", "leg")]
        rows += [
            (name, " x ".join(map(str, shape)), str(leg))
            for name, shape, leg in zip(self.read_outs(), shapes, legs, strict=True)
        ]
        widths = [max(len(row[column]) for row in rows) for column in range(2)]
        lines = [f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]}" for row in rows]
        title = (
            f"{self.family} {type(self).__name__}: {self.n_parameters:,} parameters, "
            f"{len(self.blocks)} blocks, legs: {legs[-1] + 1}"
        )
        return "\n".join([title, *lines])
