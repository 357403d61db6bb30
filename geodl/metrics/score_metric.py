"""What both metrics share: float64 states that keep their precision, and a result with its reason."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from geodl.errors import TrackError
from geodl.scores import ScoreResult

_UNKNOWN = torch.iinfo(torch.int64).max  # smaller than every minimum that could be set


class ScoreMetric(Metric):
    """A score of one leg as a metric.

    Args:
        **kwargs: Options of `torchmetrics.Metric`, such as ``sync_on_compute``.
    """

    is_differentiable = False
    full_state_update = False

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._result: ScoreResult | None = None

    @property
    def result(self) -> ScoreResult:
        """The score with its reason and its details, of all states since the last ``reset``.

        It is computed, and synchronised between processes, as by ``compute``, and cached like its value.
        """
        self.compute()
        assert self._result is not None, "compute sets it"
        return self._result

    @property
    def dtype(self) -> torch.dtype:
        """Always float64."""
        return torch.float64

    @abstractmethod
    def score(self) -> ScoreResult:
        """Score what the states hold.

        Returns:
            The result.
        """

    def compute(self) -> Tensor:
        """Compute the score of all states since the last ``reset``, of all processes together.

        Returns:
            Float64 scalar; NaN if it cannot be computed, for the reason that ``result.reason`` gives.
        """
        self._result = self.score()
        return torch.tensor(self._result.value, dtype=self._kind, device=self.device)

    def reset(self) -> None:
        """Forget all states."""
        super().reset()
        self._result = None

    def merge_state(self, incoming_state: dict[str, Any] | Metric) -> None:
        """Add the states of another metric, which come before the own ones.

        Args:
            incoming_state: A metric of the same class, or its ``metric_state``.
        """
        super().merge_state(incoming_state)
        self._computed = None  # torchmetrics would go on to return the value from before
        self._update_count += 1

    def plot(self, val: Any = None, ax: Any = None) -> Any:
        """Draw one or several values between their bounds.

        Args:
            val: A value or a list of values; None computes the present one.
            ax: Axes to draw into; None makes a figure.

        Returns:
            Figure and axes.
        """
        return self._plot(val, ax)

    @property
    def _kind(self) -> torch.dtype:
        return torch.float32 if self.device.type == "mps" else torch.float64

    def _add_size(self, name: str) -> None:
        # The largest and the smallest of all batches and processes: a number that all of them must share.
        self.add_state(name, torch.tensor(0), dist_reduce_fx="max")
        self.add_state(f"least_{name}", torch.tensor(_UNKNOWN), dist_reduce_fx="min")

    def _note_size(self, name: str, value: int) -> None:
        number = torch.tensor(value, device=self.device)
        setattr(self, name, torch.maximum(getattr(self, name), number))
        setattr(self, f"least_{name}", torch.minimum(getattr(self, f"least_{name}"), number))

    def _size(self, name: str, meaning: str) -> int:
        most, least = int(getattr(self, name)), int(getattr(self, f"least_{name}"))
        if least < most:
            raise TrackError(
                f"states: expected the same number of {meaning} in every update, found {least} and {most}; "
                "use one metric for each leg"
            )
        return most

    def _gathered(self, values: list[Tensor] | Tensor) -> Tensor:
        # A list before synchronisation, one tensor afterwards.
        empty = torch.zeros(0, dtype=self._kind, device=self.device)
        return empty if isinstance(values, list) and not values else dim_zero_cat(values)

    def _apply(self, fn: Callable[[Tensor], Tensor], exclude_state: Sequence[str] = "") -> Any:
        # Follow moves to a device, but no change of precision.
        return super()._apply(lambda tensor: tensor.to(fn(torch.empty(0, device=tensor.device)).device), exclude_state)


def flat_batch(values: Any, name: str) -> Tensor:
    """Check one state of a batch and flatten its features.

    Args:
        values: Tensor (b, d...) or whatever `torch.as_tensor` takes, real numbers.
        name: What the message calls it.

    Returns:
        (b, d), without gradient, on its own device and in its own precision.

    Raises:
        TrackError: If it has no features.

    Example:
        >>> flat_batch(torch.zeros(3, 2, 4), "first").shape
        torch.Size([3, 8])
    """
    tensor = torch.as_tensor(values).detach()
    if tensor.ndim < 2 or 0 in tensor.shape[1:] or tensor.is_complex() or tensor.dtype == torch.bool:
        raise TrackError(
            f"{name}: expected real numbers of shape (batch, features...), found {tensor.dtype} of shape "
            f"{tuple(tensor.shape)}; put the samples first"
        )
    return tensor.flatten(1)
