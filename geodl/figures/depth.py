"""Along the depth of a network: how large its states are, how far each block moves them, and where the path turns."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from geodl.figures.canvas import new_figure
from geodl.figures.style import HAIRLINE, INK, QUIET, style_context

_BLUE, _ORANGE, _GREEN = "#0072B2", "#D55E00", "#009E73"  # Okabe & Ito (2008), as in the other figures
_LABELS = 26  # read-outs that can be named below the axis


def draw_depth(rows: Sequence[Mapping[str, Any]], *, title: str | None = None) -> Figure:
    """Draw norms, step lengths and angles by read-out; legs are set apart, since their states lie in different spaces.

    Args:
        rows: One mapping a read-out as :func:`geodl.read_out_table.read_out_rows` gives them: leg, read_out, norm,
            step_length, angle_to_step_before, step_ots, step_transport_ratio.
        title: Heading of the figure.

    Returns:
        The figure; the panel of step transport is there only where it was measured.
    """
    legs = np.array([row["leg"] for row in rows])
    places = np.arange(len(rows), dtype=np.float64)
    values = {
        key: np.array([float(row[key]) for row in rows])
        for key in ("norm", "step_length", "angle_to_step_before", "step_ots", "step_transport_ratio")
    }
    transported = bool(np.isfinite(values["step_ots"]).any() or np.isfinite(values["step_transport_ratio"]).any())
    panels = 3 + int(transported)
    with style_context():
        width = float(np.clip(2.6 + 0.27 * len(rows), 5.2, 10.0))
        figure = new_figure(width, 1.32 * panels + 1.25)
        grid = figure.subplots(panels, 1, sharex=True, squeeze=False).reshape(-1)
        _lines(grid[0], places, legs, values["norm"], INK, "o", "mean norm\nof the state")
        _bars(grid[1], places, values["step_length"])
        _lines(
            grid[2],
            places,
            legs,
            values["angle_to_step_before"],
            _ORANGE,
            "s",
            "angle to the\nstep before",
            joined=True,
        )
        high = np.nanmax([*values["angle_to_step_before"], 100.0])
        grid[2].set_ylim(0, min(180.0, high * 1.12))
        grid[2].set_yticks([tick for tick in (0, 45, 90, 135, 180) if tick <= min(180.0, high * 1.12)])
        grid[2].yaxis.set_major_formatter(lambda value, _: f"{value:g}°")
        grid[2].axhline(90, color=QUIET, linestyle="--", linewidth=1.0, zorder=1)
        grid[2].annotate(
            "0°: straight on; dashed: 90°, a random walk in high dimension",
            (0.0, 0.0),
            (3, 3),
            xycoords="axes fraction",
            textcoords="offset points",
            ha="left",
            va="bottom",
            fontsize=7,
            color=QUIET,
        )
        if transported:
            _lines(grid[3], places, legs, values["step_ots"], _BLUE, "o", "step\ntransport", label="OTS")
            _lines(
                grid[3],
                places,
                legs,
                values["step_transport_ratio"],
                _GREEN,
                "^",
                "step\ntransport",
                label="transport ratio",
                linestyle="--",
            )
            grid[3].set_ylim(-0.05, 1.08)
            grid[3].set_yticks([0, 0.5, 1])
            grid[3].legend(loc="lower right", ncols=2, handlelength=2.0, fontsize=7.2, borderaxespad=0.1)
        for axes in grid:
            _mark_legs(axes, legs)
        _name_legs(grid[0], legs)
        _name_read_outs(grid[-1], [str(row["read_out"]) for row in rows])
        figure.align_ylabels()
        if title:
            figure.suptitle(title, x=0.01, ha="left", fontsize=10.5, fontweight="bold")
    return figure


def _lines(
    axes: Axes,
    places: NDArray[np.float64],
    legs: NDArray[Any],
    values: NDArray[np.float64],
    colour: str,
    marker: str,
    name: str,
    *,
    label: str | None = None,
    linestyle: str = "-",
    joined: bool = False,
) -> None:
    axes.grid(axis="y")
    for position, leg in enumerate(np.unique(legs)):
        inside = (legs == leg) & (np.isfinite(values) if joined else True)
        axes.plot(
            places[inside],
            values[inside],
            color=colour,
            linestyle=linestyle,
            marker=marker,
            markersize=3.6,
            label=label if position == 0 else None,
            zorder=3,
        )
    axes.set_ylabel(name)
    if label is None and not joined:
        axes.set_ylim(0, float(np.nanmax(values)) * 1.14 if np.isfinite(values).any() else 1.0)
    axes.yaxis.set_major_locator(MaxNLocator(4))


def _bars(axes: Axes, places: NDArray[np.float64], lengths: NDArray[np.float64]) -> None:
    # A bar stands at the read-out that the step leads to.
    axes.grid(axis="y")
    finite = np.isfinite(lengths)
    axes.bar(places[finite], lengths[finite], width=0.62, color=_BLUE, linewidth=0, zorder=3)
    axes.set_ylabel("mean length\nof the step")
    axes.yaxis.set_major_locator(MaxNLocator(4))


def _mark_legs(axes: Axes, legs: NDArray[Any]) -> None:
    axes.set_xlim(-0.6, len(legs) - 0.4)
    for place, (before, after) in enumerate(itertools.pairwise(legs)):
        if before != after:
            axes.axvline(place + 0.5, color=HAIRLINE, linewidth=1.0, zorder=0)


def _name_legs(axes: Axes, legs: NDArray[Any]) -> None:
    names = np.unique(legs)
    if len(names) == 1:
        return
    for leg in names:
        inside = np.flatnonzero(legs == leg)
        text = f"leg {leg}" if len(inside) > 2 or len(names) < 8 else f"{leg}"
        axes.annotate(
            text,
            (float(inside.mean()), 1.0),
            (0, 3),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="center",
            fontsize=7.2,
            color=QUIET,
        )


def _name_read_outs(axes: Axes, names: Sequence[str]) -> None:
    stride = max(1, -(-len(names) // _LABELS))
    axes.set_xticks(
        range(0, len(names), stride),
        [_short(name) for name in names[::stride]],
        rotation=40,
        ha="right",
        rotation_mode="anchor",
    )
    axes.set_xlabel("read-out")


def _short(name: str) -> str:
    return name if len(name) <= 26 else f"…{name[-25:]}"
