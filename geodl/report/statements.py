"""What the numbers of a sweep say, in sentences that follow from them and from nothing else."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from geodl.figures.decay_axis import decay_label
from geodl.figures.style import family_look
from geodl.report.aggregate import Aggregates, Cell, Interval
from geodl.report.cells import before_and_after, cell_lines, cells_by, random_walk_lss, resolution, where
from geodl.report.comparison import difference, paired_difference, rank_correlation
from geodl.report.measures import (
    ACTION,
    BOUND_SHARE,
    GAP,
    KINETIC,
    LSS,
    OTS,
    RATIO,
    TEST_ACCURACY,
    TRAIN_ACCURACY,
    WEIGHT_NORM,
    Measure,
)
from geodl.report.phrases import SKETCH, at_depth, certainty, judge, networks, sentence, span, tally


@dataclass(frozen=True)
class Statement:
    """One sentence about a claim.

    Attributes:
        claim: The claim in a few words.
        verdict: ``supported``, ``contradicted``, ``leans for``, ``leans against``, ``open``, ``mixed`` or ``note``.
        text: What the data show, with numbers and counts.
    """

    claim: str
    verdict: str
    text: str


def find_statements(results: Aggregates) -> list[Statement]:
    """Test the claims of the paper against a sweep's runs.

    Args:
        results: Counted runs by setting.

    Returns:
        Statements in order of the claims; a claim that the sweep cannot test is left out.
    """
    if not results.cells:
        return [Statement("No result", "note", "No run of this sweep has finished, so there is no mean to speak of.")]
    tests: tuple[Callable[[Aggregates], Iterable[Statement]], ...] = (
        lambda r: _families(r, LSS, "A ResNet's tracks are straighter than a plain network's", lower=True),
        _line_shaped,
        lambda r: _families(r, OTS, "A ResNet is closer to the optimal transport map", lower=False),
        _untrained_transport,
        _training,
        _decay,
        _accuracy_meets_straightness,
        _depth,
        lambda r: _families(r, BOUND_SHARE, "A ResNet keeps tracks of different samples further apart", lower=False),
        lambda r: _correlation(r, LSS, TEST_ACCURACY, "Straight tracks go with test accuracy", -1),
        lambda r: _correlation(r, LSS, GAP, "Straight tracks go with a small generalisation gap", 1),
        lambda r: _correlation(r, WEIGHT_NORM, ACTION, "The action follows the norm of the weights", 1),
    )
    return [statement for test in tests for statement in test(results)]


def _families(results: Aggregates, measure: Measure, claim: str, *, lower: bool) -> Iterable[Statement]:
    # ResNet against plain wherever everything else is equal.
    pairs: list[tuple[Interval, Interval]] = []
    for cell in results.cells:
        if results.value(cell, "family") != "plain":
            continue
        rest = results.without(cell, "family")
        pairs += [
            (results.final(cell, measure.key), results.final(other, measure.key))
            for other in results.cells
            if results.value(other, "family") == "resnet" and results.without(other, "family") == rest
        ]
    pairs = [(plain, resnet) for plain, resnet in pairs if plain.n and resnet.n]
    if not pairs:
        return
    gaps = [difference(plain, resnet, resolution(results, measure)) for plain, resnet in pairs]
    word = "lower" if lower else "higher"
    sign = -1 if lower else 1
    wins = sum(gap.sign == sign for gap in gaps)
    values = [
        f"{span(plain.mean for plain, _ in pairs)} for plain networks",
        f"{span(resnet.mean for _, resnet in pairs)} for ResNets",
    ]
    text = (
        f"At equal depth, weight decay and everything else, the ResNet's {measure.short} is {word} in {wins} of "
        f"{len(pairs)} settings (means {' against '.join(values)}; difference {span(gap.value for gap in gaps)} "
        "over settings)."
    )
    text += certainty(gaps, [side for pair in pairs for side in pair])
    yield Statement(claim, judge(gaps, sign), text + tally(gaps, sign))


def _line_shaped(results: Aggregates) -> Iterable[Statement]:
    # Version 3 of the paper (line-shaped tracks in ResNets only) against versions 1 and 2 (in plain networks too).
    shares: dict[str, list[bool]] = {}
    for cell in results.cells:
        value, null = results.final(cell, LSS.key), random_walk_lss(results, cell)
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
        outcome, text = "supported", "The data support version 3."
    elif resnet > 0.5 and plain > 0.5:
        outcome, text = "contradicted", "The data contradict version 3 and support versions 1 and 2."
    else:
        outcome, text = "mixed", "The data settle neither version."
    yield Statement(
        "Only ResNets have line-shaped tracks (paper, version 3; versions 1 and 2: plain networks too)",
        outcome,
        f"Line-shaped here means a mean LSS nearer to 1 than to the random walk's √L. That holds for {counts}. {text}",
    )


def _untrained_transport(results: Aggregates) -> Iterable[Statement]:
    # What OTS owes to the architecture alone, setting by setting: it depends on depth.
    for family, cells in cells_by(results, "family").items():
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
        yield Statement(f"OTS of untrained {networks(str(family))}", "note", text)


def _training(results: Aggregates) -> Iterable[Statement]:
    # Fall of LSS from the untrained network to the last epoch.
    for family, cells in cells_by(results, "family").items():
        pairs = [(results.at_epoch(cell, LSS.key, 0), results.final(cell, LSS.key)) for cell in cells]
        runs = [before_and_after(results, cell) for cell in cells]
        both = [(pair, run) for pair, run in zip(pairs, runs, strict=True) if pair[0].n and pair[1].n and run[0]]
        if not both:
            continue
        pairs = [pair for pair, _ in both]
        gaps = [paired_difference(*run) for _, run in both]  # the same runs on both sides
        falls = sum(gap.value < 0 for gap in gaps)
        text = (
            f"From the untrained network to the last epoch LSS falls in {falls} of {len(pairs)} settings "
            f"(from {span(before.mean for before, _ in pairs)} to {span(after.mean for _, after in pairs)})."
        )
        claim = f"Training straightens the tracks of {networks(str(family))}"
        text += certainty(gaps, [side for pair in pairs for side in pair])
        yield Statement(claim, judge(gaps, -1), text + tally(gaps, -1))


def _decay(results: Aggregates) -> Iterable[Statement]:
    # LSS from the smallest to the largest weight decay, and whether it falls all the way.
    for family, cells in cells_by(results, "family").items():
        for measure, toward in ((LSS, "lowers"), (OTS, "raises")):
            gaps, sides, shapes = [], [], []
            for line in cell_lines(results, cells, "weight_decay"):
                values = [(results.value(cell, "weight_decay"), results.final(cell, measure.key)) for cell in line]
                values = [(decay, value) for decay, value in values if value.n and decay is not None]
                if len(values) < 2:
                    continue
                gaps.append(difference(values[0][1], values[-1][1], resolution(results, measure)))
                sides += [values[0][1], values[-1][1]]
                shapes.append(_shape(values, measure, where(results, line[0])))
            if not gaps:
                continue
            sign = -1 if toward == "lowers" else 1
            text = f"Smallest to largest weight decay at equal depth: {'; '.join(shapes)}."
            claim = f"Weight decay {toward} {measure.short} of {networks(str(family))}"
            yield Statement(
                claim,
                judge(gaps, sign),
                text + certainty(gaps, sides) + tally(gaps, sign),
            )


def _shape(values: Sequence[tuple[float, Interval]], measure: Measure, where: str) -> str:
    means = [value.mean for _, value in values]
    first, last = values[0], values[-1]
    text = (
        f"{where}{measure.short} {first[1].mean:.3g} at {decay_label(first[0])} to {last[1].mean:.3g} "
        f"at {decay_label(last[0])}"
    )
    steps = [b - a for a, b in itertools.pairwise(means)]
    if any(step > 0 for step in steps) and any(step < 0 for step in steps):
        best = min(values, key=lambda v: v[1].mean) if measure is LSS else max(values, key=lambda v: v[1].mean)
        text += f", means not monotone: best {best[1].mean:.3g} at {decay_label(best[0])}"
    return text


def _accuracy_meets_straightness(results: Aggregates) -> Iterable[Statement]:
    # Whether the decay with the lowest LSS is the one with the highest training accuracy.
    hits, told = 0, []
    for line in cell_lines(results, results.cells, "weight_decay"):
        both = [(c, results.final(c, LSS.key), results.final(c, TRAIN_ACCURACY.key)) for c in line]
        both = [item for item in both if item[1].n and item[2].n]
        if len(both) < 3:
            continue
        straight, accurate = min(both, key=lambda i: i[1].mean)[0], max(both, key=lambda i: i[2].mean)[0]
        hits += straight == accurate
        family = family_look(str(results.value(line[0], "family"))).label
        at = [decay_label(results.value(cell, "weight_decay")) for cell in (straight, accurate)]
        told.append(f"{family}, {where(results, line[0])}straightest at {at[0]}, most accurate at {at[1]}")
    if told:
        text = f"The two coincide in {hits} of {len(told)} cases ({'; '.join(told)})."
        outcome = "leans for" if hits == len(told) else "mixed" if hits else "leans against"
        yield Statement("Training accuracy is highest where LSS is lowest, over weight decays", outcome, text)


def _depth(results: Aggregates) -> Iterable[Statement]:
    # LSS and kinetic straightness from the shallowest to the deepest network.
    for family, cells in cells_by(results, "family").items():
        for measure in (LSS, KINETIC):
            shapes, alone = [], False
            for line in cell_lines(results, cells, "depth"):
                values = [(cell, results.final(cell, measure.key)) for cell in line]
                values = [(cell, value) for cell, value in values if value.n]
                if len(values) < 2:
                    continue
                ends = [
                    (results.value(cell, "depth"), value.mean, random_walk_lss(results, cell)) for cell, value in values
                ]
                alone |= any(value.n == 1 for _, value in values)
                decay = results.value(line[0], "weight_decay")
                text = f"weight decay {'?' if decay is None else decay_label(decay)}: "
                text += f"{ends[0][1]:.3g} at depth {ends[0][0]} to {ends[-1][1]:.3g} at depth {ends[-1][0]}"
                if measure is LSS and all(math.isfinite(null) for *_, null in ends):
                    text += f" (√L {ends[0][2]:.2f} to {ends[-1][2]:.2f})"
                shapes.append(text)
            if shapes:
                name = measure.short if measure is LSS else "Kinetic straightness"
                yield Statement(
                    f"{name} of {networks(str(family))} by depth",
                    "note",
                    sentence("; ".join(shapes)) + "." + (f" {SKETCH}" if alone else ""),
                )


def _correlation(results: Aggregates, x: Measure, y: Measure, claim: str, sign: int) -> Iterable[Statement]:
    # Rank correlation within a family and a depth: both change the scores so much that pooling shows only that.
    parts, found = [], []
    groups: dict[tuple[str, object], list[Cell]] = {}
    for cell in results.cells:
        key = (str(results.value(cell, "family")), results.value(cell, "depth"))
        groups.setdefault(key, []).append(cell)
    for (family, depth), cells in groups.items():
        pairs = [(results.final(cell, x.key).mean, results.final(cell, y.key).mean) for cell in cells]
        pairs = [pair for pair in pairs if all(map(math.isfinite, pair))]
        rho = rank_correlation([a for a, _ in pairs], [b for _, b in pairs])
        if len(pairs) >= 4 and math.isfinite(rho):
            parts.append(f"{at_depth(family_look(family).label, depth)}: {rho:+.2f} over {len(pairs)} settings")
            found.append(rho * sign)
    if parts:
        wins, losses = sum(rho > 0.3 for rho in found), sum(rho < -0.3 for rho in found)
        text = f"Spearman's rank correlation of {x.label} and {y.label} at equal depth: {'; '.join(parts)}. "
        text += "Settings of one sweep share seeds and data, so this is a description and no test."
        outcome = "leans for" if wins == len(found) else "leans against" if losses == len(found) else "mixed"
        yield Statement(claim, outcome if wins or losses else "open", text)
