"""A table of what happens at every read-out: where on the way the track bends, grows and is transported."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytorch_lightning as pl

from geodl.read_out_table import read_out_rows
from geodl.records.atomic import write_text
from geodl.records.wandb_media import log_histogram, log_table
from geodl.track_scores import TrackScores
from geodl.tracks import Track


class ReadOutTable(pl.Callback):
    """Writes ``read_outs.csv`` at the end, and logs it with the histogram of LSS_i to W&B.

    Args:
        path: The file to write.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def on_scores(self, trainer: pl.Trainer, pl_module: pl.LightningModule, track: Track, scores: TrackScores) -> None:
        """Log the histogram of each track, and the table of the last.

        Args:
            trainer: The trainer.
            pl_module: The module.
            track: The track.
            scores: Its scores.
        """
        results = list(zip(scores.legs, scores.results, strict=True))
        epoch = track.epoch or 0
        for leg, of_leg in results:
            line_shape = of_leg.get("line_shape")
            if line_shape is not None and line_shape.per_sample is not None:
                for logger in trainer.loggers:
                    log_histogram(logger, f"figures/lss_leg{leg.index}", line_shape.per_sample, epoch=epoch)
        if track.metadata.get("moment") != "end":
            return
        rows = [row for leg, of_leg in results for row in read_out_rows(leg, of_leg)]
        if not rows:
            return
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_text(self.path, text.getvalue())
        for logger in trainer.loggers:
            log_table(logger, "figures/read_outs", rows, epoch=epoch)
