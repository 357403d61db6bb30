"""Keeping whole tracks on disk."""

from __future__ import annotations

from pathlib import Path

import pytorch_lightning as pl

from geodl.tracks import Track


class TrackWriter(pl.Callback):
    """Writes ``epoch_0005.safetensors`` for each emitted track, or ``last.safetensors`` over and over.

    A track of n samples and L+1 states of d float32 features takes 4 n (L+1) d bytes.

    Args:
        folder: Where to write.
        keep: ``last`` or ``all``.
    """

    def __init__(self, folder: Path, *, keep: str) -> None:
        super().__init__()
        self.folder = folder
        self.keep = keep

    def on_track(self, trainer: pl.Trainer, pl_module: pl.LightningModule, track: Track) -> None:
        """Write a track.

        Args:
            trainer: The trainer.
            pl_module: The module.
            track: The track.
        """
        name = "last" if self.keep == "last" else f"epoch_{track.epoch or 0:04d}"
        track.save(self.folder / f"{name}.safetensors")
