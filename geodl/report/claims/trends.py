"""Rank correlations within groups of settings: one a group and seed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from geodl.report.aggregate import Aggregates, Cell, cell_order
from geodl.report.claims.evidence import MEAN_RHO, Evidence, values_of
from geodl.report.claims.rank_correlation import partial_rank_correlation, rank_correlation, rank_step
from geodl.report.record import RunRecord

SCALE = "rank correlation"
Reader = Callable[[RunRecord], float]


@dataclass(frozen=True)
class Group:
    """Settings over which a correlation is taken.

    Attributes:
        family: Their family.
        key: What they share.
        cells: The settings.
    """

    family: str
    key: Cell
    cells: tuple[Cell, ...]


def groups_of(results: Aggregates, held: Callable[[str], bool], *, along: str | None = None) -> list[Group]:
    """Group settings that share the values of some keys.

    Args:
        results: Runs by setting.
        held: Whether a key is the same within a group.
        along: Key that every setting must have a number for.

    Returns:
        The groups, in the order of the settings.
    """
    found: dict[Cell, list[Cell]] = {}
    for cell in results.cells:
        if along is None or isinstance(results.value(cell, along), int | float):
            found.setdefault(results.without(cell, *(key for key in results.keys if not held(key))), []).append(cell)
    return [Group(str(results.value(cells[0], "family")), key, tuple(cells)) for key, cells in found.items()]


def comparable(key: str) -> bool:
    """Tell whether settings must agree in a key for their scores and accuracies to be compared at all.

    Args:
        key: A key of the settings.

    Returns:
        True for architecture and size, for the data and for the probe set.

    >>> comparable("depth"), comparable("data.name"), comparable("weight_decay")
    (True, True, False)
    """
    return key in ("family", "depth", "width") or key.startswith(("data.", "track."))


def rank_evidence(
    results: Aggregates,
    groups: Sequence[Group],
    x: Reader,
    y: Reader,
    *,
    claim: str,
    statement: Callable[[Group], str],
    sign: int,
    least: int,
    undefined: str,
    covariate: Reader | None = None,
    further: Callable[[Sequence[Group], Sequence[int]], Sequence[str]] | None = None,
) -> Iterable[Evidence]:
    """Correlate two numbers of a run over the settings of each group, in every seed by itself.

    Args:
        results: Runs by setting.
        groups: Groups of settings.
        x: Reads the first number.
        y: Reads the second.
        claim: Number of the claim.
        statement: Writes the claim; groups with one text are pooled.
        sign: Sign that is claimed.
        least: Settings that a correlation needs.
        undefined: Why a correlation can be NaN.
        covariate: Reads a number that is held equal.
        further: Writes more sentences, given the groups and seeds that count.

    Yields:
        Evidence for each text; none where no group has enough settings.
    """
    readings = [values_of(results, read) for read in (x, y, *([covariate] if covariate else []))]
    pooled: dict[str, list[Group]] = {}
    for group in sorted(groups, key=lambda group: cell_order(group.key)):
        if len(group.cells) >= least:
            pooled.setdefault(statement(group), []).append(group)
    for text, members in pooled.items():
        effects, jobs, sizes = {}, {}, []
        for group in members:
            for seed in sorted({seed for cell, seed in readings[0] if cell in group.cells}):
                present = [(cell, seed) for cell in group.cells if (cell, seed) in readings[0]]
                rows = [[reading[job] for reading in readings] for job in present]
                fine = [k for k, row in enumerate(rows) if all(map(math.isfinite, row))]
                columns = [list(column) for column in zip(*(rows[k] for k in fine), strict=True)]
                rho = math.nan
                if len(fine) >= least:
                    rho = partial_rank_correlation(*columns) if covariate else rank_correlation(*columns)
                    sizes.append(len(fine))
                effects[group.key, seed] = rho
                jobs[group.key, seed] = tuple(present[k] for k in fine)
        if not sizes:
            continue
        by_key = {group.key: group for group in members}
        yield Evidence(
            claim=claim,
            statement=text,
            sign=sign,
            scale=SCALE,
            test=MEAN_RHO,
            effects=effects,
            jobs=jobs,
            # a covariate leaves residuals, which do not move in steps
            resolution=0.0 if covariate else rank_step(min(sizes)),
            undefined=undefined,
            further=None if further is None else _with_groups(further, by_key),
        )


def _with_groups(
    further: Callable[[Sequence[Group], Sequence[int]], Sequence[str]], by_key: dict[Cell, Group]
) -> Callable[[Sequence[Cell], Sequence[int]], Sequence[str]]:
    return lambda settings, seeds: further([by_key[key] for key in settings], seeds)
