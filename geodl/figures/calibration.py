"""Scores of known maps against the amount of each: one column a map, one row a score, one line a dimension."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from geodl.figures.canvas import new_figure
from geodl.figures.curves import Curve, NullLine, seed_line
from geodl.figures.style import QUIET, style_context


@dataclass(frozen=True)
class KnownPanel:
    """One score of one known map.

    Attributes:
        curves: One a dimension, over the map's amount.
        nulls: Expected values, where they are known.
    """

    curves: tuple[Curve, ...]
    nulls: tuple[NullLine, ...] = ()


@dataclass(frozen=True)
class KnownColumn:
    """One known map.

    Attributes:
        title: Name of the map.
        x_label: What its amount is.
        ticks: Amounts at which it was scored, all above 0 on a logarithmic axis.
        scale: Scale of the amounts.
        panels: One a score.
    """

    title: str
    x_label: str
    ticks: tuple[float, ...]
    scale: Literal["linear", "log"]
    panels: tuple[KnownPanel, ...]


def draw_calibration(
    columns: Sequence[KnownColumn],
    labels: Sequence[str],
    bounds: Sequence[tuple[float, float] | None],
    *,
    heading: str | None = None,
) -> Figure:
    """Draw the scores of known maps.

    Args:
        columns: The maps.
        labels: Name of each score, for its row.
        bounds: Limits of each row's y axis; None lets the values decide.
        heading: Heading of the figure.

    Returns:
        The figure; rows share their y axis, columns their x axis.
    """
    curves = [curve for column in columns for panel in column.panels for curve in panel.curves]
    widths = [1.0 if len(column.ticks) > 1 else 0.75 for column in columns]
    with style_context():
        width = 1.9 * sum(widths) + 1.2
        figure = new_figure(width, 1.72 * len(labels) + 0.75 + (0.25 if heading else 0.0))
        grid = figure.subplots(
            len(labels), len(columns), squeeze=False, sharey="row", sharex="col", width_ratios=widths
        )
        for column, line in zip(columns, grid.T, strict=True):
            for panel, axes in zip(column.panels, line, strict=True):
                _draw(axes, panel)
            line[0].set_title(column.title)
            line[-1].set_xlabel(column.x_label)
            _set_amounts(line[-1], column)
        for label, limits, line in zip(labels, bounds, grid, strict=True):
            line[0].set_ylabel(label)
            if limits is not None:
                line[0].set_ylim(*limits)
        if heading:
            figure.suptitle(heading, x=0.01, ha="left", fontsize=10.5, fontweight="bold")
        figure.legend(handles=_handles(columns), loc="outside right upper", handlelength=2.4)
        figure.supxlabel(
            "\n".join(textwrap.wrap(seed_line(curves), int(width / 0.058))),
            x=0.01,
            ha="left",
            fontsize=7.4,
            color=QUIET,
        )
    return figure


def _draw(axes: Axes, panel: KnownPanel) -> None:
    axes.grid(axis="y")
    for null in panel.nulls:
        if null.x.size:
            axes.plot(null.x, null.y, color=null.colour, linestyle=null.linestyle, linewidth=1.0, zorder=1)
        else:
            axes.axhline(float(null.y[0]), color=null.colour, linestyle=null.linestyle, linewidth=1.0, zorder=1)
    for place, curve in enumerate(panel.curves):
        look = curve.look
        spread = np.isfinite(curve.low) & np.isfinite(curve.high)
        reach = np.maximum(np.stack([curve.mean - curve.low, curve.high - curve.mean])[:, spread], 0.0)
        axes.errorbar(
            curve.x[spread], curve.mean[spread], yerr=reach, fmt="none", ecolor=look.colour, elinewidth=1.0, zorder=3
        )
        axes.plot(
            curve.x,
            curve.mean,
            color=look.colour,
            linestyle=look.linestyle,
            marker=look.marker,
            markersize=max(3.0, 7.0 - 1.4 * place),  # coinciding marks lie inside each other
            clip_on=False,  # half of the marks lie at the limits 0 and 1
            zorder=4,
        )


def _set_amounts(axes: Axes, column: KnownColumn) -> None:
    low, high = min(column.ticks), max(column.ticks)
    axes.set_xscale(column.scale)
    axes.minorticks_off()
    axes.set_xticks(column.ticks, [f"{tick:g}" if shown else "" for tick, shown in _labelled(column)])
    if column.scale == "log":
        reach = (high / low) ** 0.12 if high > low else 2.0
        axes.set_xlim(low / reach, high * reach)
    else:
        reach = 0.08 * (high - low) or 1.0
        axes.set_xlim(low - reach, high + reach)


def _labelled(column: KnownColumn) -> Iterator[tuple[float, bool]]:
    # A tick whose neighbour is too near on a linear axis keeps its mark and loses its label.
    reach = max(column.ticks) - min(column.ticks)
    for tick, after in zip(column.ticks, (*column.ticks[1:], math.inf), strict=True):
        yield tick, column.scale == "log" or after - tick > 0.1 * reach


def _handles(columns: Sequence[KnownColumn]) -> list[Line2D]:
    panels = [panel for column in columns for panel in column.panels]
    handles: dict[str, Line2D] = {}
    for look in (curve.look for panel in panels for curve in panel.curves):
        handles.setdefault(
            look.label,
            Line2D([], [], color=look.colour, linestyle=look.linestyle, marker=look.marker, label=look.label),
        )
    for null in (null for panel in panels for null in panel.nulls):
        handles.setdefault(
            null.label,
            Line2D([], [], color=null.colour, linestyle=null.linestyle, linewidth=1.0, label=null.label),
        )
    return list(handles.values())
