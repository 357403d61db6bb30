"""Which networks learned their training data: claims about trained networks speak of no others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from geodl.errors import DataError
from geodl.report.measures import TRAIN_ACCURACY
from geodl.report.record import RunRecord

_CALIBRATION = "calibration.map"  # runs that score a known map: they have no network


@dataclass(frozen=True)
class LeftOut:
    """A run that no claim uses.

    Attributes:
        run: The run.
        reason: Why.
    """

    run: RunRecord
    reason: str


@dataclass(frozen=True)
class Trained:
    """Runs sorted by whether their network was trained.

    Attributes:
        runs: Runs of trained networks.
        failed: Networks that failed to train, with reasons; a diverged run is among them, though it has no final value.
        level: The rule in words.
    """

    runs: tuple[RunRecord, ...]
    failed: tuple[LeftOut, ...]
    level: str


def sort_trained(runs: Sequence[RunRecord], min_accuracy: float | None = None) -> Trained:
    """Sort runs by final training accuracy.

    Args:
        runs: All runs of a sweep, whatever their status.
        min_accuracy: Least training accuracy of a trained network; where None, half-way between chance 1/K for K
            classes and 1. A run that tells neither its accuracy nor its K counts as trained.

    Returns:
        Trained networks among the runs that finished, and those that failed to train.

    Raises:
        DataError: The accuracy asked for lies outside [0, 1].
    """
    if min_accuracy is not None and not 0 <= min_accuracy <= 1:
        raise DataError(
            f"min_accuracy: expected a training accuracy in [0, 1], found {min_accuracy}; "
            "leave it out for half-way between chance and 1"
        )
    trained, failed = [], []
    for run in runs:
        if run.settings.get(_CALIBRATION) is not None:
            continue
        if run.state.get("error_type") == "TrainingDivergedError" and not run.counts:
            failed.append(LeftOut(run, f"diverged: {run.state.get('error') or 'the loss was not finite'}"))
        if not run.counts:
            continue
        reason = _why_untrained(run, least_accuracy(run) if min_accuracy is None else min_accuracy)
        if reason:
            failed.append(LeftOut(run, reason))
        else:
            trained.append(run)
    levels = sorted({least for run in runs if run.counts and math.isfinite(least := least_accuracy(run))})
    rule = (
        f"training accuracy of at least {min_accuracy:g}"
        if min_accuracy is not None
        else "training accuracy at least half-way between chance and 1"
        + (f" ({', '.join(f'{level:.3g}' for level in levels)})" if levels else "")
    )
    return Trained(tuple(trained), tuple(failed), rule)


def least_accuracy(run: RunRecord) -> float:
    """Accuracy half-way between guessing and knowing.

    Args:
        run: The run.

    Returns:
        (1/K + 1) / 2 for K classes; NaN where the run does not tell K.
    """
    data = run.summary.get("data")
    classes = data.get("n_classes") if isinstance(data, dict) else None
    return (1 / classes + 1) / 2 if isinstance(classes, int) and classes > 0 else math.nan


def _why_untrained(run: RunRecord, least: float) -> str:
    # Empty for a trained network.
    for key in (TRAIN_ACCURACY.key, "train/loss"):
        if not math.isfinite(run.final.get(key, 0.0)):
            return f"{key} is {run.final[key]:g}"
    accuracy = run.final.get(TRAIN_ACCURACY.key, math.nan)
    return f"training accuracy {accuracy:.3g}, below {least:.3g}" if accuracy < least else ""
