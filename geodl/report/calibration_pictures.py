"""What a value means: the scores of known maps by amount, dimension and number of samples."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from geodl.config.calibration import KNOWN_MAPS
from geodl.figures.calibration import KnownColumn, KnownPanel, draw_calibration
from geodl.figures.curves import Curve, NullLine
from geodl.figures.style import QUIET, LineLook, ramp_looks
from geodl.report.aggregate import Interval, interval
from geodl.report.measures import LSS, OTS, RATIO, Measure
from geodl.report.picture import Picture
from geodl.report.record import RunRecord
from geodl.report.tables import Table, format_interval

_MEASURES = (OTS, RATIO, LSS)
_FULL = 0.99  # an OTS that nobody would tell from 1
_TITLES = {
    "convex": "gradient of a\nconvex function",
    "rotation": "rotation",
    "noise": "identity + noise",
    "walk": "random walk",
    "pairing": "random pairing",
}
_X_LABELS = {
    "convex": "factor a",
    "rotation": "angle in degrees",
    "noise": "noise σ",
    "walk": "length σ",
    "pairing": "dimension d",
}


def calibration_pictures(runs: Sequence[RunRecord]) -> Iterator[Picture]:
    """Draw the known maps of a sweep, one figure for each n (and number of steps).

    Args:
        runs: Counted runs of known maps.

    Yields:
        Pictures of the section ``calibration``; none without runs.
    """
    groups: dict[tuple[int, int], list[RunRecord]] = {}
    for run in runs:
        groups.setdefault((_n(run), int(run.settings["calibration.depth"])), []).append(run)
    for (n, depth), members in sorted(groups.items()):
        dims = sorted({_dim(run) for run in members})
        looks = dict(zip(dims, ramp_looks([f"d = {dim}" for dim in dims]), strict=True))
        kinds = [kind for kind in _TITLES if any(_kind(run) == kind for run in members)]
        yield Picture(
            f"calibration_n{n}_L{depth}",
            "calibration",
            f"Scores of known maps, n = {n:,}, L = {depth}",
            "Standard Gaussian points, moved by maps whose scores can be said beforehand; nothing was trained. Dashed: "
            f"1/n, what chance gives OTS, and √L = {depth**0.5:.2f}, the LSS of a random walk in high dimension; "
            "dotted: the LSS of an arc. A network of the same n and d whose OTS a rotation reaches too has not been "
            f"shown to be an optimal transport map.{_saturation(members)}",
            draw_calibration(
                [_column(kind, members, looks, n, depth) for kind in kinds],
                [measure.label for measure in _MEASURES],
                [(0.0, 1.02), (0.0, 1.02), None],
                heading=f"Known maps: n = {n:,} Gaussian points, L = {depth} steps",
            ),
        )


def calibration_table(runs: Sequence[RunRecord]) -> Table:
    """Tabulate the scores of known maps.

    Args:
        runs: Counted runs of known maps.

    Returns:
        One row a map, amount, dimension, n and number of steps, with means and intervals over seeds.
    """
    groups: dict[tuple[int, float, int, int, int], list[RunRecord]] = {}
    for run in runs:
        place = list(_TITLES).index(_kind(run))
        amount = run.settings["calibration.amount"]
        key = (place, amount or 0.0, _dim(run), _n(run), int(run.settings["calibration.depth"]))
        groups.setdefault(key, []).append(run)
    rows = []
    for (place, amount, *sizes), members in sorted(groups.items()):
        kind = list(_TITLES)[place]
        values = [format_interval(_value(members, measure)) for measure in _MEASURES]
        shown = "-" if KNOWN_MAPS[kind] is None else f"{amount:g}"
        rows.append((kind, shown, *map(str, sizes), str(len(members)), *values))
    headers = ("known map", "amount", "d", "n", "L", "seeds", *(measure.short for measure in _MEASURES))
    return Table(headers, tuple(rows))


def _column(kind: str, runs: Sequence[RunRecord], looks: dict[int, LineLook], n: int, depth: int) -> KnownColumn:
    here = [run for run in runs if _kind(run) == kind]
    has_amount = KNOWN_MAPS[kind] is not None
    ticks = sorted({_place(run) for run in here})
    panels = []
    for measure in _MEASURES:
        curves = []
        for dim, look in looks.items():
            of_dim = [run for run in here if _dim(run) == dim]
            places = sorted({_place(run) for run in of_dim})
            points = [_value([run for run in of_dim if _place(run) == place], measure) for place in places]
            if places:
                curves.append(_curve(look, places, points))
        panels.append(KnownPanel(tuple(curves), tuple(_expected(kind, measure, ticks, n, depth))))
    return KnownColumn(
        title=_TITLES[kind],
        x_label=_X_LABELS[kind],
        ticks=tuple(ticks),
        scale="linear" if has_amount and kind == "rotation" else "log",
        panels=tuple(panels),
    )


def _expected(kind: str, measure: Measure, ticks: Sequence[float], n: int, depth: int) -> Iterator[NullLine]:
    if measure is OTS and kind != "convex":
        yield NullLine("random pairing, 1/n", np.array([1 / n]), np.zeros(0), QUIET, "--")
    if measure is LSS and kind == "walk":
        yield NullLine("√L (random walk)", np.array([depth**0.5]), np.zeros(0), QUIET, "--")
    if measure is LSS and kind == "rotation" and len(ticks) > 1:
        angles = np.linspace(min(ticks), max(ticks), 50)
        half = np.radians(angles) / 2  # an arc in L equal chords, as geodl.calibration.arc_lss has it
        yield NullLine("arc, closed form", depth * np.sin(half / depth) / np.sin(half), angles, QUIET, ":")


def _curve(look: LineLook, places: Sequence[float], points: Sequence[Interval]) -> Curve:
    return Curve(
        look=look,
        x=np.array(places, dtype=np.float64),
        mean=np.array([point.mean for point in points]),
        low=np.array([point.low for point in points]),
        high=np.array([point.high for point in points]),
        n=np.array([point.n for point in points], dtype=np.int64),
        not_finite=np.array([point.not_finite for point in points], dtype=np.int64),
    )


def _saturation(runs: Sequence[RunRecord]) -> str:
    # From which dimension on a rotation, which is no optimal map, has full marks.
    turned = [run for run in runs if _kind(run) == "rotation"]
    parts = []
    for angle in sorted({_place(run) for run in turned}):
        here = [run for run in turned if _place(run) == angle]
        dims = sorted({_dim(run) for run in here})
        means = [_value([run for run in here if _dim(run) == dim], OTS).mean for dim in dims]
        full = [dim for k, dim in enumerate(dims) if all(mean > _FULL for mean in means[k:])]
        words = f"from d = {full[0]} on" if full else f"at no d up to {dims[-1]}"
        parts.append(f"by {angle:g} degrees {words}")
    return f" Rotations have OTS above {_FULL:g}: {'; '.join(parts)}." if parts else ""


def _value(runs: Sequence[RunRecord], measure: Measure) -> Interval:
    return interval(run.final.get(measure.key, math.nan) for run in runs)


def _kind(run: RunRecord) -> str:
    return str(run.settings["calibration.map"])


def _dim(run: RunRecord) -> int:
    return int(run.settings["calibration.dim"])


def _n(run: RunRecord) -> int:
    return int(run.settings["track.n_samples"])


def _place(run: RunRecord) -> float:
    # A map without an amount stands at its dimension.
    amount = run.settings["calibration.amount"]
    return float(_dim(run) if amount is None else amount)
