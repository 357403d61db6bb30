"""A score over depth and weight decay at once, with every value written into its cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from geodl.figures.canvas import new_figure
from geodl.figures.style import QUIET, style_context


@dataclass(frozen=True)
class HeatPanel:
    """One grid of cells.

    Attributes:
        title: Title of the panel.
        values: (rows, columns) means; NaN where there is none.
        reach: (rows, columns) half the width of the 95 % intervals; NaN where one seed gives none.
    """

    title: str
    values: NDArray[np.float64]
    reach: NDArray[np.float64]


@dataclass(frozen=True)
class HeatRow:
    """Panels side by side with one colour scale.

    Attributes:
        label: Label of the colour scale.
        panels: The panels.
        dark_is_high: Whether dark stands for high values; the better end should be the dark one.
        bounds: Ends of the colour scale; the values' own where None.
    """

    label: str
    panels: tuple[HeatPanel, ...]
    dark_is_high: bool = True
    bounds: tuple[float, float] | None = None


def draw_heat_maps(
    rows: Sequence[HeatRow],
    *,
    row_values: Sequence[str],
    column_values: Sequence[str],
    row_label: str,
    column_label: str,
    heading: str | None = None,
    foot: str = "",
) -> Figure:
    """Draw rows of heat maps; lightness alone carries the value, so that a print in grey says the same.

    Args:
        rows: The rows, with equal numbers of panels.
        row_values: Names of the cells' rows, first at the bottom.
        column_values: Names of the cells' columns.
        row_label: Label of the vertical axes.
        column_label: Label of the horizontal axes.
        heading: Heading of the figure.
        foot: Line at its foot.

    Returns:
        The figure.
    """
    columns = max(len(row.panels) for row in rows)
    with style_context():
        width = columns * max(1.9, 0.62 * len(column_values) + 0.5) + 1.5
        height = len(rows) * (0.44 * len(row_values) + 0.8) + 0.75
        figure = new_figure(max(width, 4.2), height)
        grid = figure.subplots(len(rows), columns, squeeze=False, sharex=True, sharey=True)
        for index, (row, line) in enumerate(zip(rows, grid, strict=True)):
            ramp = mpl.colormaps["cividis_r" if row.dark_is_high else "cividis"]
            low, high = row.bounds or _ends(row)
            norm = mpl.colors.Normalize(low, high)
            for panel, axes in zip(row.panels, line, strict=False):
                axes.imshow(panel.values, cmap=ramp, norm=norm, origin="lower", aspect="auto")
                _write_values(axes, panel, ramp, norm, _decimals(row))
                for edge in range(1, len(column_values)):
                    axes.axvline(edge - 0.5, color="white", linewidth=1.5)
                for edge in range(1, len(row_values)):
                    axes.axhline(edge - 0.5, color="white", linewidth=1.5)
                if index == 0 or panel.title != rows[index - 1].panels[list(row.panels).index(panel)].title:
                    axes.set_title(panel.title)
                axes.set_xticks(range(len(column_values)), column_values)
                axes.set_yticks(range(len(row_values)), row_values)
                axes.tick_params(length=0)
                axes.spines[:].set_visible(False)
            line[0].set_ylabel(row_label)
            scale = figure.colorbar(mpl.cm.ScalarMappable(norm, ramp), ax=line.tolist(), pad=0.015, aspect=14)
            scale.outline.set_visible(False)
            scale.set_label(row.label)
        for axes in grid[-1]:
            axes.set_xlabel(column_label)
        if heading:
            figure.suptitle(heading, x=0.01, ha="left", fontsize=10.5, fontweight="bold")
        if foot:
            figure.supxlabel(foot, x=0.01, ha="left", fontsize=7.4, color=QUIET)
    return figure


def _ends(row: HeatRow) -> tuple[float, float]:
    values = np.concatenate([panel.values.ravel() for panel in row.panels])
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _write_values(
    axes: Axes, panel: HeatPanel, ramp: mpl.colors.Colormap, norm: mpl.colors.Normalize, decimals: int
) -> None:
    for (row, column), value in np.ndenumerate(panel.values):
        if not np.isfinite(value):
            axes.text(column, row, "–", ha="center", va="center", color=QUIET)
            continue
        red, green, blue, _ = ramp(norm(value))
        dark = 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.5
        reach = float(panel.reach[row, column])
        text = f"{value:.{decimals}f}" + (f"\n± {reach:.{decimals}f}" if np.isfinite(reach) else "")
        axes.text(column, row, text, ha="center", va="center", fontsize=7.2, color="white" if dark else "black")


def _decimals(row: HeatRow) -> int:
    # As many for all cells of a row, so that they can be compared by eye.
    largest = max((float(np.nanmax(np.abs(p.values))) for p in row.panels if np.isfinite(p.values).any()), default=0.0)
    return 3 if largest < 1.5 else 2 if largest < 100 else 0
