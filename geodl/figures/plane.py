"""Tracks in the plane of their own states, with the optimal transport map on top: one panel a network."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from geodl.figures.canvas import new_figure
from geodl.figures.plane_tracks import PlaneTracks, score_line, window
from geodl.figures.style import INK, QUIET, class_look, style_context

CHORD = "#000000"
Corners = tuple[NDArray[np.float64], NDArray[np.float64]]


def draw_planes(
    panels: Sequence[PlaneTracks | None],
    *,
    columns: int | None = None,
    titles: Sequence[str],
    row_titles: Sequence[str] | None = None,
    heading: str | None = None,
    n_tracks: int = 60,
    panel_size: float = 2.9,
) -> Figure:
    """Draw planes side by side: tracks coloured by class, the geodesic of optimal transport as thin dotted chords.

    Where a plan is not certified there are no chords, and the panel says why.

    Args:
        panels: Tracks in reading order; None leaves a panel that says so.
        columns: Panels a row; all in one row where None.
        titles: First title line of each panel.
        row_titles: Name of each row, at its left.
        heading: Heading of the figure.
        n_tracks: Samples drawn as tracks, as many of each class; of the others the end alone.
        panel_size: Side of a panel in inches.

    Returns:
        The figure.
    """
    columns = columns or max(1, len(panels))
    rows = max(1, math.ceil(len(panels) / columns))
    with style_context():
        figure, boxes = plane_axes(rows, columns, panel_size, row_titles, heading)
        for axes, panel, title in zip(boxes, panels, titles, strict=False):
            if panel is None:
                draw_absence(axes, title)
            else:
                frame_plane(axes, title, window([panel]))
                draw_plane(axes, panel, n_tracks=n_tracks, size=panel_size / 2.9)
        add_legend(figure, [panel for panel in panels if panel is not None])
    return figure


def plane_axes(
    rows: int, columns: int, panel_size: float, row_titles: Sequence[str] | None, heading: str | None
) -> tuple[Figure, list[Axes]]:
    """Place square panels in a figure, by hand: an automatic layout would move them from frame to frame.

    Args:
        rows: Rows.
        columns: Columns.
        panel_size: Side of a panel in inches.
        row_titles: Name of each row.
        heading: Heading of the figure.

    Returns:
        The figure and its axes in reading order.
    """
    left, step_x = (0.78 if row_titles else 0.48), panel_size + 0.44
    top, step_y, foot = (0.36 if heading else 0.08), panel_size + 0.74, 0.58
    width, height = max(left + step_x * columns - 0.3, 4.2), top + step_y * rows + foot
    figure = new_figure(width, height, automatic=False)
    boxes = []
    for row in range(rows):
        bottom = height - top - step_y * row - 0.44 - panel_size
        for column in range(columns):
            corner = ((left + step_x * column) / width, bottom / height)
            boxes.append(figure.add_axes((*corner, panel_size / width, panel_size / height)))
        if row_titles:
            middle = (bottom + panel_size / 2) / height
            style: dict[str, Any] = {
                "rotation": 90,
                "ha": "left",
                "va": "center",
                "fontsize": 10.5,
                "fontweight": "bold",
            }
            figure.text(0.1 / width, middle, row_titles[row], **style)
    if heading:
        figure.text(0.1 / width, 1 - 0.09 / height, heading, va="top", fontsize=10.5, fontweight="bold")
    return figure, boxes


def frame_plane(axes: Axes, title: str, corners: Corners) -> None:
    """Set title, window and equal scales of a panel.

    Args:
        axes: The panel.
        title: First title line.
        corners: Lower left and upper right corner.
    """
    (left, bottom), (right, top) = corners
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    axes.set_aspect("equal", adjustable="box")
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.set_title(title, pad=15)


def draw_plane(axes: Axes, tracks: PlaneTracks, *, n_tracks: int, size: float = 1.0) -> list[Artist]:
    """Draw tracks and chords into a panel.

    Args:
        axes: The panel.
        tracks: The tracks.
        n_tracks: Samples drawn as tracks.
        size: Scale of lines and markers.

    Returns:
        What was drawn, so that an animation can remove it again.
    """
    drawn: list[Artist] = []
    chosen = tracks.spread(n_tracks)
    for label, (colour, marker) in class_looks([tracks]).items():
        of_class = tracks.labels == label
        ends = tracks.xy[-1, of_class]
        drawn.append(
            axes.scatter(ends[:, 0], ends[:, 1], s=4 * size**2, color=colour, alpha=0.35, linewidths=0, zorder=1)
        )
        paths = tracks.xy[:, chosen[of_class[chosen]]]
        segments = [path.tolist() for path in paths.transpose(1, 0, 2)]
        lines = LineCollection(segments, colors=[colour], linewidths=0.9 * size, alpha=0.6, zorder=2)
        drawn.append(axes.add_collection(lines))
        start: dict[str, Any] = {"facecolors": "white", "edgecolors": colour, "linewidths": 0.7 * size}
        drawn.append(axes.scatter(paths[0, :, 0], paths[0, :, 1], s=9 * size**2, zorder=4, **start))
        end: dict[str, Any] = {"color": colour, "marker": marker, "edgecolors": "white", "linewidths": 0.4 * size}
        drawn.append(axes.scatter(paths[-1, :, 0], paths[-1, :, 1], s=20 * size**2, zorder=5, **end))
    chords = tracks.chords(chosen).tolist()
    drawn.append(
        axes.add_collection(LineCollection(chords, colors=[CHORD], linewidths=0.7 * size, linestyles=":", zorder=6))
    )
    place: dict[str, Any] = {
        "textcoords": "offset points",
        "xycoords": "axes fraction",
        "fontsize": 7.6,
        "color": QUIET,
    }
    drawn.append(axes.annotate(score_line(tracks), (0, 1), (0, 4), **place))
    if tracks.reason:
        text = f"no optimal plan drawn: {tracks.reason}"
        drawn.append(axes.text(0.02, 0.02, text, transform=axes.transAxes, fontsize=6.5, color=INK, wrap=True))
    return drawn


def draw_absence(axes: Axes, title: str) -> None:
    """Say in a panel that there is no track.

    Args:
        axes: The panel.
        title: Its title.
    """
    axes.set_title(title, pad=15)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.text(0.5, 0.5, "no track recorded", ha="center", va="center", color=QUIET, transform=axes.transAxes)


def class_looks(panels: Sequence[PlaneTracks]) -> Mapping[int, tuple[str, str]]:
    """Give colour and end marker of each class.

    Args:
        panels: Tracks.

    Returns:
        Class -> colour and marker.
    """
    return {label: class_look(label) for label in sorted({int(k) for panel in panels for k in panel.labels})}


def add_legend(figure: Figure, panels: Sequence[PlaneTracks]) -> None:
    """Explain lines and markers at the foot of the figure.

    Args:
        figure: The figure.
        panels: What it shows.
    """
    entries = [
        Line2D([], [], color=INK, marker="o", markerfacecolor="white", markersize=4, linestyle="", label="start"),
        Line2D([], [], color=QUIET, linewidth=1, label="track"),
        Line2D([], [], color=CHORD, linewidth=1, linestyle=":", label="optimal transport"),
    ]
    for label, (colour, marker) in class_looks(panels).items():
        entries.append(Line2D([], [], color=colour, marker=marker, linestyle="", markersize=5, label=f"class {label}"))
    n = sorted({panel.xy.shape[1] for panel in panels})
    figure.legend(
        handles=entries,
        loc="lower center",
        ncols=min(len(entries), max(3, int(figure.get_size_inches()[0] / 0.85))),
        columnspacing=1.0,
        handletextpad=0.3,
        handlelength=1.3,
        borderpad=0.2,
        title=f"n = {', '.join(map(str, n))} · d = 2, nothing projected · LSS: 1 = straight",
        title_fontsize=7.2,
    )
