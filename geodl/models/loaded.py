"""A model that is ready to be recorded, and what a reader must know of where it comes from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

Inputs = Tensor | dict[str, Tensor]


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A model and the inputs made for it.

    Attributes:
        model: The network, on the CPU.
        inputs: The samples as it takes them: a tensor, or tensors by argument name.
        origin: Where the weights come from, one sentence without a full stop.
        notes: What else was done to model or samples, one sentence each.
    """

    model: nn.Module
    inputs: Inputs
    origin: str
    notes: tuple[str, ...] = field(default=())

    @property
    def n_parameters(self) -> int:
        """Number of scalars among the parameters."""
        return sum(parameter.numel() for parameter in self.model.parameters())

    @property
    def digest(self) -> str:
        """SHA-256 of all parameters and buffers with their names, 64 hex digits."""
        state = hashlib.sha256()
        for name, values in self.model.state_dict().items():
            if isinstance(values, Tensor):
                plain = values.detach().cpu().contiguous().reshape(-1)
                state.update(f"{name} {tuple(values.shape)} {values.dtype}".encode())
                state.update(plain.view(torch.uint8).numpy().tobytes())
        return state.hexdigest()

    def first(self, n: int) -> Inputs:
        """Take the first samples.

        Args:
            n: How many.

        Returns:
            The inputs of these samples.
        """
        if isinstance(self.inputs, dict):
            return {name: values[:n] for name, values in self.inputs.items()}
        return self.inputs[:n]


def with_seed(build: Callable[[], nn.Module], seed: int) -> nn.Module:
    """Build a model whose weights depend on a seed alone, and leave torch's generator as it was.

    Args:
        build: Makes the model.
        seed: The seed.

    Returns:
        The model.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build()
