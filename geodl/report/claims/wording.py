"""The sentences of a verdict, written from its numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from geodl.report.aggregate import Cell
from geodl.report.claims.complete_block import Block
from geodl.report.claims.evidence import Evidence
from geodl.report.claims.seed_mean import SeedMean

UNTUNED = "Learning rate as configured, not tuned for each setting: a setting may do badly for that alone."


@dataclass(frozen=True)
class Finding:
    """All numbers behind a verdict.

    Attributes:
        evidence: What it rests on.
        block: Settings and seeds that count.
        mean: Effect, interval and p value.
        p_adjusted: Corrected p value.
        n_tests: Tests over which it was corrected.
        outcome: The verdict.
        n_runs: Runs that count.
        tuned: Whether learning rates were chosen for every setting.
    """

    evidence: Evidence
    block: Block
    mean: SeedMean
    p_adjusted: float
    n_tests: int
    outcome: str
    n_runs: int
    tuned: bool


def describe(finding: Finding) -> str:
    """Write what was found, and why nothing could be decided where that is so.

    Args:
        finding: The numbers.

    Returns:
        A few sentences.
    """
    e, block, mean = finding.evidence, finding.block, finding.mean
    if not block.settings:
        return f"Undecided: no effect could be computed ({e.undefined})."
    sentences = [_outcome(finding), _effect(finding)]
    if mean.n_seeds > 1 and not math.isnan(mean.p):
        sentences.append(
            f"{e.test[:1].upper()}{e.test[1:]}: p = {mean.p:.2g}, {finding.p_adjusted:.2g} after Holm's correction "
            f"over {_count(finding.n_tests, 'test')}."
        )
    if e.further is not None:
        sentences += e.further(block.settings, block.seeds)
    sentences += left_out(e.effects, block, e.undefined)
    if e.compares and not finding.tuned:
        sentences.append(UNTUNED)
    return " ".join(sentences)


def describe_untested(needs: str) -> str:
    """Say why a sweep cannot test a claim.

    Args:
        needs: What a sweep needs for it.

    Returns:
        A sentence.
    """
    return f"Undecided: the trained networks of this sweep cannot test it, which takes {needs}."


def effect_text(effect: float, low: float, high: float) -> str:
    """Write an effect with its interval.

    Args:
        effect: The effect.
        low: Lower end.
        high: Upper end.

    Returns:
        Such as ``-1.83 [-1.91, -1.75]``; a dash where there is none.

    >>> effect_text(-1.834, -1.91, -1.752), effect_text(0.5, math.nan, math.nan), effect_text(*[math.nan] * 3)
    ('-1.83 [-1.91, -1.75]', '+0.5', '-')
    >>> effect_text(0.0, 0.0, 0.0)
    '0 [0, 0]'
    """
    if math.isnan(effect):
        return "-"
    text = f"{effect:+.3g}" + ("" if math.isnan(low) else f" [{low:+.3g}, {high:+.3g}]")
    return text.replace("+0 ", "0 ").replace("[+0,", "[0,").replace(" +0]", " 0]")


def left_out(effects: Mapping[tuple[Cell, int], float], block: Block, undefined: str) -> list[str]:
    """Say which effects do not count, and why.

    Args:
        effects: All effects.
        block: Those that count.
        undefined: Why an effect can be NaN.

    Returns:
        A sentence for each reason.
    """
    sentences = []
    if lost := sum(not math.isfinite(value) for value in effects.values()):
        sentences.append(f"Left out in {_count(lost, 'case')}: {undefined}.")
    if block.left_out:
        seeds = sorted({seed for _, seed in block.left_out})
        sentences.append(
            f"Left out: {_count(len(block.left_out), 'pair')} of setting and seed that not all seeds have (of seed"
            f"{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))})."
        )
    return sentences


def _outcome(finding: Finding) -> str:
    e, mean = finding.evidence, finding.mean
    if finding.outcome == "supported":
        return "The data support the claim." if e.sign else f"It {'rises' if mean.effect > 0 else 'falls'}."
    if finding.outcome == "contradicted":
        return "The data contradict the claim: the effect has the other sign."
    return f"Undecided: {_why(finding)}."


def _why(finding: Finding) -> str:
    e, mean = finding.evidence, finding.mean
    if mean.n_seeds == 1:
        seeds = {seed for _, seed in e.effects}
        return "one seed: a sketch" if len(seeds) == 1 else f"only one of {len(seeds)} seeds has it: a sketch"
    if math.isnan(mean.p):
        return f"the effect is the same in all {mean.n_seeds} seeds to the last bit, which says nothing of other seeds"
    if abs(mean.effect) <= e.resolution:
        return f"the effect does not exceed the measure's resolution of {e.resolution:.2g}"
    if not finding.p_adjusted < 0.05:
        alone = " (it would pass as the only test)" if mean.p < 0.05 else ""
        return f"p is not below 0.05 after correction{alone}"
    return "the interval holds 0"


def _effect(finding: Finding) -> str:
    e, block, mean = finding.evidence, finding.block, finding.mean
    text = f"{_noun(e)} {effect_text(mean.effect, mean.low, mean.high)}"
    if e.sides:
        sides = [
            sum(e.sides[at, seed][k] for at in block.settings for seed in block.seeds)
            / (len(block.settings) * len(block.seeds))
            for k in (0, 1)
        ]
        text += f" (mean {sides[0]:.3g} {e.side_names[0]}, {sides[1]:.3g} {e.side_names[1]})"
    text += f" over {_count(len(block.settings), _unit(e))}, {_count(mean.n_seeds, 'seed')}"
    text += f", {_count(finding.n_runs, 'run')}"
    agree = _agreement(e, block, mean)
    return f"{text}{agree}."


def _agreement(evidence: Evidence, block: Block, mean: SeedMean) -> str:
    if len(block.settings) < 2 or not mean.effect:
        return ""
    means = [sum(evidence.effects[at, seed] for seed in block.seeds) / len(block.seeds) for at in block.settings]
    same = sum(value * mean.effect > 0 for value in means)
    return f"; the sign is that of the mean in {same} of {len(means)}"


def _noun(evidence: Evidence) -> str:
    return "Mean difference" if evidence.sides else "Mean rank correlation"


def _unit(evidence: Evidence) -> str:
    return "setting" if evidence.sides else "group of settings"


def _count(number: int, noun: str) -> str:
    plural = "groups of settings" if noun == "group of settings" else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"


def means_by(values: Sequence[tuple[object, float]]) -> str:
    """Write means along an axis.

    Args:
        values: (place, mean) in order.

    Returns:
        Such as ``1.2 at 4, 1.9 at 16``.

    >>> means_by([(4, 1.2), (16, 1.92)])
    '1.2 at 4, 1.92 at 16'
    """
    return ", ".join(f"{value:.3g} at {place}" for place, value in values)
