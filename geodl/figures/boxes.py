"""How a score is spread over the samples, for many settings or classes side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from geodl.figures.canvas import new_figure
from geodl.figures.style import INK, QUIET, style_context


@dataclass(frozen=True)
class BoxLook:
    """How a box is drawn.

    Attributes:
        label: Name in the legend.
        edge: Colour of its lines.
        face: Colour inside.
        hatch: Pattern inside, which a print in grey keeps.
    """

    label: str
    edge: str
    face: str
    hatch: str = ""


@dataclass(frozen=True)
class Box:
    """The values of one setting.

    Attributes:
        place: Position on the horizontal axis.
        values: (k,) values; NaN and infinity are counted at the figure's foot.
        look: Look.
    """

    place: float
    values: NDArray[np.float64]
    look: BoxLook


@dataclass(frozen=True)
class BoxPanel:
    """Boxes that share axes.

    Attributes:
        title: Title of the panel.
        boxes: The boxes.
        ticks: Place -> name below it.
        null: Null value, drawn dashed; None for none.
        null_name: What it is.
    """

    title: str
    boxes: tuple[Box, ...]
    ticks: dict[float, str]
    null: float | None = None
    null_name: str = ""


def draw_boxes(
    panels: Sequence[BoxPanel],
    *,
    x_label: str,
    y_label: str,
    heading: str | None = None,
    foot: str = "",
    stacked: bool = False,
) -> Figure:
    """Draw boxes: median and quartiles, whiskers from the 5 % to the 95 % quantile, a diamond at the mean.

    Args:
        panels: The panels.
        x_label: Label of the horizontal axes.
        y_label: Label of the vertical axis.
        heading: Heading of the figure.
        foot: Line at its foot.
        stacked: Whether the panels stand one below the other, each with a vertical axis of its own; otherwise they
            stand side by side and share it.

    Returns:
        The figure.
    """
    lost = sum(int((~np.isfinite(box.values)).sum()) for panel in panels for box in panel.boxes)
    with style_context():
        widths = [max(2.0, 0.24 * len(panel.boxes) + 0.7) for panel in panels]
        if stacked:
            figure = new_figure(max(widths) + 2.0, 1.9 * len(panels) + 0.9)
            grid = figure.subplots(len(panels), 1, squeeze=False)[:, 0]
        else:
            figure = new_figure(max(sum(widths) + 2.0, 7.2), 3.3)
            grid = figure.subplots(1, len(panels), squeeze=False, sharey=True, width_ratios=widths)[0]
        looks: dict[str, BoxLook] = {}
        for panel, axes in zip(panels, grid, strict=True):
            axes.grid(axis="y")
            axes.set_title(panel.title)
            for box in panel.boxes:
                _draw_box(axes, box)
                looks.setdefault(box.look.label, box.look)
            axes.set_xticks(list(panel.ticks), list(panel.ticks.values()))
            if not stacked or axes is grid[-1]:
                axes.set_xlabel(x_label)
            if panel.null is not None:
                axes.axhline(panel.null, color=QUIET, linestyle="--", linewidth=1.0, zorder=1)
                axes.annotate(
                    panel.null_name,
                    (1.0, panel.null),
                    (3, 0),
                    xycoords=("axes fraction", "data"),
                    textcoords="offset points",
                    va="center",
                    fontsize=7,
                    color=QUIET,
                    zorder=6,
                )
        for axes in grid if stacked else grid[:1]:
            axes.set_ylabel(y_label)
        if heading:
            figure.suptitle(heading, x=0.01, ha="left", fontsize=10.5, fontweight="bold")
        handles = [
            Patch(facecolor=look.face, edgecolor=look.edge, hatch=look.hatch, label=label)
            for label, look in looks.items()
        ]
        figure.legend(handles=handles, loc="outside right upper", handlelength=1.6)
        note = "Box: quartiles and median; whiskers: 5 % to 95 %; diamond: mean. "
        note += (
            ("The vertical axes differ. " if stacked and len(panels) > 1 else "")
            + foot
            + (f" {lost} NaN or infinite, not shown." if lost else "")
        )
        figure.supxlabel(note.strip(), x=0.01, ha="left", fontsize=7.4, color=QUIET)
    return figure


def _draw_box(axes: Axes, box: Box) -> None:
    finite = box.values[np.isfinite(box.values)]
    if not finite.size:
        return
    low, q1, median, q3, high = np.quantile(finite, [0.05, 0.25, 0.5, 0.75, 0.95])
    drawn = axes.bxp(
        [{"med": median, "q1": q1, "q3": q3, "whislo": low, "whishi": high, "mean": finite.mean(), "fliers": []}],
        positions=[box.place],
        widths=0.34,
        showfliers=False,
        showmeans=True,
        patch_artist=True,
        manage_ticks=False,
        medianprops={"color": INK, "linewidth": 1.4},
        meanprops={"marker": "D", "markersize": 2.8, "markerfacecolor": "white", "markeredgecolor": INK},
        whiskerprops={"color": box.look.edge, "linewidth": 0.9},
        capprops={"color": box.look.edge, "linewidth": 0.9},
        boxprops={"facecolor": box.look.face, "edgecolor": box.look.edge, "linewidth": 0.9, "hatch": box.look.hatch},
    )
    for part in (part for parts in drawn.values() for part in parts):
        part.set_zorder(3 if part in drawn["boxes"] else 4)
