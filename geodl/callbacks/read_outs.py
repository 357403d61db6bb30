"""A table of what happens at every read-out: where on the way the track bends, grows and is transported."""

from __future__ import annotations

import csv
import io
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl

from geodl.callbacks.scoring import ScoringCallback
from geodl.records.atomic import write_text
from geodl.records.wandb_media import log_histogram, log_table
from geodl.scores import ScoreResult
from geodl.tracks import Leg, Track


class ReadOutTable(pl.Callback):
    """Writes ``read_outs.csv`` at the end, and logs it with the histogram of LSS_i to W&B.

    Args:
        path: The file to write.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def on_track(self, trainer: pl.Trainer, pl_module: pl.LightningModule, track: Track) -> None:
        """Log the histogram of each track, and the table of the last.

        Args:
            trainer: The trainer.
            pl_module: The module.
            track: The track.
        """
        scoring = next((c for c in trainer.callbacks if isinstance(c, ScoringCallback)), None)
        results = [] if scoring is None else scoring.results
        epoch = track.epoch or 0
        for leg, scores in results:
            line_shape = scores.get("line_shape")
            if line_shape is not None and line_shape.per_sample is not None:
                for logger in trainer.loggers:
                    log_histogram(logger, f"figures/lss_leg{leg.index}", line_shape.per_sample, epoch=epoch)
        if track.metadata.get("moment") != "end":
            return
        rows = [row for leg, scores in results for row in read_out_rows(leg, scores)]
        if not rows:
            return
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_text(self.path, text.getvalue())
        for logger in trainer.loggers:
            log_table(logger, "figures/read_outs", rows, epoch=epoch)


def read_out_rows(leg: Leg, scores: dict[str, ScoreResult]) -> list[dict[str, Any]]:
    """Describe each state of a leg.

    Args:
        leg: The leg, L+1 states of shape (n, d).
        scores: Results of :func:`geodl.scores.score_leg` on it; ``step_transport`` is used where it is there.

    Returns:
        One row a read-out: leg, read_out, d, mean norm of the state, mean length of the step that leads to it, mean
        angle in degrees to the step before (NaN where there is none), and the step's OTS and transport ratio.
    """
    states = [np.asarray(state, dtype=np.float64) for state in leg.states]
    steps = [after - before for before, after in itertools.pairwise(states)]
    lengths = [np.linalg.norm(step, axis=1) for step in steps]
    details = scores["step_transport"].details if "step_transport" in scores and scores["step_transport"].valid else {}
    ots, ratio = details.get("ots"), details.get("transport_ratio")
    rows = []
    for i, (name, state) in enumerate(zip(leg.names, states, strict=True)):
        angle = np.nan
        if i >= 2:
            product = lengths[i - 1] * lengths[i - 2]
            moving = product > 0
            if moving.any():
                cosine = np.einsum("nd,nd->n", steps[i - 1], steps[i - 2])[moving] / product[moving]
                angle = float(np.degrees(np.arccos(np.clip(cosine, -1, 1))).mean())
        rows.append({
            "leg": leg.index,
            "read_out": name,
            "d": leg.dim,
            "norm": float(np.linalg.norm(state, axis=1).mean()),
            "step_length": float(lengths[i - 1].mean()) if i else np.nan,
            "angle_to_step_before": angle,
            "step_ots": float(ots[i - 1]) if i and isinstance(ots, list) else np.nan,
            "step_transport_ratio": float(ratio[i - 1]) if i and isinstance(ratio, list) else np.nan,
        })
    return rows
