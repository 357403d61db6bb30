"""Tables: rows of text from numbers, and their plain-text layout for a terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from geodl.figures.decay_axis import decay_label
from geodl.figures.style import family_look
from geodl.report.aggregate import Aggregates, Interval
from geodl.report.measures import LSS, SUMMARY, TABLE, Measure
from geodl.report.record import RunRecord


@dataclass(frozen=True)
class Table:
    """A table of text.

    Attributes:
        headers: Column headers.
        rows: Cells, one text a column.
    """

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def format_table(headers: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Lay a table out in plain text: numbers to the right, words to the left.

    Args:
        headers: Column headers.
        rows: Rows of as many values as there are headers.

    Returns:
        Lines of equal columns, the second a rule.

    >>> print(format_table(["family", "LSS"], [["plain", "5.40"], ["ResNet", "1.22"]]))
    family   LSS
    ------  ----
    plain   5.40
    ResNet  1.22
    """
    texts = [[str(value) for value in row] for row in rows]
    widths = [max(len(row[k]) for row in [list(headers), *texts]) for k in range(len(headers))]
    numeric = [bool(texts) and all(_starts_like_a_number(row[k]) for row in texts) for k in range(len(headers))]

    def line(row: Sequence[str]) -> str:
        cells = [
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(row, widths, numeric, strict=True)
        ]
        return "  ".join(cells).rstrip()

    return "\n".join([line(headers), "  ".join("-" * width for width in widths), *map(line, texts)])


def format_number(value: float, digits: int = 3) -> str:
    """Write a number with a fixed number of decimals; NaN and infinity by name.

    Args:
        value: The number.
        digits: Decimals.

    Returns:
        The text.

    >>> format_number(1.22222), format_number(float("nan")), format_number(float("inf"))
    ('1.222', 'NaN', 'inf')
    """
    if math.isnan(value):
        return "NaN"
    return f"{value:.{digits}f}" if math.isfinite(value) else f"{value:g}"


def format_interval(value: Interval, digits: int = 3) -> str:
    """Write a mean with half its 95 % interval, and what is missing from it.

    Args:
        value: The summary.
        digits: Decimals.

    Returns:
        Such as ``1.222 ± 0.013``; ``-`` where nothing was measured.

    >>> from geodl.report.aggregate import interval
    >>> format_interval(interval([1.0, 2.0, 3.0])), format_interval(interval([1.0, float("nan")]))
    ('2.000 ± 2.484', '1.000 (n = 1, 1 NaN)')
    >>> format_interval(interval([])), format_interval(interval([float("nan")]))
    ('-', 'NaN (n = 0, 1 NaN)')
    """
    if not value.n and not value.not_finite:
        return "-"
    text = format_number(value.mean, digits)
    if value.n > 1:
        text += f" ± {format_number(value.high - value.mean, digits)}"
    return text if not value.not_finite else f"{text} (n = {value.n}, {value.not_finite} NaN)"


def summary_table(results: Aggregates) -> Table:
    """Closing table of a sweep: one row a setting.

    Args:
        results: Counted runs by setting.

    Returns:
        Family, depth, weight decay, other varied keys, n, test accuracy, LSS, OTS, transport ratio.
    """
    return _cells_table(results, SUMMARY)


def results_table(results: Aggregates) -> Table:
    """All main measures: one row a setting.

    Args:
        results: Counted runs by setting.

    Returns:
        The table.
    """
    return _cells_table(results, TABLE)


def legs_table(results: Aggregates) -> Table:
    """Scores leg by leg, for networks with several.

    Args:
        results: Counted runs by setting.

    Returns:
        One row a setting and leg; no rows where every network has one leg.
    """
    rows = []
    measures = [measure for measure in TABLE if measure.key.startswith("geometry/")]
    for cell in results.cells:
        legs = max((run.legs for run in results.runs[cell]), key=len, default=())
        for leg in legs if len(legs) > 1 else ():
            index = leg.get("index", 0)
            names = leg.get("names") or ["?"]
            values = [
                results.final(cell, measure.key.replace("geometry/", f"geometry/leg{index}/")) for measure in measures
            ]
            where = f"{names[0]} to {names[-1]}"
            shape = (str(index), where, str(leg.get("n_steps", "?")), str(leg.get("dim", "?")))
            rows.append((*cell_texts(cell), *shape, *map(format_interval, values)))
    headers = (*cell_headers(results.keys), "leg", "read-outs", "L", "d", *(measure.short for measure in measures))
    return Table(headers, tuple(rows))


