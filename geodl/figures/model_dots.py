"""Scores of several models as dots in rows, each beside its null value."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from geodl.figures.canvas import new_figure
from geodl.figures.style import QUIET, style_context

_BLUE = "#0072B2"


@dataclass(frozen=True)
class ModelDot:
    """A model, or a leg of one.

    Attributes:
        label: Its name.
        n_steps: Number L of steps.
        n_samples: Number n of samples.
        values: Metrics by name, as `geodl.scores.leg_metrics` names them.
    """

    label: str
    n_steps: int
    n_samples: int
    values: Mapping[str, float]


_PANELS = (
    ("lss", "LSS (1 = straight)", ("lss_q25", "lss_q75")),
    ("ots", "OTS (1 = OT map)", ("ots_low", "ots")),
    ("transport_ratio", "transport ratio", None),
    ("kinetic_straightness", "kinetic straightness", None),
    ("geodesic_score", "geodesic score", None),
)


def draw_models(models: Sequence[ModelDot]) -> Figure:
    """Draw one row a model and one panel a score; scores that no model has are left out.

    Args:
        models: The models, top to bottom.

    Returns:
        The figure.
    """
    shown = [panel for panel in _PANELS if any(math.isfinite(m.values.get(panel[0], math.nan)) for m in models)]
    with style_context():
        longest = max(len(model.label) for model in models)
        width = 0.075 * min(longest, 44) + 1.75 * max(1, len(shown)) + 0.6
        figure = new_figure(width, 0.27 * len(models) + 1.05)
        grid = figure.subplots(1, max(1, len(shown)), sharey=True, squeeze=False)[0]
        for axes, (key, label, spread) in zip(grid, shown, strict=False):
            _draw_panel(axes, models, key, label, spread)
        grid[0].set_yticks(range(len(models)), [_short(model.label) for model in models])
        grid[0].set_ylim(len(models) - 0.4, -0.6)
        # Places are found at screen resolution, where long labels are a little shorter than in print.
        engine = figure.get_layout_engine()
        if isinstance(engine, ConstrainedLayoutEngine):
            engine.set(w_pad=0.12, wspace=0.02)
    return figure


def _draw_panel(axes: Axes, models: Sequence[ModelDot], key: str, label: str, spread: tuple[str, str] | None) -> None:
    axes.grid(axis="y")
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(label)
    high = 1.0
    for row, model in enumerate(models):
        value = model.values.get(key, math.nan)
        null = {"lss": math.sqrt(model.n_steps), "ots": 1 / model.n_samples}.get(key)
        if null is not None:
            axes.plot([null, null], [row - 0.3, row + 0.3], color=QUIET, linewidth=1.4, zorder=2)
            high = max(high, null)
        if not math.isfinite(value):
            axes.annotate(
                "NaN" if key in model.values else "–", (0.5, row), xycoords=axes.get_yaxis_transform(), fontsize=7
            )
            continue
        ends = [model.values.get(name, math.nan) for name in spread] if spread else []
        if ends and all(map(math.isfinite, ends)):
            axes.plot(ends, [row, row], color=_BLUE, linewidth=1.2, zorder=3)
            high = max(high, *ends)
        axes.plot([value], [row], color=_BLUE, marker="o", markersize=4.6, linestyle="", zorder=4)
        high = max(high, value)
    if key == "lss":
        axes.set_xlim(1 - 0.06 * (high - 1 + 0.2), high + 0.08 * (high - 1 + 0.2))
    else:
        axes.set_xlim(-0.04, 1.06)
        axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])


def _short(label: str) -> str:
    return label if len(label) <= 44 else f"{label[:20]}…{label[-23:]}"
