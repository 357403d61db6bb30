"""Track distances of pairs of samples against what a geodesic would keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from geodl.figures.canvas import new_figure
from geodl.figures.style import INK, QUIET, style_context

_TOLERANCE = 1e-9  # as the score has it: a pair exactly on the bound keeps it
BETWEEN, WITHIN = ("#56B4E9", "."), ("#A33F00", "^")  # light dots below, dark triangles above: told apart in grey


@dataclass(frozen=True)
class PairPanel:
    """The pairs of one run at one moment.

    Attributes:
        title: Title of the panel.
        bound: (m,) geodesic bounds ab / √(a² + b²).
        distance: (m,) track distances.
        same_class: (m,) whether both samples are of one class; None if unknown.
    """

    title: str
    bound: NDArray[np.float64]
    distance: NDArray[np.float64]
    same_class: NDArray[np.bool_] | None = None


def share_kept(bound: NDArray[np.float64], distance: NDArray[np.float64]) -> float:
    """Share of pairs that keep the bound.

    Args:
        bound: (m,) bounds.
        distance: (m,) track distances.

    Returns:
        In [0, 1]; NaN without pairs.

    Example:
        >>> share_kept(np.array([1.0, 2.0]), np.array([1.0, 1.5]))
        0.5
    """
    return float(np.mean(distance >= bound * (1.0 - _TOLERANCE))) if bound.size else float("nan")


def draw_pair_scatter(
    rows: Sequence[Sequence[PairPanel]],
    *,
    heading: str | None = None,
    foot: str = "",
    unit: str = "units of the states",
) -> Figure:
    """Draw one point a pair with the line on which both are equal; below it the tracks come too near.

    Args:
        rows: Rows of panels, with equal numbers of them.
        heading: Heading of the figure.
        foot: Line at its foot.
        unit: Unit of both axes.

    Returns:
        The figure; every panel says which share of its pairs keeps the bound.
    """
    columns = max(len(row) for row in rows)
    with style_context():
        figure = new_figure(2.75 * columns + 1.5, 2.7 * len(rows) + 0.7)
        grid = figure.subplots(len(rows), columns, squeeze=False)
        known = False
        for row, line in zip(rows, grid, strict=True):
            for panel, axes in zip(row, line, strict=False):
                _draw_panel(axes, panel)
                known |= panel.same_class is not None
            for axes in line[len(row) :]:
                axes.set_axis_off()
            line[0].set_ylabel(f"track distance\n({unit})")
        for axes in grid[-1]:
            axes.set_xlabel(f"geodesic bound ({unit})")
        if heading:
            figure.suptitle(heading, x=0.01, ha="left", fontsize=10.5, fontweight="bold")
        names = (("between classes", *BETWEEN), ("within a class", *WITHIN)) if known else (("pair", *BETWEEN),)
        handles = [
            Line2D([], [], color=colour, marker=marker, linestyle="", markersize=6 if marker == "." else 4, label=name)
            for name, colour, marker in names
        ]
        handles.append(Line2D([], [], color=INK, linewidth=0.9, label="distance = bound"))
        figure.legend(handles=handles, loc="outside right upper", handlelength=1.4)
        if foot:
            figure.supxlabel(foot, x=0.01, ha="left", fontsize=7.4, color=QUIET)
    return figure


def _draw_panel(axes: Axes, panel: PairPanel) -> None:
    fine = np.isfinite(panel.bound) & np.isfinite(panel.distance)
    same = np.zeros(len(fine), dtype=np.bool_) if panel.same_class is None else panel.same_class
    reach = 1.06 * max([*panel.bound[fine], *panel.distance[fine]], default=1.0) or 1.0
    lines = []
    for chosen, name, (colour, marker) in ((fine & ~same, "between", BETWEEN), (fine & same, "within", WITHIN)):
        size = 3.0 if marker == "." else 2.6
        axes.plot(
            panel.bound[chosen],
            panel.distance[chosen],
            linestyle="",
            marker=marker,
            markersize=size,
            color=colour,
            markeredgewidth=0,
            zorder=3 if marker == "." else 4,
            rasterized=chosen.sum() > 10_000,  # beyond that a vector file grows past what a reader can open
        )
        if chosen.any():
            label = f"{name}: " if panel.same_class is not None else ""
            lines.append(f"{label}{100 * share_kept(panel.bound[chosen], panel.distance[chosen]):.1f} % keep it")
    axes.plot([0, reach], [0, reach], color=INK, linewidth=0.9, zorder=5)
    axes.set_xlim(0, reach)
    axes.set_ylim(0, reach)
    axes.set_aspect("equal")
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.set_title(panel.title)
    axes.text(
        0.03,
        0.97,
        "\n".join(lines) or "no pair",
        transform=axes.transAxes,
        va="top",
        fontsize=7.4,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.0},
        zorder=6,
    )
