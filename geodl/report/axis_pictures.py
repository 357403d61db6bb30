"""Scores over a key that a sweep varies beside architecture and weight decay: sample size, width, label noise, ..."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from geodl.figures.curves import NullLine, Panel, PanelRow, draw_curves
from geodl.figures.style import QUIET, family_look
from geodl.report.aggregate import Aggregates, Cell, cell_order
from geodl.report.measures import KINETIC, LSS, OTS, RATIO, Measure
from geodl.report.panels import interval_curve, null_values
from geodl.report.picture import Picture

_MEASURES = (LSS, OTS, RATIO, KINETIC)
_COLUMNS = 6  # settings beside each other; more are told in the caption and stand in the tables


def axis_pictures(results: Aggregates) -> Iterator[Picture]:
    """Draw the scores over every further key that takes two numbers or more.

    Args:
        results: Counted runs by setting.

    Yields:
        One picture a key: rows by score, columns by whatever else varies, a curve a family.
    """
    for key in ("width", *results.keys[4:]):
        cells = [cell for cell in results.cells if _is_number(results.value(cell, key))]
        if len({results.value(cell, key) for cell in cells}) < 2:
            continue
        columns: dict[Cell, list[Cell]] = {}
        for cell in cells:
            columns.setdefault(results.without(cell, "family", key), []).append(cell)
        kept = {place: found for place, found in columns.items() if len({results.value(c, key) for c in found}) > 1}
        if not kept:
            continue
        shown = dict(list(kept.items())[:_COLUMNS])
        values = sorted({float(results.value(cell, key)) for found in shown.values() for cell in found})
        logarithmic = values[0] > 0 and values[-1] / values[0] >= 8
        rows = [
            PanelRow(
                measure.label, tuple(_panel(results, found, key, measure, logarithmic) for found in shown.values())
            )
            for measure in _MEASURES
        ]
        rows = [PanelRow(row.label, row.panels, m.bounds) for row, m in zip(rows, _MEASURES, strict=True) if _any(row)]
        if not rows:
            continue
        name = key.split(".")[-1]
        hidden = len(kept) - len(shown)
        yield Picture(
            f"scores_by_{name}",
            "axis",
            f"Scores by {name.replace('_', ' ')}",
            "Points are means over seeds, bars 95 % intervals; dotted: the untrained network; dashed: null values."
            + (" Logarithmic axis." if logarithmic else "")
            + (f" {hidden} further settings are in the tables." if hidden else ""),
            draw_curves(
                rows,
                x_label=name.replace("_", " "),
                ticks={math.log2(value) if logarithmic else value: f"{value:g}" for value in values},
                heading=f"Scores by {name.replace('_', ' ')}",
            ),
        )


def _panel(results: Aggregates, cells: Sequence[Cell], key: str, measure: Measure, logarithmic: bool) -> Panel:
    curves, nulls = [], []
    families = sorted({results.value(cell, "family") for cell in cells}, key=lambda family: cell_order((family,)))
    for family in families:
        line = [cell for cell in cells if results.value(cell, "family") == family]
        line.sort(key=lambda cell: float(results.value(cell, key)))
        x = np.array([float(results.value(cell, key)) for cell in line])
        x = np.log2(x) if logarithmic else x
        points = [results.final(cell, measure.key) for cell in line]
        look = family_look(str(family))
        if any(point.n or point.not_finite for point in points):
            curves.append(interval_curve(look, x.tolist(), points))
        before = np.array([results.untrained([cell], measure.key).mean for cell in line])
        if np.isfinite(before).any():
            nulls.append(NullLine(f"{look.label}, untrained", before, x, look.colour, ":"))
    known = [null_values(results, [cell], measure) for cell in line]
    nulls += [
        NullLine(label, np.array([found.get(label, math.nan) for found in known]), x, QUIET, "--")
        for label in sorted({label for found in known for label in found})
    ]
    return Panel(_title(results, cells[0], key), tuple(curves), tuple(nulls))


def _title(results: Aggregates, cell: Cell, key: str) -> str:
    told = []
    for name, value in zip(results.keys, cell, strict=True):
        varies = len({results.value(other, name) for other in results.cells}) > 1
        if varies and name not in ("family", key) and value is not None:
            told.append(f"{name.split('.')[-1].replace('_', ' ')} {value}")
    return ", ".join(told)


def _any(row: PanelRow) -> bool:
    return any(panel.curves for panel in row.panels)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
