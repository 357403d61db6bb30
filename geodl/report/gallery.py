"""All figures of a report, with their captions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from geodl.errors import TrackError
from geodl.figures.curves import draw_curves
from geodl.figures.decay_axis import decay_label
from geodl.figures.projection import ProjectedTracks
from geodl.figures.scatter import ScatterGroup, draw_scatter
from geodl.figures.style import family_look, ramp_looks, told_apart
from geodl.figures.tracks import draw_track_panels
from geodl.report.action_pictures import action_pictures
from geodl.report.aggregate import Aggregates, Cell, cell_order
from geodl.report.axis_pictures import axis_pictures
from geodl.report.depth_pictures import depth_pictures
from geodl.report.heat_pictures import heat_pictures
from geodl.report.known_marks import with_marks
from geodl.report.measures import (
    GAP,
    GEODESIC,
    KINETIC,
    LSS,
    OTS,
    RATIO,
    TEST_ACCURACY,
    TRAIN_ACCURACY,
    Measure,
)
from geodl.report.panels import decay_rows, depth_rows, epoch_rows
from geodl.report.picture import Picture, by_depth, headed, size_line
from geodl.report.profiles import read_profiles
from geodl.report.record import RunRecord
from geodl.report.sample_pictures import sample_pictures

_GROUPS: tuple[tuple[str, str, tuple[Measure, ...]], ...] = (
    ("lss", "Line-shape score", (LSS,)),
    ("ots", "Optimal-transport score and transport ratio", (OTS, RATIO)),
    ("accuracy", "Accuracy", (TEST_ACCURACY, TRAIN_ACCURACY)),
    ("geodesic", "Kinetic straightness and geodesic score", (KINETIC, GEODESIC)),
)
_MOST_SLICES = 4  # of what no figure can lay beside each other; all are in the tables and in `axis_pictures`
_BARS = "Points are means over seeds, bars 95 % intervals; dotted: the untrained network; dashed: null values."


def draw_gallery(results: Aggregates) -> Iterator[Picture]:
    """Draw every figure that the sweep's runs allow.

    Args:
        results: Counted runs by setting.

    Yields:
        Pictures, tracks first.
    """
    together = ("family", "depth", "weight_decay", *(("width",) if _one_width_each(results) else ()))
    slices: dict[Cell, list[Cell]] = {}
    for cell in results.cells:
        slices.setdefault(results.without(cell, *together), []).append(cell)
    profiles = read_profiles(run for cell in results.cells for run in results.runs[cell])
    with told_apart(str(results.value(cell, "family")) for cell in results.cells):
        yield from axis_pictures(results)
        for index, cells in enumerate(list(slices.values())[:_MOST_SLICES]):
            tag = f"_{index}" if len(slices) > 1 else ""
            where = _slice_name(results, cells[0], together) if len(slices) > 1 else ""
            where += f" [{index + 1} of {len(slices)}; drawn: {_MOST_SLICES}]" if len(slices) > _MOST_SLICES else ""
            yield from _track_pictures(results, cells, tag, where)
            for section, title, measures in _GROUPS:
                yield from _curve_pictures(results, cells, section, title, measures, tag, where)
            yield from _relations(results, cells, tag, where)
            yield from heat_pictures(results, cells, tag, where)
            yield from sample_pictures(results, cells, profiles, tag, where)
            yield from depth_pictures(results, cells, profiles, tag, where)
            yield from action_pictures(results, cells, tag, where)


def draw_run_strip(run: RunRecord) -> Figure | None:
    """Draw the tracks of one run at all epochs at which it recorded them, small.

    Args:
        run: The run.

    Returns:
        The figure, or None without readable tracks.
    """
    tracks = _load_tracks(run)
    return draw_track_panels(tracks, panel_size=2.1) if tracks else None


def _track_pictures(results: Aggregates, cells: Sequence[Cell], tag: str, where: str) -> Iterator[Picture]:
    loaded = {cell: _first_tracks(results.runs[cell]) for cell in cells}
    loaded = {cell: found for cell, found in loaded.items() if found[1]}
    find = {
        (results.value(c, "family"), results.value(c, "depth"), results.value(c, "weight_decay")): c for c in loaded
    }
    for depth in sorted({results.value(cell, "depth") for cell in loaded}, key=lambda depth: cell_order((depth,))):
        families = list(dict.fromkeys(f for f, d, _ in find if d == depth))
        rows = [family_look(str(family)).label for family in families]
        suffix = "" if depth is None else f"_depth{depth}"
        at = "" if depth is None else f", depth {depth}"
        by_family = [{decay for f, d, decay in find if (f, d) == (family, depth)} for family in families]
        common = sorted(set.intersection(*by_family), key=_decay_order) or sorted(
            set.union(*by_family), key=_decay_order
        )
        middle = common[len(common) // 2]
        runs = [find.get((family, depth, middle)) for family in families]
        columns = max(len(loaded[cell][1]) for cell in runs if cell is not None)
        panels: list[ProjectedTracks | None] = []
        for cell in runs:
            found: list[ProjectedTracks | None] = [*loaded[cell][1]] if cell is not None else []
            panels += [*found, *[None] * (columns - len(found))]
        seeds = sorted({str(loaded[cell][0].seed) for cell in runs if cell is not None})
        decay = "?" if middle is None else decay_label(middle)
        plural = "seed" if len(seeds) == 1 else "seeds"
        yield Picture(
            f"tracks_training{suffix}{tag}",
            "tracks",
            f"Tracks in training{at}{where}",
            f"Weight decay {decay} (the middle one that all rows have), {plural} {', '.join(seeds)} "
            "(the lowest that finished): chosen by rule, not by looks. Each panel has a plane and a scale of its own.",
            draw_track_panels(
                panels,
                columns=columns,
                titles=[_title(panel) for panel in panels],
                row_titles=rows,
                heading=f"{f'Depth {depth}, w' if at else 'W'}eight decay {decay}{where}",
            ),
        )
        if len(common) < 2:
            continue
        chosen = [common[k] for k in sorted(set(np.linspace(0, len(common) - 1, 4).round().astype(int).tolist()))]
        last = [
            loaded[cell][1][-1] if (cell := find.get((family, depth, value))) is not None else None
            for family in families
            for value in chosen
        ]
        yield Picture(
            f"tracks_decay{suffix}{tag}",
            "tracks",
            f"Tracks after training by weight decay{at}{where}",
            "Last recorded epoch of the lowest seed that finished in each setting.",
            draw_track_panels(
                last,
                columns=len(chosen),
                titles=[f"decay {'?' if value is None else decay_label(value)}" for _ in families for value in chosen],
                row_titles=rows,
                heading=f"{f'Depth {depth}, a' if at else 'A'}fter training{where}",
            ),
        )


def _curve_pictures(
    results: Aggregates,
    cells: Sequence[Cell],
    section: str,
    title: str,
    measures: tuple[Measure, ...],
    tag: str,
    where: str,
) -> Iterator[Picture]:
    size = _probe_size(results, cells) if section == "ots" else ""
    rows, axis = decay_rows(results, cells, measures)
    rows, marked = with_marks(rows, results, cells)
    if rows:
        yield Picture(
            f"{section}_by_weight_decay{tag}",
            section,
            f"{title} by weight decay{where}",
            _BARS + " Logarithmic axis; zero stands apart, behind the break." + size + marked,
            draw_curves(rows, x_label="weight decay", decays=axis, heading=f"{title} by weight decay{where}"),
        )
    rows = depth_rows(results, cells, measures)
    if rows:
        ticks = sorted({float(depth) for cell in cells if (depth := results.value(cell, "depth")) is not None})
        yield Picture(
            f"{section}_by_depth{tag}",
            section,
            f"{title} by depth{where}",
            _BARS + " Scores at different depths have different null values; compare at equal depth." + size,
            draw_curves(rows, x_label="depth (blocks)", ticks=ticks, heading=f"{title} by depth{where}"),
        )
    for measure in measures:
        rows, marked = with_marks(epoch_rows(results, cells, measure), results, cells)
        if rows:
            name = measure.key.split("/")[-1] if section != "accuracy" else measure.key.replace("/", "_")
            yield Picture(
                f"{name}_by_epoch{tag}",
                section,
                f"{measure.label} by epoch{where}",
                "Lines are means over seeds, bands 95 % intervals; epoch 0 is the untrained network (dotted level)."
                + size
                + marked,
                draw_curves(rows, x_label="completed epochs", heading=f"{measure.label} by epoch{where}"),
            )


def _relations(results: Aggregates, cells: Sequence[Cell], tag: str, where: str) -> Iterator[Picture]:
    decays = sorted({decay for cell in cells if (decay := results.value(cell, "weight_decay")) is not None})
    looks = dict(zip(decays, ramp_looks([f"decay {decay_label(decay)}" for decay in decays]), strict=True))
    depths = [depth for depth, _ in by_depth(results, cells)]
    deeper = f"Larger markers: deeper ({', '.join(map(str, depths))} blocks)." if len(depths) > 1 else ""
    for measure, name in ((TEST_ACCURACY, "test_accuracy"), (GAP, "accuracy_gap")):
        groups = []
        for cell in cells:
            runs = [run for run in results.runs[cell] if LSS.key in run.final and measure.key in run.final]
            family, decay = str(results.value(cell, "family")), results.value(cell, "weight_decay")
            if runs:
                x = np.array([run.final[LSS.key] for run in runs])
                y = np.array([run.final[measure.key] for run in runs])
                size = 4.5 + 1.5 * depths.index(results.value(cell, "depth"))
                groups.append(ScatterGroup(family, looks.get(decay, family_look(family)), x, y, size))
        if sum(len(group.x) for group in groups) > 1:
            yield Picture(
                f"{name}_against_lss{tag}",
                "relation",
                f"{measure.label.capitalize()} against LSS{where}",
                "One point a run. A slope here is no cause: weight decay and depth move both. " + deeper,
                draw_scatter(
                    groups,
                    x_label=LSS.label,
                    y_label=measure.label,
                    heading=headed(f"{measure.label.capitalize()} against LSS{where}", size_line(results, cells)),
                    foot=deeper,
                ),
            )


def _first_tracks(runs: Sequence[RunRecord]) -> tuple[RunRecord, list[ProjectedTracks]]:
    for run in runs:
        tracks = _load_tracks(run)
        if tracks:
            return run, tracks
    return runs[0], []


def _load_tracks(run: RunRecord) -> list[ProjectedTracks]:
    # One picture an epoch, even where a run wrote one file a leg.
    tracks: dict[Any, ProjectedTracks] = {}
    for path in run.track_files:
        load = partial(ProjectedTracks.load, path)
        try:
            found = load()
        except TrackError:
            continue
        tracks[found.epoch] = found
    return [tracks[epoch] for epoch in sorted(tracks, key=lambda epoch: -1 if epoch is None else epoch)]


def _title(panel: ProjectedTracks | None) -> str:
    if panel is None or panel.epoch is None:
        return "" if panel is None else "tracks"
    return "epoch 0 (untrained)" if panel.epoch == 0 else f"epoch {panel.epoch}"


def _decay_order(decay: float | None) -> float:
    return -1.0 if decay is None else float(decay)


def _probe_size(results: Aggregates, cells: Sequence[Cell]) -> str:
    # Whether an OTS is remarkable depends on both numbers.
    runs = [run for cell in cells for run in results.runs[cell]]
    n = sorted({str(run.probe["n"]) for run in runs if "n" in run.probe})
    d = sorted(
        {str(leg["dim"]) for run in runs for leg in run.legs if "dim" in leg}, key=lambda text: (len(text), text)
    )
    return f" Read it beside n = {', '.join(n) or '?'} samples of dimension d = {', '.join(d) or '?'}."


def _one_width_each(results: Aggregates) -> bool:
    # Whether family and depth leave no choice of the width, so that it needs no figures of its own.
    seen: dict[tuple[Any, Any], set[Any]] = {}
    for cell in results.cells:
        at = (results.value(cell, "family"), results.value(cell, "depth"))
        seen.setdefault(at, set()).add(results.value(cell, "width"))
    return all(len(widths) == 1 for widths in seen.values())


def _slice_name(results: Aggregates, cell: Cell, together: Sequence[str]) -> str:
    kept = [
        f"{key} {value}"
        for key, value in zip(results.keys, cell, strict=True)
        if key not in together
        and value is not None
        and len({other[results.keys.index(key)] for other in results.cells}) > 1
    ]
    return f" ({', '.join(kept)})" if kept else ""
