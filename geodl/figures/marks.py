"""Small arrows at the edge of a panel: values to read its curves against, without a line across them."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from geodl.figures.style import QUIET

_APART = 0.075  # share of the axis below which two labels would overlap


def draw_marks(axes: Axes, marks: Sequence[tuple[str, float]]) -> None:
    """Draw arrows with labels at the right edge; labels that would overlap share a line.

    Args:
        axes: The panel, with its limits set; marks outside of them are left out.
        marks: Label and value of each.
    """
    low, high = axes.get_ylim()
    shown = sorted(((value, label) for label, value in marks if low <= value <= high), key=lambda mark: -mark[0])
    groups: list[list[tuple[float, str]]] = []
    for mark in shown:
        if groups and groups[-1][0][0] - mark[0] < _APART * (high - low):
            groups[-1].append(mark)
        else:
            groups.append([mark])
    for value, _ in shown:
        axes.plot(
            [1.0],
            [value],
            transform=axes.get_yaxis_transform(),
            marker="<",
            markersize=4.0,
            color=QUIET,
            markeredgewidth=0,
            clip_on=False,
            zorder=5,
        )
    for group in groups:
        axes.annotate(
            ", ".join(dict.fromkeys(label for _, label in group)),
            (1.0, sum(value for value, _ in group) / len(group)),
            (4, 0),
            xycoords=axes.get_yaxis_transform(),
            textcoords="offset points",
            ha="left",
            va="center",
            fontsize=6.4,
            color=QUIET,
        )
