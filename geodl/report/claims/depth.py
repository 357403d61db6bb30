"""C5: how the scores move with depth, without a claim about the direction."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import partial

from geodl.report.aggregate import Aggregates
from geodl.report.claims.evidence import Evidence, final_of, values_of
from geodl.report.claims.trends import Group, Reader, groups_of, rank_evidence
from geodl.report.claims.wording import means_by
from geodl.report.measures import KINETIC, LSS, OTS
from geodl.report.phrases import networks
from geodl.report.record import RunRecord

MIN_DEPTHS = 3

_SAMPLES = 2  # of the probe set, by which a share may differ without having moved
_SAME = ", within two samples of the probe set"


def over_random_walk(run: RunRecord) -> float:
    """LSS of a run over that of a random walk of as many steps.

    Args:
        run: The run.

    Returns:
        LSS / √L; NaN where one of them is unknown.
    """
    return run.final.get(LSS.key, math.nan) / run.nulls.get("lss_sqrt_L", math.nan)


# claim, name, reader
_CLAIMS: tuple[tuple[str, str, Reader], ...] = (
    ("C5a", "LSS", final_of(LSS)),
    ("C5b", "LSS / √L", over_random_walk),
    ("C5c", "Kinetic straightness", final_of(KINETIC)),
    ("C5d", "OTS", final_of(OTS)),
)


def with_depth(results: Aggregates) -> Iterable[Evidence]:
    """Correlate scores with depth at equal weight decay and everything else.

    Args:
        results: Runs by setting.

    Yields:
        Evidence of each family with at least three depths, and each score.
    """
    lines = groups_of(results, lambda key: key != "depth", along="depth")
    depths = {cell: float(results.value(cell, "depth")) for group in lines for cell in group.cells}
    depth_of_run = {run.folder: depths[cell] for cell in depths for run in results.runs[cell]}
    for claim, name, read in _CLAIMS:
        yield from rank_evidence(
            results,
            lines,
            lambda run: depth_of_run.get(run.folder, math.nan),
            _beyond_resolution(results, lines, read) if name == "OTS" else read,
            claim=claim,
            statement=partial(_statement, name),
            sign=0,
            least=MIN_DEPTHS,
            undefined=f"{name} is the same at every depth{_SAME if name == 'OTS' else ''}, or fewer than {MIN_DEPTHS} "
            "depths have it",
            further=partial(_means, results, read, name),
        )


def _beyond_resolution(results: Aggregates, lines: Sequence[Group], read: Reader) -> Reader:
    # Ranks know no sizes: a share that moves by a sample or two over all depths would be a perfect trend to them.
    flat = set()
    for group in lines:
        runs = [run for cell in group.cells for run in results.runs[cell]]
        sizes = [n for run in runs if isinstance(n := run.probe.get("n"), int)]
        means = [math.fsum(map(read, found)) / len(found) for cell in group.cells if (found := results.runs[cell])]
        if sizes and max(means) - min(means) <= _SAMPLES / min(sizes):
            flat |= {run.folder for run in runs}
    return lambda run: 0.0 if run.folder in flat else read(run)


def _statement(name: str, group: Group) -> str:
    return f"{name} of {networks(group.family)} moves with depth"


def _means(
    results: Aggregates, read: Reader, name: str, groups: Sequence[Group], seeds: Sequence[int]
) -> Sequence[str]:
    values = values_of(results, read)
    by_depth: dict[float, list[float]] = {}
    for cell in (cell for group in groups for cell in group.cells):
        found = [values[cell, seed] for seed in seeds if math.isfinite(values.get((cell, seed), math.nan))]
        by_depth.setdefault(results.value(cell, "depth"), []).extend(found)
    told = [(f"depth {depth}", sum(found) / len(found)) for depth, found in sorted(by_depth.items()) if found]
    return (f"Mean {name if name != 'Kinetic straightness' else name.lower()}: {means_by(told)}.",)
