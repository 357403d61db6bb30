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
    """

    family: str
    look: LineLook
    x: NDArray[np.float64]
    y: NDArray[np.float64]


def draw_scatter(groups: Sequence[ScatterGroup], *, x_label: str, y_label: str, heading: str | None = None) -> Figure:
    """Draw one panel a family, since their ranges differ too much for one x axis.

    Args:
        groups: The points; pairs with a NaN or infinite value are counted at the figure's foot.
        x_label: Label of the x axis.
        y_label: Label of the y axis, which the panels share.
        heading: Heading of the figure.

    Returns:
        The figure.
    """
    families = sorted({group.family for group in groups})
    lost = 0
    with style_context():
        figure = new_figure(3.0 * max(1, len(families)) + 1.3, 3.0)
        grid = figure.subplots(1, max(1, len(families)), squeeze=False, sharey=True)
        handles: dict[str, Line2D] = {}
        for family, axes in zip(families, grid[0], strict=False):
            for group in (group for group in groups if group.family == family):
                fine = np.isfinite(group.x) & np.isfinite(group.y)
                lost += int((~fine).sum())
                marks = axes.plot(
                    group.x[fine],
                    group.y[fine],
                    linestyle="",
                    color=group.look.colour,
                    marker=group.look.marker,
                    markeredgecolor="white",
                    markeredgewidth=0.5,
                    markersize=6,
                )
                marks[0].set_label(group.look.label)
                handles.setdefault(group.look.label, marks[0])
            axes.grid()
            axes.set_title(family_look(family).label)
            axes.set_xlabel(x_label)
        grid[0, 0].set_ylabel(y_label)
        if heading:
            figure.suptitle(heading, x=0.01, ha="left", fontsize=10.5, fontweight="bold")
        if handles:
            figure.legend(handles=list(handles.values()), loc="outside right upper")
        foot = "One point a run; the x axes differ." + (f" {lost} NaN or infinite, not shown." if lost else "")
        figure.supxlabel(foot, x=0.01, ha="left", fontsize=7.4, color=QUIET)
    return figure
