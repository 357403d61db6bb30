"""Runs and epochs as data frames: what the report's CSV files hold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from geodl.report.aggregate import cell_of, varied_keys
from geodl.report.record import RunRecord


def runs_frame(runs: Sequence[RunRecord]) -> pd.DataFrame:
    """One row a run, whatever its status: settings, origin, duration, error, problems, final metrics.

    Args:
        runs: The runs.

    Returns:
        The table; final metrics are empty where a run has none, and NaN in text (``nan``) where it has NaN.
    """
    keys = _keys(runs)
    rows = []
    for run in runs:
        commit, diff = run.code_state
        rows.append({
            **_identity(run, keys),
            "counted": run.counts,
            "epoch": run.state.get("epoch"),
            "max_epochs": run.state.get("max_epochs"),
            "seconds": run.summary.get("seconds"),
            "fingerprint": run.state.get("fingerprint"),
            "commit": commit,
            "diff_sha": diff,
            "probe_digest": run.probe_digest,
            "n_probe": run.probe.get("n"),
            "error": run.error,
            "problems": "; ".join(run.problems),
            "invalid_scores": len(run.invalid),
            **{metric: _cell(value) for metric, value in sorted(run.final.items())},
        })
    return pd.DataFrame(rows)


def epochs_frame(runs: Sequence[RunRecord]) -> pd.DataFrame:
    """One row a run and epoch, of runs of every status; the column ``status`` tells which entered the means.

    Args:
        runs: The runs.

    Returns:
        The table; a cell is empty where nothing was measured and ``nan`` where the measurement gave none.
    """
    metrics = sorted({metric for run in runs for _, metric in run.history})
    keys = _keys(runs)
    rows = []
    for run in runs:
        identity = _identity(run, keys)
        for epoch in sorted({epoch for epoch, _ in run.history}):
            values = {m: _cell(run.history[epoch, m]) for m in metrics if (epoch, m) in run.history}
            rows.append({**identity, "epoch": epoch, **values})
    return pd.DataFrame(rows)


def _keys(runs: Sequence[RunRecord]) -> tuple[str, ...]:
    varied, moving_together = varied_keys([run for run in runs if run.settings])
    return (*varied, *moving_together)


def _identity(run: RunRecord, keys: Sequence[str]) -> dict[str, Any]:
    settings = dict(zip(keys, cell_of(run, keys), strict=True))
    return {"run": run.name, "status": run.status, **settings, "seed": run.seed}


def _cell(value: float) -> float | str:
    # Text for NaN, since a data frame writes both "NaN" and "nothing here" as an empty cell.
    return "nan" if math.isnan(value) else value
