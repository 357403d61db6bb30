"""A table of metrics as a CSV file that is always whole."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from geodl.records.atomic import write_text


def write_metrics(path: Path, rows: Sequence[Mapping[str, float]], *, key: str) -> None:
    """Replace a table of metrics at once.

    Args:
        path: The file to write.
        rows: Metric values by name; a cell stays empty where a row lacks a metric.
        key: The first column; the others follow by name.
    """
    columns = [key, *sorted({name for row in rows for name in row} - {key})]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(column)) for column in columns])
    write_text(path, text.getvalue())


def _cell(value: float | None) -> str:
    # Reading it gives the same number; an empty cell means "not measured", which ``nan`` does not.
    if value is None:
        return ""
    return str(int(value)) if math.isfinite(value) and value == int(value) and abs(value) < 2**53 else repr(value)
