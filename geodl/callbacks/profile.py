"""What figures need of single samples, kept before and after training."""

from __future__ import annotations

from pathlib import Path

import pytorch_lightning as pl

from geodl.callbacks.scoring import ScoringCallback
from geodl.profiles import track_profile
from geodl.track_scores import TrackScores
from geodl.tracks import Track


class ProfileCallback(pl.Callback):
    """Writes ``epoch_0012.npz`` before training and at the end: LSS_i, where tracks bend, how near pairs come.

    What is in it says `geodl.records.profile.LegProfile`. It takes some 50 kB and, for 1,000 samples of 128 features
    and 8 steps, a tenth of a second. The pairs are drawn with a generator of their own.

    Args:
        folder: Where to write; made when it is needed.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def on_track(self, trainer: pl.Trainer, pl_module: pl.LightningModule, track: Track) -> None:
        """Keep a track that nobody scores; one that is scored is kept once its scores are there.

        Args:
            trainer: The trainer.
            pl_module: The module.
            track: The track.
        """
        if not any(isinstance(callback, ScoringCallback) for callback in trainer.callbacks):
            self._write(track, None)

    def on_scores(self, trainer: pl.Trainer, pl_module: pl.LightningModule, track: Track, scores: TrackScores) -> None:
        """Keep a track with its scores.

        Args:
            trainer: The trainer.
            pl_module: The module.
            track: The track.
            scores: Its scores.
        """
        self._write(track, scores)

    def _write(self, track: Track, scores: TrackScores | None) -> None:
        if track.metadata.get("moment") == "epoch":
            return
        results = None if scores is None else list(zip(scores.legs, scores.results, strict=True))
        track_profile(track, results).save(self.folder / f"epoch_{track.epoch or 0:04d}.npz")
