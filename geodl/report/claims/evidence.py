"""What a claim rests on: one effect for every setting and seed, and the runs behind it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from geodl.report.aggregate import Aggregates, Cell
from geodl.report.measures import BOUND_SHARE, OTS, Measure
from geodl.report.record import RunRecord

Job = tuple[Cell, int]  # a setting and a seed

PAIRED = "paired t-test over seeds"
MEAN_RHO = "t-test of the mean rank correlation over seeds"


@dataclass(frozen=True)
class Evidence:
    """Effects that speak for or against a claim.

    Attributes:
        claim: C1 to C8, with a letter where a claim has parts.
        statement: What is claimed, in one sentence that names family and measure.
        sign: 1 where a positive effect is claimed, -1 for a negative one, 0 where only an effect is.
        scale: Unit of the effect; effects of one scale may stand on one axis.
        test: Name of the test.
        effects: (setting, seed) -> effect; NaN where it is undefined.
        jobs: (setting, seed) -> cells of the sweep and seeds whose runs the effect is made of.
        resolution: Least step of the effect; 0 for a continuous one.
        sides: (setting, seed) -> the two values whose difference is the effect, where it is one.
        side_names: What the two are.
        undefined: Why an effect can be NaN.
        further: Writes more sentences, given the settings and seeds that count.
        compares: Whether settings are compared that may each need a learning rate of their own.
    """

    claim: str
    statement: str
    sign: int
    scale: str
    test: str
    effects: Mapping[Job, float]
    jobs: Mapping[Job, tuple[Job, ...]]
    resolution: float = 0.0
    sides: Mapping[Job, tuple[float, float]] = field(default_factory=dict)
    side_names: tuple[str, str] = ("", "")
    undefined: str = "a value is NaN or infinite"
    further: Callable[[Sequence[Cell], Sequence[int]], Sequence[str]] | None = None
    compares: bool = True


def values_of(results: Aggregates, read: Callable[[RunRecord], float]) -> dict[Job, float]:
    """Read one number a run.

    Args:
        results: Runs by setting.
        read: Reads it; NaN where the run has none.

    Returns:
        (cell, seed) -> value; the mean where a seed was run twice, NaN where one of these is NaN or infinite.
    """
    found: dict[Job, list[float]] = {}
    for cell in results.cells:
        for run in results.runs[cell]:
            if run.seed is not None:
                found.setdefault((cell, run.seed), []).append(read(run))
    return {
        job: sum(sorted(values)) / len(values) if all(map(math.isfinite, values)) else math.nan
        for job, values in found.items()
    }


def final_of(measure: Measure) -> Callable[[RunRecord], float]:
    """Make a reader of final values.

    Args:
        measure: The measure.

    Returns:
        A function that reads it from a run; NaN where the run has not measured it.
    """
    return lambda run: run.final.get(measure.key, math.nan)


def resolution(results: Aggregates, measure: Measure) -> float:
    """Least step of a measure.

    Args:
        results: Runs by setting.
        measure: The measure.

    Returns:
        One sample of the smallest probe set for OTS, which counts samples; one pair of samples for the share of pairs
        that keep the bound; 0 for measures that do not count.
    """
    sizes = [n for cell in results.cells for run in results.runs[cell] if isinstance(n := run.probe.get("n"), int)]
    n = min(sizes, default=0)
    if measure is OTS and n:
        return 1 / n
    return 2 / (n * (n - 1)) if measure is BOUND_SHARE and n > 1 else 0.0


def difference_evidence(
    results: Aggregates,
    measure: Measure,
    pairs: Mapping[Job, tuple[float, float]],
    jobs: Mapping[Job, tuple[Job, ...]],
    *,
    claim: str,
    statement: str,
    sign: int,
    scale: str,
    side_names: tuple[str, str],
    compares: bool = True,
) -> Evidence:
    """Make evidence of differences, second side minus first.

    Args:
        results: Runs by setting.
        measure: What is compared.
        pairs: (setting, seed) -> the two values.
        jobs: (setting, seed) -> runs behind them.
        claim: Number of the claim.
        statement: The claim in words.
        sign: Sign that is claimed.
        scale: Unit of the difference.
        side_names: What the two sides are.
        compares: Whether different settings are compared.

    Returns:
        The evidence.
    """
    return Evidence(
        claim=claim,
        statement=statement,
        sign=sign,
        scale=scale,
        test=PAIRED,
        effects={job: second - first for job, (first, second) in pairs.items()},
        jobs=jobs,
        resolution=resolution(results, measure),
        sides=pairs,
        side_names=side_names,
        undefined=f"{measure.short} is NaN or infinite, or was not measured",
        compares=compares,
    )
