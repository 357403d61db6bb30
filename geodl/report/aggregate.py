"""Mean and 95 % interval over seeds, for every setting that a sweep varies."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from geodl.report.record import RunRecord

Cell = tuple[Any, ...]

# Columns that every table shows, in this order, whether they vary or not; the rest follow where they vary.
CORE = {
    "family": "network.family",
    "depth": "network.depth",
    "width": "network.width",
    "weight_decay": "optimizer.weight_decay",
}

_OWNERS = {"network.": tuple(CORE.values())[:3], "data.": ("data.name",)}


@dataclass(frozen=True)
class Interval:
    """Mean over seeds with its 95 % Student-t interval.

    Attributes:
        mean: Mean of the finite values; NaN where there is none.
        std: Sample standard deviation (n - 1); NaN for n < 2.
        n: Finite values.
        not_finite: NaN or infinite values, which are in no other number here.
        low: Lower end of the interval; NaN for n < 2.
        high: Upper end.
    """

    mean: float
    std: float
    n: int
    not_finite: int
    low: float
    high: float


def interval(values: Iterable[float]) -> Interval:
    r"""Summarise one value a seed: :math:`\bar x \pm t_{0.975, n-1}\, s / \sqrt{n}`.

    Args:
        values: One value a seed; NaN and infinity are counted, not averaged.

    Returns:
        Mean and interval.

    Source: Student (1908), "The probable error of a mean".

    >>> i = interval([1.0, 2.0, 3.0, float("nan")])
    >>> i.mean, i.std, i.n, i.not_finite, round(i.high, 3)
    (2.0, 1.0, 3, 1, 4.484)
    """
    listed = np.array(list(values), dtype=np.float64)
    finite = listed[np.isfinite(listed)]
    n, lost = len(finite), len(listed) - len(finite)
    mean = float(finite.mean()) if n else math.nan
    if n < 2:
        return Interval(mean, math.nan, n, lost, math.nan, math.nan)
    std = float(finite.std(ddof=1))
    reach = student_quantile(n - 1) * std / math.sqrt(n)
    return Interval(mean, std, n, lost, mean - reach, mean + reach)


def student_quantile(degrees: float) -> float:
    """Quantile t_{0.975} of Student's distribution.

    Args:
        degrees: Degrees of freedom > 0.

    Returns:
        The quantile.

    >>> round(student_quantile(2), 4)
    4.3027
    """
    from scipy.special import stdtrit  # here, not at the top: half a second that only a real report needs

    return float(stdtrit(degrees, 0.975))


@dataclass(frozen=True)
class Aggregates:
    """Values of all counted runs by setting.

    Attributes:
        keys: Names of a cell's entries: family, depth, width, weight_decay, then other keys that vary.
        cells: Cells that hold a run, sorted.
        runs: Runs of each cell by seed; of two runs with one seed both are kept, under seed and a suffix.
        moving_together: Keys that vary but are fixed by others, such as the network's name by its family.
    """

    keys: tuple[str, ...]
    cells: tuple[Cell, ...]
    runs: Mapping[Cell, tuple[RunRecord, ...]]
    moving_together: tuple[str, ...]

    def final(self, cell: Cell, metric: str) -> Interval:
        """Final values of a metric in a cell.

        Args:
            cell: The cell.
            metric: Name of the metric.

        Returns:
            Mean and interval over the runs that measured it.
        """
        return interval(run.final[metric] for run in self.runs.get(cell, ()) if metric in run.final)

    def at_epoch(self, cell: Cell, metric: str, epoch: int) -> Interval:
        """Values of a metric in a cell after some epochs.

        Args:
            cell: The cell.
            metric: Name of the metric.
            epoch: Completed epochs; 0 is the untrained network.

        Returns:
            Mean and interval over the runs that measured it.
        """
        key = (epoch, metric)
        return interval(run.history[key] for run in self.runs.get(cell, ()) if key in run.history)

    def epochs(self, cells: Sequence[Cell], metric: str) -> list[int]:
        """Epochs at which a metric was measured.

        Args:
            cells: The cells.
            metric: Name of the metric.

        Returns:
            Ascending epochs.
        """
        found = {epoch for cell in cells for run in self.runs[cell] for epoch, name in run.history if name == metric}
        return sorted(found)

    def untrained(self, cells: Sequence[Cell], metric: str) -> Interval:
        """Value of the untrained network (epoch 0), once for every seed: it does not depend on the training.

        Args:
            cells: Cells of one architecture.
            metric: Name of the metric.

        Returns:
            Mean and interval over seeds.
        """
        by_seed: dict[Any, float] = {}
        for run in (run for cell in cells for run in self.runs[cell]):
            if (0, metric) in run.history:
                by_seed.setdefault(run.seed, run.history[0, metric])
        return interval(by_seed.values())

    def metrics(self) -> list[str]:
        """List the final metrics.

        Returns:
            Their names, sorted.
        """
        return sorted({metric for runs in self.runs.values() for run in runs for metric in run.final})

    @property
    def families(self) -> list[str]:
        """Network families, in the order of the cells."""
        return list(dict.fromkeys(str(self.value(cell, "family")) for cell in self.cells))

    def value(self, cell: Cell, key: str) -> Any:
        """A cell's value of a key.

        Args:
            cell: The cell.
            key: One of `keys`.

        Returns:
            The value.
        """
        return cell[self.keys.index(key)]

    def without(self, cell: Cell, *keys: str) -> Cell:
        """A cell without some keys: equal for cells that may be compared along these.

        Args:
            cell: The cell.
            *keys: Keys to leave out.

        Returns:
            The remaining values.
        """
        return tuple(value for key, value in zip(self.keys, cell, strict=True) if key not in keys)

    def frame(self) -> pd.DataFrame:
        """Tabulate every final metric in every cell.

        Returns:
            One row a cell and metric: the content of ``aggregate.csv``.
        """
        rows = []
        for cell in self.cells:
            for metric in self.metrics():
                summary = self.final(cell, metric)
                if summary.n + summary.not_finite:
                    rows.append({**dict(zip(self.keys, cell, strict=True)), "metric": metric, **vars(summary)})
        return pd.DataFrame(
            rows, columns=[*self.keys, "metric", "mean", "std", "n", "not_finite", "low", "high"]
        ).rename(columns={"low": "low_95", "high": "high_95"})


def aggregate(runs: Sequence[RunRecord]) -> Aggregates:
    """Group runs that differ in nothing but the seed.

    Args:
        runs: Runs that enter the means.

    Returns:
        The groups.
    """
    keys, fixed = varied_keys(runs)
    grouped: dict[Cell, list[RunRecord]] = {}
    for run in runs:
        grouped.setdefault(cell_of(run, keys), []).append(run)
    cells = tuple(sorted(grouped, key=cell_order))
    by_seed = {cell: tuple(sorted(grouped[cell], key=lambda run: (run.seed is None, run.seed or 0))) for cell in cells}
    return Aggregates(keys, cells, by_seed, fixed)


def varied_keys(runs: Sequence[RunRecord]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Find the scientific keys in which runs differ.

    A key that is a function of one core key, a network key that is one of the architecture, or a data key that is one
    of the data set, is no axis of its own: it is told apart, not crossed with the others.

    Args:
        runs: The runs.

    Returns:
        Keys of a cell (the four core keys first), and keys that only move together with them.
    """
    names = sorted({key for run in runs for key in run.settings} - set(CORE.values()))
    keys, fixed = list(CORE), list[str]()
    for name in names:
        if len({run.settings.get(name) for run in runs}) < 2:
            continue
        sources: list[tuple[str, ...]] = [(CORE[key],) for key in CORE]
        sources += [owner for group, owner in _OWNERS.items() if name.startswith(group) and name not in owner]
        (fixed if any(_determines(runs, source, name) for source in sources) else keys).append(name)
    return tuple(keys), tuple(fixed)


def cell_of(run: RunRecord, keys: Sequence[str]) -> Cell:
    """Setting of a run.

    Args:
        run: The run.
        keys: Keys of a cell.

    Returns:
        Values of the keys; None where the run has none.
    """
    return tuple(run.settings.get(CORE.get(key, key)) for key in keys)


def cell_order(cell: Cell) -> list[tuple[int, float, str]]:
    """Sorting key of cells: numbers by size, before text, before None.

    Args:
        cell: The cell.

    Returns:
        A comparable list.

    >>> sorted([("resnet", 8), ("plain", 16), ("plain", 8)], key=cell_order)
    [('plain', 8), ('plain', 16), ('resnet', 8)]
    """
    return [
        (0, float(value), "")
        if isinstance(value, int | float)
        else (2, 0.0, "")
        if value is None
        else (1, 0.0, str(value))
        for value in cell
    ]


def _determines(runs: Sequence[RunRecord], source: Sequence[str], name: str) -> bool:
    # Whether a key that takes several values is a function of others (a run with a value of its own proves nothing).
    seen: dict[Cell, Any] = {}
    for run in runs:
        at = tuple(run.settings.get(key) for key in source)
        if seen.setdefault(at, run.settings.get(name)) != run.settings.get(name):
            return False
    return True
