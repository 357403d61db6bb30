"""A network in eval mode for the length of a `with` block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def evaluation_mode(network: nn.Module) -> Iterator[None]:
    """Put all modules in eval mode; put each one's own flag back afterwards, also after an exception.

    ``network.train(was_training)`` would not do: it would set the frozen modules of a network in training to
    train.

    Args:
        network: any module.

    Yields:
        Nothing.

    Example:
        >>> network = nn.Sequential(nn.Dropout(), nn.BatchNorm1d(2).eval())
        >>> with evaluation_mode(network):
        ...     [module.training for module in network.modules()]
        [False, False, False]
        >>> [module.training for module in network.modules()]
        [True, True, False]
    """
    flags = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        yield
    finally:
        for module, training in flags:
            module.training = training
