"""What a reader of the verdicts should know besides: no claim is judged here."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from geodl.figures.style import family_look
from geodl.report.aggregate import Aggregates, Cell
from geodl.report.measures import LSS, OTS, RATIO
from geodl.report.phrases import networks, span


@dataclass(frozen=True)
class Note:
    """A remark beside the verdicts.

    Attributes:
        title: What it is about.
        text: The remark, with numbers.
    """

    title: str
    text: str


def find_notes(results: Aggregates) -> list[Note]:
    """Remark on what the verdicts do not decide.

    Args:
        results: Trained networks by setting.

    Returns:
        What OTS owes to the architecture alone, and which version of the paper the data fit.
    """
    return [*_untrained_transport(results), *_line_shaped(results)]


def _untrained_transport(results: Aggregates) -> Iterable[Note]:
    # Setting by setting, since it depends on depth.
    for family in results.families:
        cells = [cell for cell in results.cells if results.value(cell, "family") == family]
        pairs = [(results.at_epoch(cell, OTS.key, 0), results.final(cell, OTS.key)) for cell in cells]
        pairs = [(before, after) for before, after in pairs if before.n and after.n]
        if not pairs:
            continue
        ratios = [ratio.mean for cell in cells if (ratio := results.at_epoch(cell, RATIO.key, 0)).n]
        text = f"Before any training OTS is {span(before.mean for before, _ in pairs)}"
        text += f" (transport ratio {span(ratios)})" if ratios else ""
        text += f", after it {span(after.mean for _, after in pairs)}. "
        moves = [after.mean - before.mean for before, after in pairs]
        if max(map(abs, moves)) < 0.05:
            text += "Training moves it by less than 0.05: here OTS tells the architecture, not what was learned."
        else:
            text += f"Training moves it by {span(moves)} over {len(moves)} settings."
        yield Note(f"OTS of untrained {networks(family)}", text)


def _line_shaped(results: Aggregates) -> Iterable[Note]:
    # Version 3 of the paper (line-shaped tracks in ResNets only) against versions 1 and 2 (in plain networks too).
    shares: dict[str, list[bool]] = {}
    for cell in results.cells:
        value, null = results.final(cell, LSS.key), _random_walk_lss(results, cell)
        if value.n and math.isfinite(null):
            shares.setdefault(str(results.value(cell, "family")), []).append(value.mean < (1 + null) / 2)
    if not {"plain", "resnet"} <= set(shares):
        return
    counts = "; ".join(
        f"{family_look(family).label} in {sum(found)} of {len(found)} settings"
        for family, found in sorted(shares.items())
    )
    resnet, plain = sum(shares["resnet"]) / len(shares["resnet"]), sum(shares["plain"]) / len(shares["plain"])
    if resnet > 0.5 and plain < 0.5:
        text = "The means fit version 3."
    elif resnet > 0.5 and plain > 0.5:
        text = "The means contradict version 3 and fit versions 1 and 2."
    else:
        text = "The means fit neither version."
    yield Note(
        "Line-shaped tracks in ResNets only (paper, version 3), or in plain networks too (versions 1 and 2)",
        f"Line-shaped here means a mean LSS nearer to 1 than to the random walk's √L. That holds for {counts}. {text} "
        "A count of means, and no test.",
    )


def _random_walk_lss(results: Aggregates, cell: Cell) -> float:
    # Null value of LSS in a cell; NaN where no run recorded it.
    nulls = [run.nulls["lss_sqrt_L"] for run in results.runs[cell] if "lss_sqrt_L" in run.nulls]
    return sum(nulls) / len(nulls) if nulls else math.nan
