"""Means with intervals as curves, in a grid of panels that share their scales, with null values drawn in."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from geodl.figures.canvas import new_figure
from geodl.figures.decay_axis import DecayAxis
from geodl.figures.marks import draw_marks
from geodl.figures.style import QUIET, LineLook, LineStyle, style_context

_MANY = 12  # from here on intervals are a band; below, bars with caps


@dataclass(frozen=True)
class Curve:
    """One line: means over seeds.

    Attributes:
        look: Colour, marker and legend label.
        x: (k,) ascending positions.
        mean: (k,) means of the finite values; NaN leaves a gap.
        low: (k,) lower ends of the 95 % intervals; NaN where one seed gives none.
        high: (k,) upper ends.
        n: (k,) finite values behind each mean.
        not_finite: (k,) NaN or infinite values left out of each mean.
    """

    look: LineLook
    x: NDArray[np.float64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    n: NDArray[np.int64]
    not_finite: NDArray[np.int64]


@dataclass(frozen=True)
class NullLine:
    """A value to read the curves against.

    Attributes:
        label: What it is, in the legend.
        y: (k,) values, or (1,) for a level across the panel.
        x: (k,) positions of the values; empty for a level.
        colour: Line colour.
        linestyle: Line style.
    """

    label: str
    y: NDArray[np.float64]
    x: NDArray[np.float64]
    colour: str = QUIET
    linestyle: LineStyle = "--"


@dataclass(frozen=True)
class Panel:
    """Curves that share axes.

    Attributes:
        title: Title of the panel.
        curves: The curves.
        nulls: Null values.
        marks: (label, value) of what else is known at these axes, for small arrows at the right edge.
    """

    title: str
    curves: tuple[Curve, ...]
    nulls: tuple[NullLine, ...] = ()
    marks: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class PanelRow:
    """Panels side by side with one y axis.

    Attributes:
        label: Label of the y axis.
        panels: The panels.
        bounds: Range that the score cannot leave, drawn with a margin; None lets the values decide.
    """

    label: str
    panels: tuple[Panel, ...]
    bounds: tuple[float, float] | None = None


def draw_curves(
    rows: Sequence[PanelRow],
    *,
    x_label: str,
    heading: str | None = None,
    decays: DecayAxis | None = None,
    ticks: Sequence[float] | Mapping[float, str] | None = None,
) -> Figure:
    """Draw rows of panels; every row shares its y axis, all share the x axis and one legend.

    Args:
        rows: The rows, with equal numbers of panels.
        x_label: Label of the x axis.
        heading: Heading of the figure.
        decays: Axis whose positions the curves' x are, for weight decays.
        ticks: Places of the x ticks, for a handful of depths; with their labels where these are not the places.

    Returns:
        The figure; a line at its foot says over how many seeds the means and intervals are.
    """
    columns = max(len(row.panels) for row in rows)
    curves = [curve for row in rows for panel in row.panels for curve in panel.curves]
    with style_context():
        side = 3.0 if columns <= 2 else 2.45 if columns <= 4 else 2.1
        edge = 0.65 if any(panel.marks for row in rows for panel in row.panels) else 0.0
        figure = new_figure(side * columns + 1.55 + edge, 2.15 * len(rows) + 0.55 + (0.25 if heading else 0.0))
        grid = figure.subplots(len(rows), columns, squeeze=False, sharey="row", sharex=True)
        for index, (row, line) in enumerate(zip(rows, grid, strict=True)):
            above = [panel.title for panel in rows[index - 1].panels] if index else []
            for panel, axes in zip(row.panels, line, strict=False):
                _draw_panel(axes, panel)
                if panel.title not in above:
                    axes.set_title(panel.title)
                _set_x_axis(axes, decays, ticks)
            for axes in line[len(row.panels) :]:
                axes.set_axis_off()
            line[0].set_ylabel(row.label)
            _set_y_limits(line[0], row)
            for panel, axes in zip(row.panels, line, strict=False):
                draw_marks(axes, panel.marks)
        for axes in grid[-1]:
            axes.set_xlabel(x_label)
        if heading:
            figure.suptitle(heading, x=0.01, ha="left", fontsize=10.5, fontweight="bold")
        handles = list(_legend_handles(rows))
        if handles:
            figure.legend(handles=handles, loc="outside right upper", handlelength=2.4)
        room = int(figure.get_figwidth() / 0.058)
        figure.supxlabel(
            "\n".join(textwrap.wrap(seed_line(curves), room)), x=0.01, ha="left", fontsize=7.4, color=QUIET
        )
    return figure


def seed_line(curves: Sequence[Curve]) -> str:
    """Say in a line what the means and intervals stand for.

    Args:
        curves: All curves of a figure.

    Returns:
        The line; it counts values that are NaN or infinite, which no mean holds.
    """
    counts = sorted({int(n) for curve in curves for n in curve.n if n > 0})
    lost = sum(int(curve.not_finite.sum()) for curve in curves)
    if not counts:
        text = "No finite value."
    elif counts == [1]:
        text = "One seed a point: no interval, so treat as a sketch."
    else:
        span = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
        text = f"Mean and 95 % Student-t interval over seeds (n = {span})."
        if counts[0] == 1:
            text += " Points with one seed have no interval."
    return text if not lost else f"{text} Left out of the means and marked ×: {lost} NaN or infinite."


def _draw_panel(axes: Axes, panel: Panel) -> None:
    axes.grid(axis="y")
    for null in panel.nulls:
        if null.x.size:
            axes.plot(null.x, null.y, color=null.colour, linestyle=null.linestyle, linewidth=1.0, zorder=1)
        else:
            axes.axhline(float(null.y[0]), color=null.colour, linestyle=null.linestyle, linewidth=1.0, zorder=1)
    for curve in panel.curves:
        look, many = curve.look, len(curve.x) > _MANY
        spread = np.isfinite(curve.low) & np.isfinite(curve.high)
        if many:
            axes.fill_between(curve.x, curve.low, curve.high, color=look.colour, alpha=0.18, linewidth=0, zorder=2)
        elif spread.any():
            reach = np.stack([curve.mean - curve.low, curve.high - curve.mean])[:, spread]
            axes.errorbar(
                curve.x[spread],
                curve.mean[spread],
                yerr=np.maximum(reach, 0.0),
                fmt="none",
                ecolor=look.colour,
                elinewidth=1.1,
                capsize=2.6,
                zorder=3,
            )
        axes.plot(
            curve.x,
            curve.mean,
            color=look.colour,
            linestyle=look.linestyle,
            marker=look.marker,
            markerfacecolor=look.colour if look.filled else "white",
            markevery=max(1, len(curve.x) // 6),
            zorder=4,
        )
        for x, lost in zip(curve.x, curve.not_finite, strict=True):
            if lost:
                axes.annotate(
                    "×" if many else f"× {lost} NaN",
                    (float(x), 0.03),
                    xycoords=("data", "axes fraction"),
                    ha="center",
                    fontsize=6.8,
                    color=look.colour,
                    fontweight="bold",
                    zorder=6,
                )


def _set_x_axis(axes: Axes, decays: DecayAxis | None, ticks: Sequence[float] | Mapping[float, str] | None) -> None:
    if decays is not None:
        decays.apply(axes)
    elif ticks is not None:
        axes.set_xticks(list(ticks), list(ticks.values()) if isinstance(ticks, Mapping) else [f"{t:g}" for t in ticks])
        reach = max(ticks) - min(ticks) or 1.0
        axes.set_xlim(min(ticks) - 0.12 * reach, max(ticks) + 0.12 * reach)
    else:
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))


def _set_y_limits(axes: Axes, row: PanelRow) -> None:
    shown = [
        values[np.isfinite(values)]
        for panel in row.panels
        for group in ([curve.mean for curve in panel.curves], [null.y for null in panel.nulls])
        for values in group
    ]
    values = np.concatenate([*shown, np.zeros(0)])
    if not values.size:
        return
    low, high = float(values.min()), float(values.max())
    # Wide intervals of few seeds may run out of the picture; twice the range of the means is kept for them.
    reach = [end[np.isfinite(end)] for panel in row.panels for curve in panel.curves for end in (curve.low, curve.high)]
    ends = np.concatenate([*reach, values])
    span = max(high - low, 1e-3 * max(abs(high), 1e-6))
    low, high = max(float(ends.min()), low - span), min(float(ends.max()), high + span)
    margin = 0.07 * max(high - low, 1e-3 * max(abs(high), 1e-6))
    low, high = low - margin, high + margin
    if row.bounds is not None:
        lower, upper = row.bounds
        edge = 0.05 * (min(high, upper) - max(low, lower))
        low, high = max(low, lower - edge), min(high, upper + edge)
    axes.set_ylim(low, high)


def _legend_handles(rows: Sequence[PanelRow]) -> Iterator[Line2D]:
    panels = [panel for row in rows for panel in row.panels]
    seen: set[str] = set()
    for look in (curve.look for panel in panels for curve in panel.curves):
        if look.label not in seen:
            seen.add(look.label)
            yield Line2D(
                [],
                [],
                color=look.colour,
                linestyle=look.linestyle,
                marker=look.marker,
                markerfacecolor=look.colour if look.filled else "white",
                label=look.label,
            )
    for null in (null for panel in panels for null in panel.nulls):
        if null.label not in seen:
            seen.add(null.label)
            yield Line2D([], [], color=null.colour, linestyle=null.linestyle, linewidth=1.0, label=null.label)
