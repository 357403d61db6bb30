"""A moving picture of training, where the states lie in a plane."""

from __future__ import annotations

from pathlib import Path

import pytorch_lightning as pl

from geodl.figures.plane_animation import save_plane_gif
from geodl.planes import is_planar, plane_tracks
from geodl.records.wandb_media import log_video
from geodl.track_scores import TrackScores
from geodl.tracks import Track


class PlaneCallback(pl.Callback):
    """Draws ``plane.gif`` at the end of training: the tracks of two-dimensional states, one frame a measured epoch.

    Tracks of other states, and those of a single epoch, are left alone. Plans are solved and frames drawn after the
    last epoch, so that training goes on undisturbed.

    Args:
        folder: Where to write.
        title: Title of the panel.
    """

    def __init__(self, folder: Path, *, title: str) -> None:
        super().__init__()
        self.folder = folder
        self.title = title
        self._tracks: dict[int, Track] = {}
        self._scores: dict[int, dict[str, float]] = {}

    def on_track(self, trainer: pl.Trainer, pl_module: pl.LightningModule, track: Track) -> None:
        """Keep a track for the end.

        Args:
            trainer: The trainer.
            pl_module: The module.
            track: The track.
        """
        if is_planar(track):
            self._tracks[track.epoch or 0] = track

    def on_scores(self, trainer: pl.Trainer, pl_module: pl.LightningModule, track: Track, scores: TrackScores) -> None:
        """Keep the scores of a track.

        Args:
            trainer: The trainer.
            pl_module: The module.
            track: The track.
            scores: Its scores.
        """
        self._scores[track.epoch or 0] = dict(scores.metrics)

    def on_fit_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Draw the epochs.

        Args:
            trainer: The trainer.
            pl_module: The module.
        """
        if len(self._tracks) < 2 or not trainer.is_global_zero:
            return
        epochs = sorted(self._tracks)
        planes = [plane_tracks(self._tracks[epoch], self._scores.get(epoch)) for epoch in epochs]
        video = save_plane_gif({self.title: planes}, self.folder / "plane.gif")
        for logger in trainer.loggers:
            log_video(logger, "figures/plane", video, epoch=epochs[-1])
