"""The authors' figures beside ours: the same scores over the same weight decays."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from geodl.figures.curves import Curve, Panel, PanelRow, draw_curves
from geodl.figures.decay_axis import DecayAxis, decay_label
from geodl.figures.style import INK, LineLook, family_look
from geodl.report.aggregate import Aggregates, Cell, Interval, interval
from geodl.report.authors import NAMES, AuthorsSeries, series_for
from geodl.report.measures import Measure
from geodl.report.phrases import at_depth
from geodl.report.picture import Picture
from geodl.report.tables import Table, format_interval, format_number

_NOT_NAMED = LineLook("network not named", INK, "D", "-.")
_COLUMNS = 3  # settings of ours that one figure shows
_FAMILIES = ("resnet", "plain")


def authors_pictures(results: Aggregates, *, everything: bool) -> Iterator[Picture]:
    """Draw each of the authors' figures over weight decay, theirs to the left, ours to the right.

    Args:
        results: Counted runs by setting.
        everything: Whether to show those of other data than ours too.

    Yields:
        Pictures of the section ``authors``; none where the sweep has nothing to lay beside theirs.
    """
    ours = _settings(results)
    if not ours:
        return
    shown = series_for(_data(results), everything=everything)
    for data in dict.fromkeys(series.data for series in shown):
        theirs = [series for series in shown if series.data == data and None not in series.decays]
        if not theirs:
            continue
        found = {results.value(cell, "weight_decay") for cells in ours.values() for cell in cells}
        axis = DecayAxis.of({*found, *(decay for series in theirs for decay in series.decays if decay is not None)})
        rows = []
        for measure in dict.fromkeys(series.measure for series in theirs):
            left = Panel(f"theirs, {NAMES[data]}", tuple(_their_curve(s, axis) for s in theirs if s.measure is measure))
            right = [
                Panel(title, tuple(_our_curves(results, cells, measure, axis)))
                for title, cells in list(ours.items())[:_COLUMNS]
            ]
            rows.append(PanelRow(measure.label, (left, *right), measure.bounds))
        yield Picture(
            f"authors_{data}",
            "authors",
            f"The authors' {NAMES[data]} beside ours",
            f"Left: read off their plots, ± 3 %, spread unknown. Right: ours, means over seeds with 95 % intervals. "
            f"Compare shapes, not levels: their depth, width, n and learning rate are unknown.{_other(results, data)}",
            draw_curves(rows, x_label="weight decay", decays=axis, heading=f"Gai & Zhang on {NAMES[data]}, and ours"),
        )


def authors_table(results: Aggregates, *, everything: bool) -> Table:
    """Lay the authors' numbers and ours side by side.

    Args:
        results: Counted runs by setting.
        everything: Whether to show those of other data than ours too.

    Returns:
        One row for each of their data sets, measures and decays; no rows where there is nothing of ours to lay beside.
    """
    ours = _settings(results)
    if not ours:
        return Table((), ())
    shown = series_for(_data(results), everything=everything)
    rows = []
    for data, measure in dict.fromkeys((series.data, series.measure) for series in shown):
        theirs = [series for series in shown if (series.data, series.measure) == (data, measure)]
        for place, decay in enumerate(theirs[0].decays):
            by_family = {series.family: format_number(series.values[place]) for series in theirs}
            cells = [
                [
                    cell
                    for cells in ours.values()
                    for cell in cells
                    if results.value(cell, "family") == family and results.value(cell, "weight_decay") == decay
                ]
                for family in _FAMILIES
            ]
            rows.append((
                NAMES[data],
                measure.label,
                "not given" if decay is None else decay_label(decay),
                *(by_family.get(family, "-") for family in (None, *_FAMILIES)),
                *(format_interval(_pooled(results, found, measure)) for found in cells),
            ))
    headers = ("their data", "measure", "decay", "theirs, not named", "theirs, ResNet", "theirs, plain")
    return Table((*headers, "ours, ResNet", "ours, plain"), tuple(rows))


def _settings(results: Aggregates) -> dict[str, list[Cell]]:
    # What is compared within one panel differs in family and decay only (and in width, where that is the family's).
    slices: dict[Cell, list[Cell]] = {}
    for cell in results.cells:
        if results.value(cell, "family") in _FAMILIES and results.value(cell, "weight_decay") is not None:
            slices.setdefault(results.without(cell, "family", "weight_decay", "width"), []).append(cell)
    named = {}
    for key, cells in slices.items():
        run = results.runs[cells[0]][0]
        title = at_depth(f"ours, {run.settings.get('data.name', 'data')}", results.value(cells[0], "depth"))
        named[title if title not in named else f"{title} ({', '.join(map(str, key))})"] = cells
    return named


def _their_curve(series: AuthorsSeries, axis: DecayAxis) -> Curve:
    decays = [decay for decay in series.decays if decay is not None]
    lost = np.full(len(decays), np.nan)
    return Curve(
        look=_NOT_NAMED if series.family is None else family_look(series.family),
        x=axis.positions(decays),
        mean=np.array(series.values),
        low=lost,
        high=lost,
        n=np.zeros(len(decays), dtype=np.int64),  # unknown: not counted among our seeds
        not_finite=np.zeros(len(decays), dtype=np.int64),
    )


def _our_curves(results: Aggregates, cells: Sequence[Cell], measure: Measure, axis: DecayAxis) -> Iterator[Curve]:
    for family in _FAMILIES:
        here = [cell for cell in cells if results.value(cell, "family") == family]
        decays = sorted({results.value(cell, "weight_decay") for cell in here})
        points = [
            _pooled(results, [cell for cell in here if results.value(cell, "weight_decay") == decay], measure)
            for decay in decays
        ]
        if points:
            yield Curve(
                look=replace(family_look(family)),
                x=axis.positions(decays),
                mean=np.array([point.mean for point in points]),
                low=np.array([point.low for point in points]),
                high=np.array([point.high for point in points]),
                n=np.array([point.n for point in points], dtype=np.int64),
                not_finite=np.array([point.not_finite for point in points], dtype=np.int64),
            )


def _pooled(results: Aggregates, cells: Sequence[Cell], measure: Measure) -> Interval:
    if not cells:
        return interval([])
    return interval(run.final.get(measure.key, math.nan) for cell in cells for run in results.runs[cell])


def _data(results: Aggregates) -> set[str]:
    return {str(run.settings.get("data.name")) for runs in results.runs.values() for run in runs}


def _other(results: Aggregates, data: str) -> str:
    others = sorted(_data(results) - {data})
    return f" Our data are {', '.join(others)}, so accuracies cannot be compared." if others else ""
