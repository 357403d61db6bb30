"""Whether samples of one batch influence each other, in which case a state would belong to the batch and no sample."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from geodl.errors import TrackError
from geodl.tracks.batches import Batch
from geodl.tracks.recorder import StateRecorder

TOLERANCE = {torch.float64: 1e-10, torch.float32: 1e-4}
"""Relative difference that is no influence yet, for kernels that sum in no fixed order; 1e-2 for half precision."""


def check_mates(recorder: StateRecorder, batch: Batch, run: Callable[[Batch], Any]) -> bool:
    """Refuse a model in which the state of a sample depends on the samples beside it.

    Two different samples pass together, twice, in both orders, and each beside a copy of itself. Shapes are the same
    each time, so the arithmetic for a sample is too, and its states are equal to the last bit unless its neighbour
    plays a part: by a norm over the batch, or because the axis that was taken for the samples is one of time.

    Args:
        recorder: reads the states; opened and closed here.
        batch: a batch.
        run: sends a batch through the network.

    Returns:
        Whether there was something to check: two samples that differ.

    Raises:
        TrackError: a state depends on the sample beside it.
    """
    different = next((index for index in reversed(range(1, batch.n)) if not batch.alike(0, index)), None)
    if different is None:
        return False
    ends = (0, different)
    with recorder:

        def states(which: tuple[int, int]) -> list[Tensor]:
            run(batch.chosen(which))
            return recorder.collect()

        together = states(ends)
        for name, among in zip(recorder.names, together, strict=True):
            if len(among) != 2:
                raise TrackError(
                    f"inputs: expected a state of shape (2, ...) for two samples at {name!r}, found "
                    f"{tuple(among.shape)}; pass samples first, and name a module whose output has them first"
                )
        for name, among, again in zip(recorder.names, together, states(ends), strict=True):
            if max(_difference(among, again, place) for place in (0, 1)) > _tolerance(among):
                raise TrackError(
                    f"model: expected the same states twice for the same samples, found others at {name!r}; it draws "
                    "random numbers in eval mode: switch that off"
                )
        for name, among, exchanged in zip(recorder.names, together, states(ends[::-1]), strict=True):
            if _is_misplaced(among[0].double(), exchanged[0].double(), exchanged[1].double(), _tolerance(among)):
                raise TrackError(
                    f"inputs: expected states in the order of the samples, found those at {name!r} in another; name a "
                    "module before the model sorts its samples"
                )
        for place, sample in enumerate(ends):
            for name, among, beside_itself in zip(recorder.names, together, states((sample, sample)), strict=True):
                difference = _difference(among, beside_itself, place)
                if difference > _tolerance(among):
                    raise TrackError(
                        f"inputs: expected states that belong to one sample each, found that the state at {name!r} "
                        f"changes by {difference:.1e} (relative) with the sample beside it; pass samples first (not "
                        "time), and keep norms over the batch in eval mode"
                    )
    return True


def _tolerance(states: Tensor) -> float:
    return TOLERANCE.get(states.dtype, 1e-2)


def _is_misplaced(state: Tensor, wrong: Tensor, right: Tensor, tolerance: float) -> bool:
    # Whether a state is found in the wrong place of the exchanged pair; in a collapsed network both places have it.
    away = (state - right).norm()
    return bool(away > tolerance * state.norm()) and bool((state - wrong).norm() < away)


def _difference(among: Tensor, beside_itself: Tensor, place: int) -> float:
    # Relative difference of one sample's state in two batches of two; 0 where it is not finite, which others check.
    one, other = among[place].double(), beside_itself[place].double()
    if torch.equal(one, other) or not bool(torch.isfinite(one).all() and torch.isfinite(other).all()):
        return 0.0
    return float((one - other).norm() / torch.maximum(one.norm(), other.norm()))
