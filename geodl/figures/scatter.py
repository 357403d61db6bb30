"""One point a run: two scores against each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from geodl.figures.canvas import new_figure
from geodl.figures.style import QUIET, LineLook, family_look, style_context


@dataclass(frozen=True)
class ScatterGroup:
    """Runs that are drawn alike: one family at one weight decay.

    Attributes:
        family: Network family; chooses the panel and the fill.
        look: Colour and marker, of the weight decay.
        x: (k,) values, one a run.
        y: (k,) values, one a run.
        size: Size of the marker, in points.
    """

    family: str
    look: LineLook
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    size: float = 6.0


def draw_scatter(
    groups: Sequence[ScatterGroup],
    *,
    x_label: str,
    y_label: str,
    heading: str | None = None,
    foot: str = "",
    share_y: bool = True,
) -> Figure:
    """Draw one panel a family, since their ranges differ too much for one x axis.

    Args:
        groups: The points; pairs with a NaN or infinite value are counted at the figure's foot.
        x_label: Label of the x axis.
        y_label: Label of the y axis.
        heading: Heading of the figure.
        foot: More for the line at its foot.
        share_y: Whether the panels share the y axis.

    Returns:
        The figure.
    """
    families = sorted({group.family for group in groups})
    lost = 0
    with style_context():
        figure = new_figure(3.0 * max(1, len(families)) + 1.3, 3.0)
        grid = figure.subplots(1, max(1, len(families)), squeeze=False, sharey=share_y)
        handles: dict[str, Line2D] = {}
        for family, axes in zip(families, grid[0], strict=False):
            for group in (group for group in groups if group.family == family):
                fine = np.isfinite(group.x) & np.isfinite(group.y)
                lost += int((~fine).sum())
                axes.plot(
                    group.x[fine],
                    group.y[fine],
                    linestyle="",
                    color=group.look.colour,
                    marker=group.look.marker,
                    markeredgecolor="white",
                    markeredgewidth=0.5,
                    markersize=group.size,
                )
                handles.setdefault(group.look.label, _handle(group.look))
            axes.grid()
            axes.set_title(family_look(family).label)
            axes.set_xlabel(x_label)
        grid[0, 0].set_ylabel(y_label)
        if heading:
            figure.suptitle(heading, x=0.01, ha="left", fontsize=10.5, fontweight="bold")
        if handles:
            figure.legend(handles=list(handles.values()), loc="outside right upper")
        which = "x axes" if share_y else "axes"
        foot = f"One point a run{f'; the {which} differ' if len(families) > 1 else ''}. {foot}".strip() + (
            f" {lost} NaN or infinite, not shown." if lost else ""
        )
        figure.supxlabel(foot, x=0.01, ha="left", fontsize=7.4, color=QUIET)
    return figure


def _handle(look: LineLook) -> Line2D:
    return Line2D(
        [],
        [],
        linestyle="",
        color=look.colour,
        marker=look.marker,
        markeredgecolor="white",
        markeredgewidth=0.5,
        markersize=6,
        label=look.label,
    )
