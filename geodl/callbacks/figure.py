"""Pictures of the tracks while a network trains."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import pytorch_lightning as pl

from geodl.callbacks.scoring import ScoringCallback
from geodl.errors import TrackError
from geodl.figures import draw_tracks, project_tracks, save_figure
from geodl.records.wandb_media import log_image
from geodl.track_scores import TrackScores
from geodl.tracks import Track

log = logging.getLogger(__name__)


class FigureCallback(pl.Callback):
    """Draws some tracks before training, half way and at the end.

    The picture shows the leg with the most steps in the plane of the first two principal components of all its states.
    Beside each ``tracks_epoch_0012.png`` lies an ``.npz`` with the projected tracks, from which the report draws them
    side by side.

    Args:
        folder: Where to write.
        n_tracks: Samples drawn, the same number of each class.
    """

    def __init__(self, folder: Path, *, n_tracks: int = 60) -> None:
        super().__init__()
        self.folder = folder
        self.n_tracks = n_tracks
        self._halfway_drawn = False

    def on_track(self, trainer: pl.Trainer, pl_module: pl.LightningModule, track: Track) -> None:
        """Draw a track that nobody scores; one that is scored is drawn once its scores are there.

        Args:
            trainer: The trainer.
            pl_module: The module.
            track: The track.
        """
        if not any(isinstance(callback, ScoringCallback) for callback in trainer.callbacks):
            self._draw(trainer, track, {})

    def on_scores(self, trainer: pl.Trainer, pl_module: pl.LightningModule, track: Track, scores: TrackScores) -> None:
        """Draw a track with its scores if it is the first, the first from half way on, or the last.

        Args:
            trainer: The trainer.
            pl_module: The module.
            track: The track.
            scores: Its scores.
        """
        self._draw(trainer, track, scores.metrics)

    def _draw(self, trainer: pl.Trainer, track: Track, scores: Mapping[str, float]) -> None:
        epoch = track.epoch or 0
        halfway = not self._halfway_drawn and 2 * epoch >= (trainer.max_epochs or 0) and epoch > 0
        if track.metadata.get("moment") == "epoch" and not halfway:
            return
        self._halfway_drawn |= halfway
        leg = max(track.legs(), key=lambda leg: leg.n_steps)
        prefix = f"leg{leg.index}/"
        try:
            projected = project_tracks(
                leg.states,
                track.labels,
                n_tracks=self.n_tracks,
                sample_ids=track.sample_ids,
                names=leg.names,
                epoch=epoch,
                lss=scores.get(f"{prefix}lss"),
                ots=scores.get(f"{prefix}ots"),
                transport_ratio=scores.get(f"{prefix}transport_ratio"),
            )
        except TrackError as error:
            log.warning("epoch %d: no picture of the tracks: %s", epoch, error)
            return
        stem = self.folder / f"tracks_epoch_{epoch:04d}"
        projected.save(stem.with_suffix(".npz"))
        image = save_figure(draw_tracks(projected), stem.with_suffix(".png"))
        for logger in trainer.loggers:
            log_image(logger, "figures/tracks", image, epoch=epoch)
