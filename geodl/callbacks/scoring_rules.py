"""What has to hold among a trainer's callbacks and schedules for scores to come, and to come in time."""

from __future__ import annotations

import pytorch_lightning as pl
from pytorch_lightning.callbacks import EarlyStopping

from geodl.callbacks.track import TrackCallback
from geodl.errors import ConfigError

_LATE = ("geometry/", "time/score_s")


def is_late(metric: str | None) -> bool:
    """Tell whether a metric comes after its epoch has ended where scoring runs in the background.

    Args:
        metric: Its name, or None.

    Returns:
        True for the scores and what is logged beside them.

    Example:
        >>> is_late("geometry/leg0/lss"), is_late("val_loss"), is_late(None)
        (True, False, False)
    """
    return metric is not None and metric.startswith(_LATE)


def check_neighbours(trainer: pl.Trainer, *, background: bool) -> None:
    """Check the callbacks beside a ``ScoringCallback``.

    Args:
        trainer: The trainer.
        background: Whether scores come late.

    Raises:
        ConfigError: If there is no ``TrackCallback``, or more than one; if early stopping on a score is before it; if a
            callback watches a score that comes late, or scoring in the background meets several processes.
    """
    callbacks = trainer.callbacks
    places = [index for index, callback in enumerate(callbacks) if isinstance(callback, TrackCallback)]
    if not places:
        raise ConfigError(
            "callbacks: expected a TrackCallback beside ScoringCallback, found none, so that there is nothing to "
            "score; add TrackCallback(probe=...)"
        )
    if len(places) > 1:
        raise ConfigError(
            f"callbacks: expected one TrackCallback, found {len(places)}, whose scores would be logged under the "
            "same names; join the probes, or train once for each"
        )
    for callback in callbacks[: places[0]]:
        if isinstance(callback, EarlyStopping) and callback.monitor.startswith("geometry/"):
            raise ConfigError(
                f"callbacks: expected EarlyStopping on {callback.monitor!r} after TrackCallback, found it before, "
                "where it would read the score of the epoch before; move it to the end of the list"
            )
    if not background:
        return
    if trainer.world_size > 1:
        raise ConfigError(
            f"background: expected a single process, found {trainer.world_size}, which would share scores that are not "
            "there yet; pass ScoringCallback(background=False)"
        )
    for callback in callbacks:
        monitor = getattr(callback, "monitor", None)
        if isinstance(monitor, str) and is_late(monitor):
            raise ConfigError(
                f"background: expected no callback to watch a score, found {type(callback).__name__} on {monitor!r}, "
                "whose value would come an epoch late; pass ScoringCallback(background=False), or watch another metric"
            )


def check_schedules(trainer: pl.Trainer) -> None:
    """Check that no learning rate follows a score that comes late.

    Args:
        trainer: The trainer, with its optimizers and schedules.

    Raises:
        ConfigError: If one does.
    """
    for schedule in trainer.lr_scheduler_configs:
        if schedule.reduce_on_plateau and is_late(schedule.monitor):
            raise ConfigError(
                f"background: expected no schedule to watch a score, found {type(schedule.scheduler).__name__} on "
                f"{schedule.monitor!r}, whose value would come an epoch late; pass ScoringCallback(background=False), "
                "or watch another metric"
            )