def nulls_table(results: Aggregates) -> Table:
    """Null values by architecture: the untrained network, and sqrt(L).

    Args:
        results: Counted runs by setting.

    Returns:
        One row a family, depth and width; the last column, where a network asks for it, says how states were read.
    """
    measures = [measure for measure in TABLE if measure.key.startswith("geometry/")]
    groups: dict[tuple[Any, ...], list[Any]] = {}
    for cell in results.cells:
        groups.setdefault(results.without(cell, "weight_decay"), []).append(cell)
    rows = []
    for cells in groups.values():
        run = results.runs[cells[0]][0]
        first = cells[0]
        names = [text for k, text in enumerate(cell_texts(first)) if k != 3]
        n = run.probe.get("n")
        shapes = (
            ", ".join(str(leg.get("n_steps", "?")) for leg in run.legs) or "?",
            ", ".join(str(leg.get("dim", "?")) for leg in run.legs) or "?",
            str(n or "?"),
            format_number(run.nulls.get("lss_sqrt_L", math.nan), 2),
            f"{1 / n:.2g}" if isinstance(n, int | float) and n > 0 else "?",
        )
        values = [format_interval(results.untrained(cells, measure.key)) for measure in measures]
        rows.append((*names, *shapes, *values, _states(run)))
    headers = [header for k, header in enumerate(cell_headers(results.keys)) if k != 3]
    untrained = [f"untrained {measure.short}" for measure in measures]
    nulls = ("L", "d", "n", "√L (LSS null)", "1/n (OTS null)", *untrained)
    if not any(row[-1] for row in rows):
        return Table((*headers, *nulls), tuple(row[:-1] for row in rows))
    return Table((*headers, *nulls, "states"), tuple(rows))


def runs_table(runs: Sequence[RunRecord]) -> Table:
    """Every run with its status and last values, whether it enters the means or not.

    Args:
        runs: The runs.

    Returns:
        One row a run.
    """
    rows = []
    for run in runs:
        last = [_last(run, measure) for measure in SUMMARY]
        epoch = f"{run.state.get('epoch', '?')}/{run.state.get('max_epochs', '?')}"
        status = run.status if run.counts or run.status != "finished" else "finished, unreadable"
        rows.append((run.name, status, str(run.seed), epoch, format_seconds(run.summary.get("seconds")), *last))
    return Table(("run", "status", "seed", "epoch", "time", *(m.short for m in SUMMARY)), tuple(rows))


def format_seconds(seconds: Any) -> str:
    """Write a duration.

    Args:
        seconds: Seconds, or anything else for an unknown duration.

    Returns:
        The text.

    >>> [format_seconds(s) for s in (12.3, 754, 8000, None)]
    ['12 s', '12 min 34 s', '2 h 13 min', '?']
    """
    if not isinstance(seconds, int | float) or not math.isfinite(seconds):
        return "?"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _cells_table(results: Aggregates, measures: Sequence[Measure]) -> Table:
    rows = []
    for cell in results.cells:
        values = [format_interval(results.final(cell, measure.key)) for measure in measures]
        rows.append((*cell_texts(cell), str(len(results.runs[cell])), *values))
    return Table((*cell_headers(results.keys), "n", *(measure.short for measure in measures)), tuple(rows))


def cell_headers(keys: Sequence[str]) -> tuple[str, ...]:
    """Head the columns that tell a setting.

    Args:
        keys: Keys of a cell, the four core keys first.

    Returns:
        One header a key.
    """
    return ("family", "depth", "width", "weight decay", *keys[4:])


def cell_texts(cell: tuple[Any, ...]) -> tuple[str, ...]:
    """Write a setting.

    Args:
        cell: Values of its keys, the four core keys first.

    Returns:
        One text a key.

    >>> cell_texts(("resnet", 8, 64, 0.0005))
    ('ResNet', '8', '64', '5e-4')
    """
    family, depth, width, decay, *rest = cell
    return (
        family_look(str(family)).label,
        *("-" if size is None else str(size) for size in (depth, width)),
        "?" if decay is None else decay_label(decay),
        *("-" if value is None else str(value) for value in rest),
    )


def _states(run: RunRecord) -> str:
    # How a state became a vector, where there is anything to say: sequences of tokens, and norms after the last block.
    network = run.summary.get("network") or {}
    said = {key: network.get(key) for key in ("tokens", "pool")}
    norm = str(network.get("final_norm") or "none")
    return "; ".join([
        *(f"{key}: {value}" for key, value in said.items() if value not in (None, "none")),
        *([] if norm == "none" else [f"final norm {norm}"]),
    ])


def _last(run: RunRecord, measure: Measure) -> str:
    if measure.key in run.final:
        return format_number(run.final[measure.key], 2 if measure is LSS else 3)
    epochs = [epoch for epoch, metric in run.history if metric == measure.key]
    return format_number(run.history[max(epochs), measure.key]) if epochs else "-"


def _starts_like_a_number(text: str) -> bool:
    return text[:1].isdigit() or text[:1] == "-" or text.startswith(("NaN", "inf", "?"))
