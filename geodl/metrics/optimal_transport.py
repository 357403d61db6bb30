"""Optimal-transport score as a metric."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from geodl.errors import TrackError
from geodl.metrics.score_metric import ScoreMetric, flat_batch
from geodl.scores import ScoreResult, optimal_transport_score


class OptimalTransportScore(ScoreMetric):
    """Optimal-transport score between first and last states that come in batches.

    The share of samples whose optimal partner, among the outputs of *all* samples, is their own output. Equal to
    `geodl.optimal_transport_score` on all samples together; it is no mean over batches, so the first and the last
    states of all samples are kept, in float64: 16 n d bytes. The plan takes time between n² and n³.

    Args:
        **kwargs: Options of `torchmetrics.Metric`.

    Example:
        Two of three points exchange their places:

        >>> import torch
        >>> metric = OptimalTransportScore()
        >>> metric.update(torch.tensor([[0.0], [1.0]]), torch.tensor([[1.0], [0.0]]))
        >>> metric.update(torch.tensor([[5.0]]), torch.tensor([[6.0]]))
        >>> metric.compute()
        tensor(0.3333, dtype=torch.float64)
        >>> metric.result.details["low"] == metric.result.value
        True
    """

    higher_is_better = True
    plot_lower_bound = 0.0
    plot_upper_bound = 1.0

    first: list[Tensor]
    last: list[Tensor]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # Flattened, so that a process without samples has what the others can be joined with.
        self.add_state("first", [], dist_reduce_fx="cat")
        self.add_state("last", [], dist_reduce_fx="cat")
        self._add_size("dim")

    def update(self, first: Tensor | Sequence[Tensor], last: Tensor | None = None) -> None:
        """Add a batch.

        Args:
            first: First states (b, d...), on any device and in any precision; or, without ``last``, all states of the
                leg as `geodl.LineShapeScore` takes them, so that both metrics can share a collection.
            last: Last states (b, d...).

        Raises:
            TrackError: If the shapes differ.
        """
        if last is None:
            first, last = first[0], first[-1]
        source, target = flat_batch(first, "first"), flat_batch(last, "last")
        if source.shape != target.shape:
            raise TrackError(
                f"last: expected the shape of first, {tuple(source.shape)}, found {tuple(target.shape)}; transport is "
                "defined between states of one leg"
            )
        self._note_size("dim", source.shape[1])
        self.first.append(source.to(self.device, self._kind, copy=True).flatten())
        self.last.append(target.to(self.device, self._kind, copy=True).flatten())

    def score(self) -> ScoreResult:
        """Score the samples so far.

        Returns:
            As `geodl.optimal_transport_score`.
        """
        dim = self._size("dim", "features")
        if dim == 0:
            return ScoreResult.invalid("the metric holds 0 samples, and a score needs at least 2")
        return optimal_transport_score(*(self._gathered(states).reshape(-1, dim) for states in (self.first, self.last)))
