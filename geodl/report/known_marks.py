"""Scores of known maps at the n and d of a sweep, so that a reader sees where OTS saturates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from geodl.calibration.reference import MOST_DIMENSIONS, MOST_SAMPLES, reference_scores
from geodl.figures.curves import PanelRow
from geodl.report.aggregate import Aggregates, Cell
from geodl.report.measures import OTS, RATIO
from geodl.report.tables import Table, format_number

_SIZES = 6  # pairs of n and d that a report computes; each costs a second or two
_SHORT = {
    "rotation by 10°": "10°",
    "rotation by 30°": "30°",
    "rotation by 60°": "60°",
    "random pairing": "pairing",
}
_KEYS = {OTS.label: "ots", RATIO.label: "transport_ratio"}

MARKS_CAPTION = (
    " Arrows at the right edge: rotations by 10, 30 and 60 degrees, which are no optimal transport maps, and a random "
    "pairing, of Gaussian points at this n and d; those outside of the panel's range are in the table of known maps."
)


def probe_sizes(results: Aggregates, cells: Sequence[Cell]) -> list[tuple[int, int]]:
    """Find the n and d at which networks were scored.

    Args:
        results: Counted runs by setting.
        cells: Cells of networks.

    Returns:
        Pairs (n, d) of legs of two or more steps (of all legs where there is none), ascending.
    """
    sizes: set[tuple[int, int]] = set()
    for run in (run for cell in cells for run in results.runs[cell]):
        legs = [leg for leg in run.legs if isinstance(leg.get("dim"), int)]
        long = [leg for leg in legs if isinstance(leg.get("n_steps"), int) and leg["n_steps"] > 1] or legs
        if isinstance(run.probe.get("n"), int) and run.probe["n"] > 1:
            sizes |= {(run.probe["n"], leg["dim"]) for leg in long}
    return sorted(sizes)


def known_maps_table(results: Aggregates) -> Table:
    """Tabulate the scores of known maps at every n and d of the sweep.

    Args:
        results: Counted runs by setting.

    Returns:
        One row a map and pair of n and d, the first few pairs where there are many.
    """
    rows = []
    for n, dim in probe_sizes(results, results.cells)[:_SIZES]:
        at = (_capped(n, MOST_SAMPLES), _capped(dim, MOST_DIMENSIONS))
        rows += [
            (*at, score.label, format_number(score.ots), format_number(score.transport_ratio))
            for score in reference_scores(n, dim)
        ]
    return Table(("n", "d", "known map", "OTS", "ratio"), tuple(rows))


def with_marks(rows: Sequence[PanelRow], results: Aggregates, cells: Sequence[Cell]) -> tuple[list[PanelRow], str]:
    """Add the scores of known maps to the panels of OTS and transport ratio.

    Args:
        rows: Panels of a figure.
        results: Counted runs by setting.
        cells: Cells that the figure shows.

    Returns:
        The rows and what the caption has to say of them; unchanged and empty where the networks of the figure have
        several n or d, since one arrow could not stand for all.
    """
    sizes = probe_sizes(results, cells)
    if len(sizes) != 1 or not any(row.label in _KEYS for row in rows):
        return list(rows), ""
    scores = reference_scores(*sizes[0])
    marked = []
    for row in rows:
        if row.label not in _KEYS:
            marked.append(row)
            continue
        marks = tuple(
            (_SHORT[score.label], float(getattr(score, _KEYS[row.label]))) for score in scores if score.label in _SHORT
        )
        panels = (*row.panels[:-1], replace(row.panels[-1], marks=marks))
        marked.append(replace(row, panels=panels))
    return marked, MARKS_CAPTION


def _capped(value: int, most: int) -> str:
    return str(value) if value <= most else f"{value} (computed at {most})"
