"""Pictures of a score over depth and weight decay at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from geodl.figures.decay_axis import decay_label
from geodl.figures.heat_map import HeatPanel, HeatRow, draw_heat_maps
from geodl.figures.style import family_look
from geodl.report.aggregate import Aggregates, Cell
from geodl.report.measures import GEODESIC, KINETIC, LSS, OTS, RATIO, Measure
from geodl.report.picture import Picture, families_of, size_line

_MAPS: tuple[tuple[str, str, tuple[Measure, ...]], ...] = (
    ("lss", "Line-shape score", (LSS,)),
    ("ots", "Optimal-transport score and transport ratio", (OTS, RATIO)),
    ("geodesic", "Kinetic straightness and geodesic score", (KINETIC, GEODESIC)),
)


def heat_pictures(results: Aggregates, cells: Sequence[Cell], tag: str, where: str) -> Iterator[Picture]:
    """Draw the final scores over depth and weight decay.

    Args:
        results: Counted runs by setting.
        cells: Cells that differ in family, depth and weight decay only.
        tag: End of the file names.
        where: End of the titles.

    Yields:
        Pictures of the sections of the scores; none unless there are two depths and two decays at least.
    """
    known = [cell for cell in cells if isinstance(results.value(cell, "depth"), int | float)]
    known = [cell for cell in known if results.value(cell, "weight_decay") is not None]
    depths = sorted({results.value(cell, "depth") for cell in known})
    decays = sorted({results.value(cell, "weight_decay") for cell in known})
    if len(depths) < 2 or len(decays) < 2:
        return
    size = size_line(results, known)
    seeds = sorted({len(results.runs[cell]) for cell in known})
    counted = f"{seeds[0]}" if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]}"
    for section, name, measures in _MAPS:
        rows = [row for measure in measures if (row := _row(results, known, measure, depths, decays)) is not None]
        if rows:
            title = f"{name} over depth and weight decay{where}"
            yield Picture(
                f"{section}_heat_map{tag}",
                section,
                title,
                "Means after training ± half the 95 % interval over seeds; dark is near 1, straight tracks or an "
                "optimal map. The panels of a row share their scale. LSS has other null values (√L) at other depths: "
                f"compare along the rows. Tracks: {size}.",
                draw_heat_maps(
                    rows,
                    row_values=[f"{depth:g}" for depth in depths],
                    column_values=[decay_label(decay) for decay in decays],
                    row_label="depth (blocks)",
                    column_label="weight decay",
                    heading=title,
                    foot=f"After training; mean ± half the 95 % interval over {counted} seeds. {size}.",
                ),
            )


def _row(
    results: Aggregates, cells: Sequence[Cell], measure: Measure, depths: Sequence[float], decays: Sequence[float]
) -> HeatRow | None:
    panels = []
    for family in families_of(results, cells):
        values = np.full((len(depths), len(decays)), np.nan)
        reach = values.copy()
        for cell in (cell for cell in cells if str(results.value(cell, "family")) == family):
            summary = results.final(cell, measure.key)
            at = depths.index(results.value(cell, "depth")), decays.index(results.value(cell, "weight_decay"))
            values[at], reach[at] = summary.mean, (summary.high - summary.low) / 2
        panels.append(HeatPanel(family_look(family).label, values, reach))
    if not any(np.isfinite(panel.values).any() for panel in panels):
        return None
    return HeatRow(measure.label, tuple(panels), dark_is_high=measure is not LSS)
