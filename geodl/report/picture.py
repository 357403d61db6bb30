"""One figure of a report, and what has to stand beside every score in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from geodl.report.aggregate import Aggregates, Cell, cell_order

_HEADING = 62  # characters of a heading that leave the legend its place


@dataclass(frozen=True)
class Picture:
    """One figure of the report.

    Attributes:
        name: File name without suffix.
        section: Key of `geodl.report.render.SECTIONS`.
        title: Title above it.
        caption: What is drawn and how to read it.
        figure: The figure.
    """

    name: str
    section: str
    title: str
    caption: str
    figure: Figure


def headed(title: str, size: str) -> str:
    """Heading of a figure, with the size of its tracks; on a line of its own where the legend would be in its way.

    Args:
        title: The title.
        size: What `size_line` says.

    Returns:
        One line or two.

    Example:
        >>> headed("Where the tracks bend", "n = 500, d = 128, L = 8")
        'Where the tracks bend (n = 500, d = 128, L = 8)'
    """
    line = f"{title} ({size})"
    return line if len(line) <= _HEADING else f"{title}\n{size}"


def size_line(results: Aggregates, cells: Sequence[Cell]) -> str:
    """Number of samples, dimension and number of steps of the tracks of some cells.

    Args:
        results: Counted runs by setting.
        cells: The cells.

    Returns:
        Such as ``n = 500, d = 128, L = 4, 8``; a question mark for what no run tells.
    """
    runs = [run for cell in cells for run in results.runs[cell]]
    found: dict[str, set[Any]] = {"n": {run.probe["n"] for run in runs if "n" in run.probe}, "d": set(), "L": set()}
    for leg in (leg for run in runs for leg in run.legs):
        found["d"] |= {leg["dim"]} if "dim" in leg else set()
        found["L"] |= {leg["n_steps"]} if leg.get("n_steps") else set()
    return sizes(found)


def sizes(found: Mapping[str, Iterable[Any]]) -> str:
    """Write sizes as `size_line` does.

    Args:
        found: Name -> values that occur.

    Returns:
        One line.

    Example:
        >>> sizes({"n": {500}, "L": {8, 4}})
        'n = 500, L = 4, 8'
    """
    ordered = {name: sorted(set(values), key=lambda value: cell_order((value,))) for name, values in found.items()}
    parts = [f"{name} = {', '.join(f'{value:,}' for value in values) or '?'}" for name, values in ordered.items()]
    return ", ".join(parts)


def by_depth(results: Aggregates, cells: Sequence[Cell]) -> list[tuple[Any, list[Cell]]]:
    """Group cells by depth.

    Args:
        results: Counted runs by setting.
        cells: The cells.

    Returns:
        Depth and its cells, by depth; None last.
    """
    depths = sorted({results.value(cell, "depth") for cell in cells}, key=lambda depth: cell_order((depth,)))
    return [(depth, [cell for cell in cells if results.value(cell, "depth") == depth]) for depth in depths]


def families_of(results: Aggregates, cells: Sequence[Cell]) -> list[str]:
    """Families of some cells, in the order of the cells.

    Args:
        results: Counted runs by setting.
        cells: The cells.

    Returns:
        Names of the families.
    """
    return list(dict.fromkeys(str(results.value(cell, "family")) for cell in cells))


def middle_decay(results: Aggregates, cells: Sequence[Cell]) -> Any:
    """The middle weight decay that all families of some cells have: chosen by rule, not by looks.

    Args:
        results: Counted runs by setting.
        cells: The cells, at least one.

    Returns:
        The weight decay; None if it is unknown.
    """
    sets = [
        {results.value(cell, "weight_decay") for cell in cells if str(results.value(cell, "family")) == family}
        for family in families_of(results, cells)
    ]
    common = sorted(set.intersection(*sets) or set.union(*sets), key=lambda decay: cell_order((decay,)))
    return common[len(common) // 2]
