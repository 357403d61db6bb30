"""``metrics.csv``: one row an epoch, written as the run goes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytorch_lightning.loggers.logger import Logger
from pytorch_lightning.utilities import rank_zero_only

from geodl.records.table import write_metrics


class EpochMetricsLogger(Logger):
    """A Lightning logger that keeps one row for each number of completed epochs.

    Lightning logs an epoch in several calls (validation first, then training and callbacks); its own CSVLogger writes a
    row for each, and refuses or rewrites columns that appear late. Here the calls of an epoch are merged by their
    ``epoch`` value, and the whole small file is replaced at each call, so a killed run has every epoch it finished and
    never half a line.

    Args:
        path: The file to write, e.g. ``<run>/metrics.csv``.

    Attributes:
        rows: epoch -> metric -> value, as in the file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.rows: dict[int, dict[str, float]] = {}

    @property
    def name(self) -> str:
        """Name of the logger."""
        return "csv"

    @property
    def version(self) -> str:
        """Version of the record; a run folder holds one."""
        return ""

    @rank_zero_only
    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        """Do nothing: the run folder holds the whole configuration in ``config.yaml``.

        Args:
            params: Ignored.
            *args: Ignored.
            **kwargs: Ignored.
        """

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:  # noqa: ARG002 - Lightning's signature
        """Merge metrics into the row of their epoch and write the file.

        Args:
            metrics: Metric values by name; ``epoch`` (completed epochs) names the row.
            step: Lightning's counter of batches, ignored: a row belongs to an epoch.

        Raises:
            ValueError: If ``epoch`` is missing, since the row would be a guess.
        """
        if "epoch" not in metrics:
            raise ValueError(f"metrics: expected a value for 'epoch', found {sorted(metrics)}; log 'epoch' beside them")
        epoch = round(float(metrics["epoch"]))
        row = self.rows.setdefault(epoch, {"epoch": epoch})
        row.update({key: float(value) for key, value in metrics.items() if key != "epoch"})
        self._write()

    def _write(self) -> None:
        write_metrics(self.path, [self.rows[epoch] for epoch in sorted(self.rows)], key="epoch")
