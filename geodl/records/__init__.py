"""What a run leaves behind: its folder, status, provenance and metrics on disk, and its view in W&B."""

from __future__ import annotations

from geodl.records.atomic import write_json, write_text
from geodl.records.metrics import EpochMetricsLogger
from geodl.records.provenance import provenance
from geodl.records.run_folder import RunFolder, read_status
from geodl.records.scores import ScoreRecord
from geodl.records.wandb_session import WandbSession

__all__ = [
    "EpochMetricsLogger",
    "RunFolder",
    "ScoreRecord",
    "WandbSession",
    "provenance",
    "read_status",
    "write_json",
    "write_text",
]
