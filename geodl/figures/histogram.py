"""How a score is spread over the samples, against the value that chance would give."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from geodl.figures.canvas import new_figure
from geodl.figures.style import INK, QUIET, class_look, style_context


def draw_histogram(
    per_sample: Any,
    *,
    n_steps: int,
    title: str | None = None,
    epoch: int | None = None,
    colour: str | None = None,
) -> Figure:
    r"""Draw the histogram of the line-shape scores LSS_i with their median and the null value :math:`\sqrt{L}`.

    Infinite and NaN scores have no place on the axis: they are counted in the figure, not dropped in silence.

    Args:
        per_sample: (n,) scores, 1 at best; may hold inf and NaN.
        n_steps: Number L of steps of the leg.
        title: Title; the epoch where None.
        epoch: Completed epochs.
        colour: Fill colour.

    Returns:
        The figure, 4.6 by 2.8 inches.
    """
    with style_context():
        figure = new_figure(4.6, 2.8)
        epoch_title = "Line-shape scores" if epoch is None else f"Line-shape scores, epoch {epoch}"
        _draw_into(figure.add_subplot(), per_sample, n_steps=n_steps, title=title or epoch_title, colour=colour)
    return figure


def draw_histograms(panels: Sequence[tuple[str, Any, int]], *, columns: int = 3) -> Figure:
    r"""Draw histograms of the line-shape scores of several legs side by side, each on an axis of its own.

    Legs of different length have different null values, so their axes are not shared.

    Args:
        panels: Title, (n,) scores and number L of steps of each leg.
        columns: Panels a row at most.

    Returns:
        The figure.
    """
    columns = min(columns, len(panels))
    rows = math.ceil(len(panels) / columns)
    with style_context():
        figure = new_figure((4.6 if columns == 1 else 3.5 * columns), 2.8 * rows)
        grid = figure.subplots(rows, columns, squeeze=False).reshape(-1)
        for axes, (title, per_sample, n_steps) in zip(grid, panels, strict=False):
            _draw_into(axes, per_sample, n_steps=n_steps, title=title, colour=None)
        for axes in grid[len(panels) :]:
            axes.set_axis_off()
    return figure


def _draw_into(axes: Axes, per_sample: Any, *, n_steps: int, title: str, colour: str | None) -> None:
    values = np.asarray(per_sample.detach().cpu().numpy() if hasattr(per_sample, "detach") else per_sample)
    values = values.astype(np.float64).reshape(-1)
    finite = values[np.isfinite(values)]
    null = float(np.sqrt(n_steps))
    high = max(null, float(finite.max()) if finite.size else 1.0) * 1.04
    axes.hist(
        finite,
        bins=[float(edge) for edge in np.linspace(1.0, max(high, 1.1), 41)],
        color=colour or class_look(4)[0],
        edgecolor="white",
        linewidth=0.4,
    )
    low = min(1.0, float(finite.min()) if finite.size else 1.0)
    axes.set_xlim(low - 0.04 * (high - low + 0.1), max(high, 1.1))
    axes.set_ylim(0, axes.get_ylim()[1] * 1.24)  # room for the labels above the bars
    axes.axvline(null, color=QUIET, linestyle="--", linewidth=1.1)
    median = float(np.median(finite)) if finite.size else null
    # The two labels stand on the outer sides of their lines, so that they never cover each other.
    null_outside = 1 if null >= median else -1
    beside_null, beside_median = _side(axes, null, null_outside), _side(axes, median, -null_outside)
    # Near an edge both stand on its inner side, one below the other.
    drop = 26 if beside_null == beside_median and finite.size else 0
    _label_line(axes, null, f"√L = {null:.2f}\n(random walk)", beside_null, drop, colour=QUIET, weight="normal")
    if finite.size:
        axes.axvline(median, color=INK, linewidth=1.3)
        _label_line(axes, median, f"median\n{median:.2f}", beside_median, 0, colour=INK, weight="bold")
    else:
        axes.text(0.5, 0.5, "no finite score", transform=axes.transAxes, ha="center", color=QUIET)
    axes.set_xlabel("line-shape score of a sample (1 = straight)")
    axes.set_ylabel("samples")
    axes.set_title(title)
    axes.set_title(_count_line(values), loc="right", fontsize=7.6, fontweight="normal", color=QUIET)


def _side(axes: Axes, x: float, wanted: int) -> int:
    low, high = axes.get_xlim()
    place = (x - low) / (high - low)
    return 1 if place < 0.2 else -1 if place > 0.8 else wanted


def _label_line(axes: Axes, x: float, text: str, side: int, drop: int, *, colour: str, weight: str) -> None:
    axes.annotate(
        text,
        (x, 1.0),
        (4 * side, -2 - drop),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        ha="left" if side > 0 else "right",
        va="top",
        color=colour,
        fontsize=7.6,
        fontweight=weight,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.5},
    )


def _count_line(values: Any) -> str:
    infinite, missing = int(np.isinf(values).sum()), int(np.isnan(values).sum())
    parts = [f"n = {len(values):,}"]
    if infinite:
        parts.append(f"{infinite:,} infinite, not shown")
    if missing:
        parts.append(f"{missing:,} NaN, not shown")
    return "; ".join(parts)
