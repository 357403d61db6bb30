"""What a run found, in plain floats and strings: ``summary.json`` and the value that training returns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class RunSummary:
    """The outcome of a run.

    Attributes:
        folder: The run folder.
        slug: The run's name.
        fingerprint: The run's identity.
        status: ``finished``.
        skipped: Whether the run was finished before and nothing was trained.
        seconds: Wall time of training, scores included.
        metrics: Metric values after the last epoch.
    """

    folder: str
    slug: str
    fingerprint: str
    status: str
    skipped: bool
    seconds: float
    metrics: dict[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return plain dictionaries, numbers and strings, which any launcher can carry between processes.

        Returns:
            The fields by name.
        """
        return asdict(self)

    def line(self) -> str:
        """Say the outcome in one line.

        Returns:
            Name, accuracy, LSS, OTS, time and folder.
        """
        shown = {"test/accuracy": "test accuracy", "geometry/lss": "LSS", "geometry/ots": "OTS"}
        values = [f"{label} {self.metrics[name]:.3f}" for name, label in shown.items() if name in self.metrics]
        if "geometry/transport_ratio" in self.metrics:
            values.append(f"transport ratio {self.metrics['geometry/transport_ratio']:.3f}")
        state = "already finished, skipped" if self.skipped else f"{self.seconds:.0f} s"
        return f"{self.slug}: {', '.join(values)} ({state})"


def read_summary(folder: Path, *, skipped: bool) -> RunSummary:
    """Read the summary of a finished run.

    Args:
        folder: The run folder.
        skipped: Whether the run was finished before.

    Returns:
        The summary.
    """
    status = json.loads((folder / "status.json").read_text(encoding="utf-8"))
    content: Mapping[str, Any] = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return RunSummary(
        folder=str(folder),
        slug=status["slug"],
        fingerprint=status["fingerprint"],
        status=status["status"],
        skipped=skipped,
        seconds=float(content["seconds"]),
        metrics=dict(content["metrics"]),
    )
