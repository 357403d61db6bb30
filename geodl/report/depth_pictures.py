"""Pictures along the depth of the networks: each block's transport, the distance from the geodesic, the bends."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from geodl.figures.curves import Curve, NullLine, Panel, PanelRow, draw_curves
from geodl.figures.decay_axis import decay_label
from geodl.figures.style import QUIET, LineLook, family_look, ramp_looks
from geodl.report.aggregate import Aggregates, Cell, Interval, interval
from geodl.report.phrases import at_depth
from geodl.report.picture import Picture, by_depth, families_of, headed, size_line
from geodl.report.profiles import RunProfiles
from geodl.report.record import RunRecord
from geodl.report.score_details import AlongDepth, along_depth, details_at

Ends = Callable[[RunRecord], Mapping[str, AlongDepth]]
"""Of a run: what there is of ``before`` and ``after`` training."""

_BEFORE, _AFTER = "before", "after"
_SPREAD = "Lines are means over seeds with 95 % intervals, one a weight decay; dotted: the untrained network."


def depth_pictures(
    results: Aggregates, cells: Sequence[Cell], profiles: Mapping[str, RunProfiles], tag: str, where: str
) -> Iterator[Picture]:
    """Draw what has a value for every block.

    Args:
        results: Counted runs by setting.
        cells: Cells that differ in family, depth and weight decay only.
        profiles: Run name -> its profiles.
        tag: End of the file names.
        where: End of the titles.

    Yields:
        Pictures of the section ``blocks``; none of what no run has.
    """
    for depth, here in by_depth(results, cells):
        at = "" if depth is None else f", depth {depth}"
        rows = [
            *_rows(results, here, _detail("step_transport", "ots"), "OTS of the block", bounds=(0.0, 1.0)),
            *_rows(results, here, _detail("step_transport", "transport_ratio"), "transport ratio", bounds=(0.0, 1.0)),
        ]
        if rows:
            title = f"Each block as a map of its own{at}{where}"
            yield Picture(
                f"step_transport_by_block{'' if depth is None else f'_depth{depth}'}{tag}",
                "blocks",
                title,
                "OTS and transport ratio from the states before a block to those after it: whether each step is an "
                f"optimal transport map, even where the whole is not. {_SPREAD} OTS saturates in high dimension; read "
                f"the ratio beside it. Tracks: {size_line(results, here)}.",
                draw_curves(rows, x_label="block", heading=headed(title, size_line(results, here))),
            )
    size = size_line(results, cells)
    rows = _rows_by_depth(results, cells, _deviation, "W₂ from the geodesic\nover its length", (0.0, math.inf))
    if rows:
        title = f"Distance from the geodesic along the way{where}"
        yield Picture(
            f"geodesic_deviation_along_track{tag}",
            "blocks",
            title,
            "W₂ between the states at a read-out and McCann's interpolation at the same share of the arc, over the "
            f"W₂ of the whole way; 0 is a Wasserstein geodesic, at both ends by definition. {_SPREAD} The horizontal "
            f"axis is the share of the mean arc length, averaged over seeds. Tracks: {size}.",
            draw_curves(rows, x_label="share of the arc length", ticks=_shares(rows), heading=headed(title, size)),
        )
    bends: Ends = lambda run: _bends(profiles.get(run.name))  # noqa: E731 - a closure with the type's name
    level = NullLine("90° (random walk)", np.array([90.0]), np.zeros(0), QUIET, "--")
    rows = _rows_by_depth(results, cells, bends, "mean angle between\nconsecutive steps (°)", (0.0, 180.0), (level,))
    if rows:
        title = f"Where the tracks bend{where}"
        yield Picture(
            f"bend_by_read_out{tag}",
            "blocks",
            title,
            "Angle between the step to a read-out and the next one, mean over the samples: 0° goes straight on, 90° is "
            f"a random walk in high dimension, 180° turns back. {_SPREAD} Tracks: {size}.",
            draw_curves(rows, x_label="inner read-out", heading=headed(title, size)),
        )


def _rows_by_depth(
    results: Aggregates,
    cells: Sequence[Cell],
    ends: Ends,
    label: str,
    bounds: tuple[float, float],
    nulls: tuple[NullLine, ...] = (),
) -> list[PanelRow]:
    rows: list[PanelRow] = []
    for _, here in by_depth(results, cells):
        rows += _rows(results, here, ends, label, bounds=bounds, nulls=nulls)
    return rows if len({len(row.panels) for row in rows}) < 2 else _padded(rows)


def _rows(
    results: Aggregates,
    cells: Sequence[Cell],
    ends: Ends,
    label: str,
    *,
    bounds: tuple[float, float],
    nulls: tuple[NullLine, ...] = (),
) -> list[PanelRow]:
    # One row with a panel a family, a curve a weight decay; none where nothing was measured after training.
    decays = sorted({decay for cell in cells if (decay := results.value(cell, "weight_decay")) is not None})
    looks = dict(zip(decays, ramp_looks([f"decay {decay_label(decay)}" for decay in decays]), strict=True))
    panels = []
    for family in families_of(results, cells):
        of_family = [cell for cell in cells if str(results.value(cell, "family")) == family]
        curves, untrained = [], dict[Any, AlongDepth]()
        for cell in of_family:
            found = [ends(run) for run in results.runs[cell]]
            after = [one[_AFTER] for one in found if _AFTER in one]
            for run, one in zip(results.runs[cell], found, strict=True):
                if _BEFORE in one:
                    untrained.setdefault(run.seed, one[_BEFORE])  # once a seed: it does not depend on the decay
            if after:
                curves.append(_curve(looks.get(results.value(cell, "weight_decay"), family_look(family)), after))
        before = _null(list(untrained.values()))
        title = at_depth(family_look(family).label, results.value(of_family[0], "depth"))
        panels.append(Panel(title, tuple(curves), (*before, *nulls)))
    return [PanelRow(label, tuple(panels), bounds)] if any(panel.curves for panel in panels) else []


def _padded(rows: list[PanelRow]) -> list[PanelRow]:
    most = max(len(row.panels) for row in rows)
    return [PanelRow(row.label, (*row.panels, *[Panel("", ())] * (most - len(row.panels))), row.bounds) for row in rows]


def _over_seeds(tracks: Sequence[AlongDepth]) -> tuple[list[float], list[Interval]]:
    # Runs of one setting have the same read-outs; should one differ, what the first has is compared.
    same = [track for track in tracks if len(track.x) == len(tracks[0].x)]
    x = [math.fsum(places) / len(same) for places in zip(*(track.x for track in same), strict=True)]
    return x, [interval(values) for values in zip(*(track.y for track in same), strict=True)]


def _curve(look: LineLook, tracks: Sequence[AlongDepth]) -> Curve:
    x, points = _over_seeds(tracks)
    inside = [any(math.isfinite(track.y[k]) for track in tracks if len(track.y) == len(x)) for k in range(len(x))]
    return Curve(
        look,
        np.array(x),
        np.array([point.mean for point in points]),
        np.array([point.low for point in points]),
        np.array([point.high for point in points]),
        np.array([point.n for point in points], dtype=np.int64),
        # A gap between legs is nothing that was lost.
        np.array([point.not_finite * kept for point, kept in zip(points, inside, strict=True)], dtype=np.int64),
    )


def _null(tracks: Sequence[AlongDepth]) -> tuple[NullLine, ...]:
    if not tracks:
        return ()
    x, points = _over_seeds(tracks)
    return (NullLine("untrained (epoch 0)", np.array([p.mean for p in points]), np.array(x), QUIET, ":"),)


def _first_and_last(found: Mapping[int, AlongDepth]) -> dict[str, AlongDepth]:
    chosen = {_BEFORE: found[0]} if 0 in found else {}
    return {**chosen, _AFTER: found[max(found)]} if max(found, default=0) > 0 else chosen


def _detail(score: str, key: str) -> Ends:
    def ends(run: RunRecord) -> Mapping[str, AlongDepth]:
        return _first_and_last({
            epoch: along_depth([(len(leg["read_outs"]), leg["details"][key]) for leg in legs])
            for epoch, legs in details_at(run.folder, score).items()
            if all(isinstance(leg["details"].get(key), list) for leg in legs)
        })

    return ends


def _deviation(run: RunRecord) -> Mapping[str, AlongDepth]:
    found = {}
    for epoch, legs in details_at(run.folder, "geodesic_deviation").items():
        if all(isinstance(leg["details"].get(key), list) for leg in legs for key in ("times", "per_step")):
            x: list[float] = []
            y: list[float] = []
            for index, leg in enumerate(legs):  # legs side by side, each from 0 to 1
                x += [index, *(index + time for time in leg["details"]["times"]), index + 1]
                y += [0.0 if index == 0 else math.nan, *leg["details"]["per_step"], 0.0]
            found[epoch] = AlongDepth(tuple(x), tuple(y))
    return _first_and_last(found)


def _bends(profiles: RunProfiles | None) -> Mapping[str, AlongDepth]:
    if profiles is None:
        return {}
    ends = {_BEFORE: profiles.before, _AFTER: profiles.after}
    return {
        moment: along_depth([(leg.n_steps + 1, leg.bend_mean.tolist()) for leg in profile.legs])
        for moment, profile in ends.items()
        if profile is not None and any(leg.n_steps > 1 for leg in profile.legs)
    }


def _shares(rows: Sequence[PanelRow]) -> list[float]:
    # Legs stand side by side, each one unit wide.
    legs = max(float(curve.x.max()) for row in rows for panel in row.panels for curve in panel.curves)
    return [float(tick) for tick in np.arange(0.0, legs + 0.01, 0.25 if legs <= 1.0 else 0.5)]
