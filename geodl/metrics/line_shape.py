"""Line-shape score as a metric."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from geodl.errors import TrackError
from geodl.metrics.score_metric import ScoreMetric, flat_batch
from geodl.scores import ScoreResult
from geodl.scores.line_shape import sample_line_shapes, summarise_line_shapes
from geodl.transport.clouds import LARGEST_COORDINATE


class LineShapeScore(ScoreMetric):
    """Line-shape score of a leg whose states come in batches: the mean over samples of L / ‖Σ_l Δ_i^l / ‖Δ_i^l‖‖.

    1 means straight tracks, and √L is what a random walk in high dimension has. Equal to
    `geodl.line_shape_score` on all samples together. Only one number a sample is kept, in float64, so any number of
    samples fits into memory.

    Args:
        **kwargs: Options of `torchmetrics.Metric`.

    Example:
        One sample goes straight, one turns by a right angle: the mean of 1 and √2.

        >>> metric = LineShapeScore()
        >>> metric.update([torch.tensor([[0.0, 0.0]]), torch.tensor([[1.0, 0.0]]), torch.tensor([[5.0, 0.0]])])
        >>> metric.update([torch.tensor([[0.0, 0.0]]), torch.tensor([[1.0, 0.0]]), torch.tensor([[1.0, 3.0]])])
        >>> metric.compute()
        tensor(1.2071, dtype=torch.float64)
        >>> metric.result.details["L"]
        2
    """

    higher_is_better = False
    plot_lower_bound = 1.0

    per_sample: list[Tensor]
    zero_steps: Tensor

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.add_state("per_sample", [], dist_reduce_fx="cat")
        self.add_state("zero_steps", torch.tensor(0), dist_reduce_fx="sum")
        self._add_size("n_steps")

    def update(self, states: Sequence[Tensor]) -> None:
        """Add a batch.

        Args:
            states: L + 1 states of one leg, each (b, d...), on any device and in any precision; or one tensor
                (L + 1, b, d...).

        Raises:
            TrackError: If there are fewer than two states, or their shapes differ.
        """
        flat = [flat_batch(state, f"states[{index}]") for index, state in enumerate(states)]
        if len(flat) < 2 or any(state.shape != flat[0].shape for state in flat):
            raise TrackError(
                f"states: expected two or more states of one shape, found {[tuple(s.shape) for s in flat]}; "
                "pass the states of one leg"
            )
        self._note_size("n_steps", len(flat) - 1)
        arrays = [state.cpu().double().numpy() for state in flat]
        usable = np.logical_and.reduce([(np.abs(array) <= LARGEST_COORDINATE).all(axis=1) for array in arrays])
        scores = np.full(len(usable), np.nan)
        if usable.any():
            scores[usable], zero_steps = sample_line_shapes([array[usable] for array in arrays])
            self.zero_steps = self.zero_steps + zero_steps
        self.per_sample.append(torch.as_tensor(scores, dtype=self._kind, device=self.device))

    def score(self) -> ScoreResult:
        """Score the samples so far.

        Returns:
            As `geodl.line_shape_score`.
        """
        n_steps = self._size("n_steps", "states")
        scores = self._gathered(self.per_sample).cpu().double().numpy()
        if len(scores) < 2:
            found = f"{len(scores)} sample{'' if len(scores) == 1 else 's'}"
            return ScoreResult.invalid(f"the metric holds {found}, and a score needs at least 2")
        bad = int(np.isnan(scores).sum())
        if bad:
            return ScoreResult.invalid(
                f"{bad} of {len(scores)} samples have a state that is NaN, infinite or too large to be squared"
            )
        return summarise_line_shapes(scores, int(self.zero_steps), n_steps=n_steps)
