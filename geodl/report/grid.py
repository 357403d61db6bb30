"""What a sweep has of the grid that it spans, and what it lacks."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from geodl.report.aggregate import CORE, Cell, cell_of, cell_order, varied_keys
from geodl.report.record import RunRecord

_OWN = ("depth", "width", "calibration.map", "calibration.amount")


@dataclass(frozen=True)
class Grid:
    """Expected and present jobs of a sweep.

    Attributes:
        keys: Names of a cell's entries.
        seeds: Seeds that the sweep uses.
        expected: Number of jobs in the product of the varied values and the seeds.
        absent: Jobs without any run folder, (cell, seed).
        unfinished: Jobs whose run folder gives no result, (cell, seed, status).
        repeated: Jobs with more than one run, (cell, seed).
    """

    keys: tuple[str, ...]
    seeds: tuple[int, ...]
    expected: int
    absent: tuple[tuple[Cell, int], ...]
    unfinished: tuple[tuple[Cell, int, str], ...]
    repeated: tuple[tuple[Cell, int], ...]

    def describe(self, cell: Cell, seed: int) -> str:
        """Name a job in words.

        Args:
            cell: The cell.
            seed: The seed.

        Returns:
            Such as ``family=plain, depth=8, weight_decay=0.01, seed=2``.
        """
        named = [f"{key}={value}" for key, value in zip(self.keys, cell, strict=True) if value is not None]
        return ", ".join([*named, f"seed={seed}"])


def find_grid(runs: Sequence[RunRecord]) -> Grid:
    """Compare the runs of a sweep, whatever their status, with the product of all varied values and seeds.

    Keys whose values correspond one to one (a width chosen for each depth) count as one axis of the product. What only
    some networks have (a depth, a stem), or what no run asked for (the usual width of each network), is not crossed.

    Args:
        runs: All runs of the sweep; those without a readable configuration belong to no cell.

    Returns:
        The grid.
    """
    known = [run for run in runs if run.settings and run.seed is not None]
    keys, _ = varied_keys(known)
    present: dict[tuple[Cell, int], list[RunRecord]] = {}
    for run in known:
        if run.seed is not None:
            present.setdefault((cell_of(run, keys), run.seed), []).append(run)
    cells = _product([cell for cell, _ in present], len(keys))
    chosen = {item.lstrip("+").partition("=")[0] for run in known for item in run.overrides}
    cells = _that_exist(cells, list(dict.fromkeys(cell for cell, _ in present)), keys, chosen)
    seeds = sorted({seed for _, seed in present})
    jobs = list(itertools.product(cells, seeds))
    return Grid(
        keys=keys,
        seeds=tuple(seeds),
        expected=len(jobs),
        absent=tuple(job for job in jobs if job not in present),
        unfinished=tuple(
            (*job, "unreadable" if present[job][0].status == "finished" else present[job][0].status)
            for job in jobs
            if job in present and not any(run.counts for run in present[job])
        ),
        repeated=tuple(job for job in jobs if sum(run.counts for run in present.get(job, ())) > 1),
    )


def _product(cells: Sequence[Cell], width: int) -> list[Cell]:
    axes: list[list[int]] = []
    for position in range(width):
        for axis in axes:
            if _one_to_one(cells, axis[0], position):
                axis.append(position)
                break
        else:
            axes.append([position])
    choices = [sorted({tuple(cell[position] for position in axis) for cell in cells}, key=cell_order) for axis in axes]
    product = []
    for choice in itertools.product(*choices):
        cell: list[Any] = [None] * width
        for axis, values in zip(axes, choice, strict=True):
            for position, value in zip(axis, values, strict=True):
                cell[position] = value
        product.append(tuple(cell))
    return sorted(set(product), key=cell_order)


def _that_exist(product: Sequence[Cell], present: Sequence[Cell], keys: Sequence[str], chosen: set[str]) -> list[Cell]:
    # Options of networks belong to their family: of each family only what it has, and unasked ones as they came. So do
    # the amounts of known maps.
    family = keys.index("family")
    own = [k for k, key in enumerate(keys) if key in _OWN or key.startswith("network.")]
    free = [k for k in own if CORE.get(keys[k], keys[k]) in chosen]

    def shape(cell: Cell) -> Cell:
        return (cell[family], *((cell[k] is None if k in free else cell[k]) for k in own))

    shapes = {shape(cell) for cell in present}
    return [cell for cell in product if shape(cell) in shapes]


def _one_to_one(cells: Sequence[Cell], first: int, second: int) -> bool:
    pairs = {(cell[first], cell[second]) for cell in cells}
    return len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})
