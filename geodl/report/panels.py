"""Turns aggregated results into the panels of curves that a figure shows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from geodl.figures.curves import Curve, NullLine, Panel, PanelRow
from geodl.figures.decay_axis import DecayAxis, decay_label
from geodl.figures.style import QUIET, LineLook, family_look, ramp_looks
from geodl.report.aggregate import Aggregates, Cell, Interval, cell_order
from geodl.report.measures import LSS, OTS, Measure
from geodl.report.phrases import at_depth


def epoch_rows(results: Aggregates, cells: Sequence[Cell], measure: Measure) -> list[PanelRow]:
    """Rows by depth, columns by family, one curve a weight decay; empty where nothing was measured over epochs.

    Args:
        results: Counted runs by setting.
        cells: Cells that differ in family, depth and weight decay only.
        measure: What is drawn.

    Returns:
        One row a depth.
    """
    decays = sorted({decay for cell in cells if (decay := results.value(cell, "weight_decay")) is not None})
    looks = dict(zip(decays, ramp_looks([f"decay {decay_label(decay)}" for decay in decays]), strict=True))
    rows = []
    for depth in _values(results, cells, "depth"):
        panels = []
        at = [cell for cell in cells if results.value(cell, "depth") == depth]
        for family in _values(results, at, "family"):
            here = [cell for cell in at if results.value(cell, "family") == family]
            curves = []
            for cell in here:
                epochs = results.epochs([cell], measure.key)
                if epochs:
                    points = [results.at_epoch(cell, measure.key, epoch) for epoch in epochs]
                    look = looks.get(results.value(cell, "weight_decay"), family_look(str(family)))
                    curves.append(interval_curve(look, epochs, points))
            title = at_depth(family_look(str(family)).label, depth)
            panels.append(
                Panel(title, tuple(curves), (*_untrained(results, here, measure), *_levels(results, here, measure)))
            )
        rows.append(PanelRow(measure.label, tuple(panels), measure.bounds))
    return rows if any(panel.curves for row in rows for panel in row.panels) else []


def decay_rows(
    results: Aggregates, cells: Sequence[Cell], measures: Sequence[Measure]
) -> tuple[list[PanelRow], DecayAxis | None]:
    """Rows by measure, columns by depth, families together, over weight decay.

    Args:
        results: Counted runs by setting.
        cells: Cells that differ in family, depth and weight decay only.
        measures: One row each.

    Returns:
        The rows and their x axis; no rows where the weight decay does not vary.
    """
    decays = {decay for cell in cells if (decay := results.value(cell, "weight_decay")) is not None}
    if len(decays) < 2:
        return [], None
    axis = DecayAxis.of(decays)
    rows = _final_rows(
        results,
        [cell for cell in cells if results.value(cell, "weight_decay") is not None],
        measures,
        across="depth",
        along="weight_decay",
        place=lambda value: float(axis.positions([value])[0]),
        title=lambda value: "published depth" if value is None else f"depth {value}",
    )
    return rows, axis


def depth_rows(results: Aggregates, cells: Sequence[Cell], measures: Sequence[Measure]) -> list[PanelRow]:
    """Rows by measure, columns by weight decay, families together, over depth.

    Args:
        results: Counted runs by setting.
        cells: Cells that differ in family, depth and weight decay only.
        measures: One row each.

    Returns:
        The rows; none where the depth does not vary.
    """
    known = [cell for cell in cells if isinstance(results.value(cell, "depth"), int | float)]
    if len({results.value(cell, "depth") for cell in known}) < 2:
        return []
    return _final_rows(
        results,
        known,
        measures,
        across="weight_decay",
        along="depth",
        place=float,
        title=lambda value: "decay ?" if value is None else f"decay {decay_label(value)}",
    )


def _final_rows(
    results: Aggregates,
    cells: Sequence[Cell],
    measures: Sequence[Measure],
    *,
    across: str,
    along: str,
    place: Callable[[float], float],
    title: Callable[[float], str],
) -> list[PanelRow]:
    rows = []
    for measure in measures:
        panels = []
        for column in _values(results, cells, across):
            here = [cell for cell in cells if results.value(cell, across) == column]
            curves, nulls = [], []
            for family in _values(results, here, "family"):
                line = [cell for cell in here if results.value(cell, "family") == family]
                line.sort(key=lambda cell: float(results.value(cell, along)))
                points = [results.final(cell, measure.key) for cell in line]
                places = [place(results.value(cell, along)) for cell in line]
                if any(point.n or point.not_finite for point in points):
                    curves.append(interval_curve(family_look(str(family)), places, points))
                before = [results.untrained([cell], measure.key).mean for cell in line]
                if np.isfinite(before).any():
                    look = family_look(str(family))
                    label = f"{look.label}, untrained"
                    nulls.append(NullLine(label, np.array(before), np.array(places), look.colour, ":"))
            if along == "depth":
                nulls += _curves_of_nulls(results, here, measure)
            else:
                nulls += _levels_by_family(results, here, measure)
            panels.append(Panel(title(column), tuple(curves), tuple(nulls)))
        if any(panel.curves for panel in panels):
            rows.append(PanelRow(measure.label, tuple(panels), measure.bounds))
    return rows


def interval_curve(look: LineLook, x: Sequence[float], points: Sequence[Interval]) -> Curve:
    """Make a curve of means with their intervals.

    Args:
        look: How it is drawn.
        x: Places.
        points: One summary a place.

    Returns:
        The curve.
    """
    return Curve(
        look,
        np.array(x, dtype=np.float64),
        np.array([point.mean for point in points]),
        np.array([point.low for point in points]),
        np.array([point.high for point in points]),
        np.array([point.n for point in points], dtype=np.int64),
        np.array([point.not_finite for point in points], dtype=np.int64),
    )


def null_values(results: Aggregates, cells: Sequence[Cell], measure: Measure) -> dict[str, float]:
    """Null values of a measure: those that the runs recorded, and 1/n for the OTS of a random pairing.

    Args:
        results: Counted runs by setting.
        cells: Cells over which the recorded values are averaged.
        measure: The measure.

    Returns:
        Label -> value.
    """
    runs = [run for cell in cells for run in results.runs[cell]]
    found: dict[str, list[float]] = {}
    for run in runs:
        for key, value in run.nulls.items():
            if measure.null and key.startswith(f"{measure.null}_") and math.isfinite(value):
                name = key.removeprefix(f"{measure.null}_").replace("_", " ")
                label = "√L (random walk)" if measure is LSS and name == "sqrt L" else name
                found.setdefault(label, []).append(value)
        n = run.probe.get("n")
        if measure is OTS and isinstance(n, int | float) and n > 0 and "ots_random_pairing" not in run.nulls:
            found.setdefault("random pairing, 1/n", []).append(1 / n)
    return {label: sum(values) / len(values) for label, values in found.items()}


def _levels(results: Aggregates, cells: Sequence[Cell], measure: Measure) -> list[NullLine]:
    values = null_values(results, cells, measure)
    return [NullLine(label, np.array([value]), np.zeros(0), QUIET, "--") for label, value in values.items()]


def _levels_by_family(results: Aggregates, cells: Sequence[Cell], measure: Measure) -> list[NullLine]:
    # One level where all families of a panel share it, else one a family: architectures differ in L.
    families = _values(results, cells, "family")
    lines = [
        (family, _levels(results, [cell for cell in cells if results.value(cell, "family") == family], measure))
        for family in families
    ]
    levels = [[(null.label, round(float(null.y[0]), 9)) for null in nulls] for _, nulls in lines]
    if all(level == levels[0] for level in levels):
        return lines[0][1] if lines else []
    looks = [family_look(str(family)) for family in families]
    return [
        NullLine(f"{look.label}, {null.label}", null.y, null.x, look.colour, "--")
        for look, (_, nulls) in zip(looks, lines, strict=True)
        for null in nulls
    ]


def _curves_of_nulls(results: Aggregates, cells: Sequence[Cell], measure: Measure) -> list[NullLine]:
    # Null values as functions of depth: sqrt(L) grows with it.
    depths = sorted({float(results.value(cell, "depth")) for cell in cells})
    by_depth = [
        null_values(results, [cell for cell in cells if results.value(cell, "depth") == depth], measure)
        for depth in depths
    ]
    labels = sorted({label for values in by_depth for label in values})
    return [
        NullLine(label, np.array([values.get(label, math.nan) for values in by_depth]), np.array(depths), QUIET, "--")
        for label in labels
    ]


def _untrained(results: Aggregates, cells: Sequence[Cell], measure: Measure) -> list[NullLine]:
    value = results.untrained(cells, measure.key)
    return [NullLine("untrained (epoch 0)", np.array([value.mean]), np.zeros(0), QUIET, ":")] if value.n else []


def _values(results: Aggregates, cells: Sequence[Cell], key: str) -> list[float]:
    # Numbers by size, families in the order of the cells, which are sorted: plain stands before ResNet.
    return sorted(dict.fromkeys(results.value(cell, key) for cell in cells), key=lambda value: cell_order((value,)))
