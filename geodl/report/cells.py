"""Cells of a sweep, grouped and compared the way statements need them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from geodl.report.aggregate import Aggregates, Cell
from geodl.report.measures import LSS, OTS, Measure


def cells_by(results: Aggregates, key: str) -> dict[object, list[Cell]]:
    """Group the cells of a sweep by one of its keys.

    Args:
        results: Counted runs by setting.
        key: Name of the key.

    Returns:
        Value of the key -> cells, in the order of the cells.
    """
    groups: dict[object, list[Cell]] = {}
    for cell in results.cells:
        groups.setdefault(results.value(cell, key), []).append(cell)
    return groups


def cell_lines(results: Aggregates, cells: Sequence[Cell], key: str) -> list[list[Cell]]:
    """Find the lines of cells that differ in one key only.

    Args:
        results: Counted runs by setting.
        cells: The cells.
        key: Name of the key.

    Returns:
        Lists of cells, each in the order of the key.
    """
    lines: dict[Cell, list[Cell]] = {}
    for cell in cells:
        lines.setdefault(results.without(cell, key), []).append(cell)
    return list(lines.values())


def resolution(results: Aggregates, measure: Measure) -> float:
    """Size up to which a difference of a measure is none.

    Args:
        results: Counted runs by setting.
        measure: The measure.

    Returns:
        Two samples of the probe set for OTS, which counts samples; else 0.
    """
    sizes = [n for cell in results.cells for run in results.runs[cell] if isinstance(n := run.probe.get("n"), int)]
    return 2 / min(sizes) if measure is OTS and sizes else 0.0


def before_and_after(results: Aggregates, cell: Cell) -> tuple[list[float], list[float]]:
    """LSS of the runs of a cell before and after training.

    Args:
        results: Counted runs by setting.
        cell: The cell.

    Returns:
        Values before and after, of the runs that have both.
    """
    found = [(run.history.get((0, LSS.key), math.nan), run.final.get(LSS.key, math.nan)) for run in results.runs[cell]]
    finite = [pair for pair in found if all(map(math.isfinite, pair))]
    return [before for before, _ in finite], [after for _, after in finite]


def random_walk_lss(results: Aggregates, cell: Cell) -> float:
    """Null value of LSS in a cell, the square root of L.

    Args:
        results: Counted runs by setting.
        cell: The cell.

    Returns:
        The mean over its runs; NaN where none recorded it.
    """
    nulls = [run.nulls["lss_sqrt_L"] for run in results.runs[cell] if "lss_sqrt_L" in run.nulls]
    return sum(nulls) / len(nulls) if nulls else math.nan


def where(results: Aggregates, cell: Cell) -> str:
    """Say which setting a cell is, but for family and weight decay.

    Args:
        results: Counted runs by setting.
        cell: The cell.

    Returns:
        Text that ends in a colon and a blank; empty where only family and weight decay tell settings apart.
    """
    depth = results.value(cell, "depth")
    parts = [] if depth is None else [f"depth {depth}"]
    parts += [f"{key} {value}" for key, value in zip(results.keys[4:], cell[4:], strict=True) if value is not None]
    return ", ".join(parts) + ": " if parts else ""
