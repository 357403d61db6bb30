"""Effects with their intervals, one row a claim: the verdicts of a report in one picture."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from geodl.figures.canvas import new_figure
from geodl.figures.style import INK, QUIET, style_context

_SHADE = "#ededed"
# colour, marker, filled: told apart by shape and fill where colour is lost
_LOOKS = {
    "supported": ("#0072B2", "o", True),
    "contradicted": ("#D55E00", "X", True),
    "undecided": ("#6b6b6b", "D", False),
}
_LABEL_WIDTH = 50  # characters of a label in one line
# inches: the figure, what labels and numbers take beside the axes, ticks and unit below them, legend, foot
_WIDTH, _LEFT, _RIGHT, _BELOW, _HEAD, _FOOT = 8.4, 3.05, 1.75, 0.58, 0.42, 0.22


@dataclass(frozen=True)
class ForestRow:
    """One effect.

    Attributes:
        label: What is claimed.
        effect: The effect.
        low: Lower end of its interval; NaN where there is none.
        high: Upper end.
        outcome: ``supported``, ``contradicted`` or ``undecided``.
        sign: 1 or -1 for the side of 0 that is claimed, 0 for none.
    """

    label: str
    effect: float
    low: float
    high: float
    outcome: str
    sign: int


@dataclass(frozen=True)
class ForestPanel:
    """Effects in one unit.

    Attributes:
        label: The unit.
        rows: Effects from top to bottom.
        bounds: Range that the effect cannot leave, None where unbounded.
    """

    label: str
    rows: tuple[ForestRow, ...]
    bounds: tuple[float, float] | None = None


def draw_forest(panels: Sequence[ForestPanel], *, foot: str = "") -> Figure:
    """Draw one panel a unit, since differences of different measures have no common axis.

    Args:
        panels: The panels, top to bottom.
        foot: A line at the foot.

    Returns:
        The figure; the claimed side of 0 is shaded in every row.
    """
    labels = [[_wrapped(row.label) for row in panel.rows] for panel in panels]
    lines = [sum(max(1.0, 0.72 * (label.count("\n") + 1)) for label in column) for column in labels]
    heights = [0.27 * count + _BELOW for count in lines]
    with style_context():
        # Placed by hand: constrained layout measures long labels at screen resolution and cuts them in print.
        total = sum(heights) + _HEAD + _FOOT
        figure = new_figure(_WIDTH, total, automatic=False)
        top = total - _HEAD
        for panel, column, height in zip(panels, labels, heights, strict=True):
            size = (_WIDTH - _LEFT - _RIGHT, height - _BELOW)
            box = (_LEFT / _WIDTH, (top - size[1]) / total, size[0] / _WIDTH, size[1] / total)
            _draw_panel(figure.add_axes(box), panel, column)
            top -= height
        figure.legend(
            handles=[*map(_handle, _LOOKS), Patch(facecolor=_SHADE, label="claimed side")],
            loc="upper left",
            bbox_to_anchor=(0.0, 1.0),
            ncols=4,
            columnspacing=1.6,
        )
        if foot:
            figure.text(0.012, 0.08 / total, foot, ha="left", va="bottom", fontsize=7.4, color=QUIET)
    return figure


def _draw_panel(axes: Axes, panel: ForestPanel, labels: Sequence[str]) -> None:
    ends = [value for row in panel.rows for value in (row.effect, row.low, row.high) if math.isfinite(value)]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    room = 0.06 * ((high - low) or 1.0)
    limits = panel.bounds if panel.bounds is not None else (low - room, high + room)
    slack = 0.03 * (limits[1] - limits[0]) if panel.bounds is not None else 0.0
    axes.set_xlim(limits[0] - slack, limits[1] + slack)
    axes.set_ylim(len(panel.rows) - 0.45, -0.55)
    left, right = axes.get_xlim()
    for place, row in enumerate(panel.rows):
        if row.sign:
            axes.fill_betweenx(
                [place - 0.36, place + 0.36], 0, right if row.sign > 0 else left, color=_SHADE, linewidth=0, zorder=0
            )
        colour, marker, filled = _LOOKS[row.outcome]
        if math.isfinite(row.low):
            axes.plot([row.low, row.high], [place, place], color=colour, linewidth=1.5, zorder=3)
        axes.plot(
            [row.effect],
            [place],
            color=colour,
            marker=marker,
            markersize=5.4,
            markerfacecolor=colour if filled else "white",
            linestyle="",
            zorder=4,
        )
        axes.annotate(
            _numbers(row),
            (1.015, place),
            xycoords=axes.get_yaxis_transform(),
            va="center",
            fontsize=7.4,
            color=INK,
            annotation_clip=False,
        )
    axes.axvline(0, color=INK, linewidth=0.8, zorder=1)
    axes.set_yticks(range(len(panel.rows)), labels)
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(panel.label)


def _numbers(row: ForestRow) -> str:
    if not math.isfinite(row.low):
        return _number(row.effect)
    return f"{_number(row.effect)} [{_number(row.low)}, {_number(row.high)}]"


def _number(value: float) -> str:
    # With the minus sign that the ticks have.
    return "0" if value == 0 else f"{value:+.2g}".replace("-", "−")


def _handle(outcome: str) -> Line2D:
    colour, marker, filled = _LOOKS[outcome]
    return Line2D(
        [],
        [],
        color=colour,
        marker=marker,
        markersize=5.4,
        markerfacecolor=colour if filled else "white",
        linewidth=1.5,
        label=outcome,
    )


def _wrapped(label: str) -> str:
    return "\n".join(textwrap.wrap(label, _LABEL_WIDTH)) or label
