"""Data tracks drawn in their plane: one figure, or several side by side in one style."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from geodl.figures.canvas import new_figure
from geodl.figures.projection import ProjectedTracks
from geodl.figures.style import HAIRLINE, INK, QUIET, class_look, style_context


def draw_tracks(
    projected: ProjectedTracks, *, title: str | None = None, class_names: Sequence[str] | None = None
) -> Figure:
    """Draw the tracks of one leg at one epoch.

    Args:
        projected: The tracks.
        title: First line of the title; the epoch where None.
        class_names: Name of class k at position k; its number where None.

    Returns:
        The figure, about 4.8 inches wide.
    """
    titles = None if title is None else [title]
    return draw_track_panels([projected], titles=titles, class_names=class_names, panel_size=4.0)


def draw_track_panels(
    panels: Sequence[ProjectedTracks | None],
    *,
    columns: int | None = None,
    titles: Sequence[str] | None = None,
    row_titles: Sequence[str] | None = None,
    heading: str | None = None,
    class_names: Sequence[str] | None = None,
    panel_size: float = 2.6,
) -> Figure:
    """Draw tracks side by side, for instance one row a family and one column an epoch.

    Args:
        panels: Tracks in reading order; None leaves a panel that says so.
        columns: Panels a row; all in one row where None.
        titles: First title line of each panel; the epoch where None.
        row_titles: Name of each row, at its left.
        heading: Heading of the figure.
        class_names: Name of class k at position k; its number where None.
        panel_size: Side of a panel in inches.

    Returns:
        The figure.
    """
    columns = columns or max(1, len(panels))
    rows = max(1, math.ceil(len(panels) / columns))
    drawn = [panel for panel in panels if panel is not None]
    # Boxes are placed by hand, in inches: automatic layouts leave wide gaps around squares of equal aspect.
    left, step_x = (0.92 if row_titles else 0.62), panel_size + 0.68
    top, step_y = (0.42 if heading else 0.12), panel_size + 0.92
    width = max(left + step_x * columns - 0.46, 3.6)
    with style_context():
        entries = _legend_entries(drawn, class_names)
        longest = max((len(str(entry.get_label())) for entry in entries), default=1)
        per_row = max(2, min(len(entries), int((width - 0.2) / (0.36 + 0.068 * min(longest, 14)))))
        foot = 0.44 + 0.19 * math.ceil(len(entries) / per_row)
        height = top + step_y * rows + foot
        figure = new_figure(width, height, automatic=False)
        for index in range(rows * columns):
            row, column = divmod(index, columns)
            if index >= len(panels):
                continue
            bottom = height - top - step_y * row - 0.46 - panel_size
            axes = figure.add_axes((
                (left + step_x * column) / width,
                bottom / height,
                panel_size / width,
                panel_size / height,
            ))
            panel = panels[index]
            if panel is None:
                _draw_absence(axes, titles[index] if titles else "")
            else:
                title = titles[index] if titles else _epoch_title(panel)
                _draw_into(axes, panel, title, size=panel_size / 4.6 + 0.16)
            if row_titles and column == 0:
                middle = (bottom + panel_size / 2) / height
                figure.text(
                    0.1 / width,
                    middle,
                    row_titles[row],
                    rotation=90,
                    ha="left",
                    va="center",
                    fontsize=10.5,
                    fontweight="bold",
                )
        if heading:
            figure.text(0.1 / width, 1 - 0.1 / height, heading, va="top", fontsize=10.5, fontweight="bold")
        if drawn:
            _add_legend(figure, drawn, entries, per_row)
    return figure


def _draw_into(axes: Axes, projected: ProjectedTracks, title: str, *, size: float) -> None:
    # Draw one panel; ``size`` scales markers and lines with the panel.
    looks = _class_looks([projected])
    axes.axhline(0, color=HAIRLINE, linewidth=0.6, zorder=0)
    axes.axvline(0, color=HAIRLINE, linewidth=0.6, zorder=0)
    for label, (colour, marker) in looks.items():
        paths = projected.xy[:, projected.labels == label]
        segments = np.stack([paths[:-1], paths[1:]], axis=2).reshape(-1, 2, 2)  # layer by layer
        # Later layers are darker: the eye follows the direction without arrow heads.
        strength = np.repeat(np.linspace(0.30, 0.95, projected.n_steps), paths.shape[1])
        shades = np.column_stack([np.tile(to_rgb(colour), (len(segments), 1)), strength])
        axes.add_collection(
            LineCollection(segments.tolist(), colors=shades, linewidths=1.15 * size, capstyle="round", zorder=2)
        )
        inner = paths[1:-1].reshape(-1, 2)
        axes.scatter(inner[:, 0], inner[:, 1], s=3.2 * size**2, color=colour, alpha=0.55, linewidths=0, zorder=3)
        axes.scatter(
            paths[0, :, 0],
            paths[0, :, 1],
            s=11 * size**2,
            facecolors="white",
            edgecolors=colour,
            linewidths=0.8 * size,
            zorder=4,
        )
        axes.scatter(
            paths[-1, :, 0],
            paths[-1, :, 1],
            s=34 * size**2,
            color=colour,
            marker=marker,
            edgecolors="white",
            linewidths=0.6 * size,
            zorder=5,
        )
    _square_limits(axes, projected.xy)
    axes.set_title(title, pad=16)
    axes.annotate(
        _score_line(projected),
        (0, 1),
        (0, 4),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=7.6,
        color=QUIET,
    )
    labels = [
        name if math.isnan(share) else f"{name} ({share:.0%} of variance)"
        for name, share in zip(("PC 1", "PC 2"), projected.explained, strict=True)
    ]
    axes.set_xlabel(labels[0], color=QUIET, fontsize=7.6)
    axes.set_ylabel(labels[1], color=QUIET, fontsize=7.6)


def _draw_absence(axes: Axes, title: str) -> None:
    axes.set_title(title, pad=15)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_box_aspect(1)
    axes.text(0.5, 0.5, "no track recorded", ha="center", va="center", color=QUIET, transform=axes.transAxes)


def _square_limits(axes: Axes, xy: NDArray[np.float64]) -> None:
    # Equal scales in a square box around all points, so that lengths and angles compare between the axes.
    low, high = xy.reshape(-1, 2).min(axis=0), xy.reshape(-1, 2).max(axis=0)
    middle = (low + high) / 2
    half = max(float((high - low).max()) / 2, 1e-9) * 1.07
    axes.set_xlim(middle[0] - half, middle[0] + half)
    axes.set_ylim(middle[1] - half, middle[1] + half)
    axes.set_aspect("equal", adjustable="box")
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_locator(MaxNLocator(4))


def _epoch_title(projected: ProjectedTracks) -> str:
    if projected.epoch is None:
        return "Data tracks"
    return "epoch 0 (untrained)" if projected.epoch == 0 else f"epoch {projected.epoch}"


def _score_line(projected: ProjectedTracks) -> str:
    parts = []
    if projected.lss is not None:
        parts.append(f"LSS {projected.lss:.2f}")
    if projected.ots is not None:
        ratio = "" if projected.transport_ratio is None else f" (ratio {projected.transport_ratio:.2f})"
        parts.append(f"OTS {projected.ots:.2f}{ratio}")
    return "  ·  ".join(parts)


def _class_looks(panels: Sequence[ProjectedTracks]) -> Mapping[int, tuple[str, str]]:
    present = sorted({int(label) for panel in panels for label in panel.labels})
    # Where ten or fewer classes exist their number is their colour, whichever of them a panel happens to show.
    direct = not present or max(present) < 10
    return {label: class_look(label if direct else index) for index, label in enumerate(present)}


def _legend_entries(panels: Sequence[ProjectedTracks], class_names: Sequence[str] | None) -> list[Line2D]:
    looks = _class_looks(panels)
    entries = [
        Line2D([], [], color=INK, marker="o", markerfacecolor="white", markersize=4, linestyle="", label="start"),
        Line2D([], [], color=QUIET, marker="o", markersize=2, linewidth=1, label="layers"),
    ]
    if len(looks) == 1 and all((panel.n_classes or 1) == 1 for panel in panels):
        colour, marker = next(iter(looks.values()))
        return [*entries, Line2D([], [], color=colour, marker=marker, linestyle="", markersize=5, label="end")]
    for label, (colour, marker) in looks.items():
        name = class_names[label] if class_names is not None and label < len(class_names) else str(label)
        entries.append(Line2D([], [], color=colour, marker=marker, linestyle="", markersize=5, label=name))
    return entries


def _add_legend(figure: Figure, panels: Sequence[ProjectedTracks], entries: Sequence[Line2D], per_row: int) -> None:
    # matplotlib fills a legend column by column; readers expect rows.
    by_column = [entry for start in range(per_row) for entry in entries[start::per_row]]
    first = panels[0]
    total, shown = max((panel.n_classes or 0 for panel in panels), default=0), len(_class_looks(panels))
    facts = [
        "filled markers: last layer, by class" if len(entries) > 3 else "filled markers: last layer",
        f"{shown} of {total} classes shown" if total > shown else "",
        "LSS: 1 = straight" if any(panel.lss is not None for panel in panels) else "",
        f"n = {first.n_samples:,}" if first.n_samples is not None else "",
        f"d = {first.dim:,}" if first.dim is not None and len({panel.dim for panel in panels}) == 1 else "",
    ]
    width = figure.get_size_inches()[0]
    lines = _fill([fact for fact in facts if fact], int((width - 0.2) / 0.056))
    figure.legend(
        handles=by_column,
        loc="lower center",
        bbox_to_anchor=(0.5, 0.0),
        borderpad=0.2,
        ncols=per_row,
        columnspacing=1.0,
        handletextpad=0.25,
        handlelength=1.2,
        title="\n".join(lines),
        title_fontsize=7.4,
    )


def _fill(facts: Sequence[str], room: int) -> list[str]:
    # Join facts to lines of at most ``room`` characters.
    lines: list[str] = []
    for fact in facts:
        if lines and len(lines[-1]) + len(fact) + 3 <= room:
            lines[-1] += f" · {fact}"
        else:
            lines.append(fact)
    return lines
