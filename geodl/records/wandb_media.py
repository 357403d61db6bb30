"""Pictures, still and moving, histograms and tables for loggers that can show them (W&B); others are left alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pytorch_lightning.loggers import WandbLogger


def log_image(logger: Any, name: str, image: Path, *, epoch: int) -> None:
    """Log a picture on the epoch axis.

    Args:
        logger: A Lightning logger.
        name: Metric name.
        image: The PNG file.
        epoch: Completed epochs.
    """
    if isinstance(logger, WandbLogger):
        import wandb  # only where a W&B run is live

        logger.log_metrics({name: wandb.Image(str(image)), "epoch": epoch})


def log_video(logger: Any, name: str, video: Path, *, epoch: int) -> None:
    """Log a moving picture on the epoch axis, as the file it is: nothing is encoded anew.

    Args:
        logger: A Lightning logger.
        name: Metric name.
        video: The GIF file.
        epoch: Completed epochs.
    """
    if isinstance(logger, WandbLogger):
        import wandb  # only where a W&B run is live

        logger.log_metrics({name: wandb.Video(str(video), format="gif"), "epoch": epoch})


def log_histogram(logger: Any, name: str, values: NDArray[np.float64], *, epoch: int) -> None:
    """Log the distribution of a score over samples on the epoch axis; infinite values have no bin and are left out.

    Args:
        logger: A Lightning logger.
        name: Metric name.
        values: Values, (n,).
        epoch: Completed epochs.
    """
    finite = values[np.isfinite(values)]
    if isinstance(logger, WandbLogger) and len(finite) > 0:
        import wandb  # only where a W&B run is live

        logger.log_metrics({name: wandb.Histogram(finite.tolist()), "epoch": epoch})


def log_table(logger: Any, name: str, rows: Sequence[Mapping[str, Any]], *, epoch: int) -> None:
    """Log a table.

    Args:
        logger: A Lightning logger.
        name: Metric name.
        rows: One mapping a row, all with the same keys.
        epoch: Completed epochs.
    """
    if isinstance(logger, WandbLogger) and rows:
        import wandb  # only where a W&B run is live

        columns = list(rows[0])
        table = wandb.Table(columns=columns, data=[[row[column] for column in columns] for row in rows])
        logger.log_metrics({name: table, "epoch": epoch})
