"""Judges all claims of a report together: supported, contradicted or undecided."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from geodl.report.aggregate import Aggregates
from geodl.report.claims.complete_block import Block, complete_block
from geodl.report.claims.evidence import Evidence
from geodl.report.claims.holm import holm
from geodl.report.claims.seed_mean import SeedMean, seed_mean
from geodl.report.claims.wording import Finding, describe, describe_untested

LEVEL = 0.05
CORRECTION = "Holm"
COLUMNS = ("claim", "statement", "verdict", "effect", "low", "high", "n_runs", "test", "p_adjusted")


@dataclass(frozen=True)
class Verdict:
    """What a sweep says about a claim.

    Attributes:
        claim: C1 to C8, with a letter where a claim has parts.
        statement: What is claimed.
        verdict: ``supported``, ``contradicted`` or ``undecided``.
        effect: Mean effect over seeds; NaN where there is none.
        low: Lower end of its 95 % bootstrap interval over seeds; NaN for one seed.
        high: Upper end.
        n_runs: Runs that the effect is made of.
        n_seeds: Seeds.
        test: Name of the test.
        p: Its p value; NaN where nothing could be tested.
        p_adjusted: The same after Holm's correction over all tests of the report.
        scale: Unit of the effect.
        sign: 1 or -1 for the claimed direction, 0 where none is claimed.
        text: The finding in words, with the reason where it is undecided.
    """

    claim: str
    statement: str
    verdict: str
    effect: float
    low: float
    high: float
    n_runs: int
    n_seeds: int
    test: str
    p: float
    p_adjusted: float
    scale: str
    sign: int
    text: str


def judge(results: Aggregates, evidence: Sequence[Evidence], *, tuned: bool = False) -> list[Verdict]:
    """Judge claims by their evidence.

    A claim is supported where the p value, after Holm's correction over all tests given here, is below 0.05, the
    bootstrap interval leaves out 0 on the claimed side, and the effect exceeds the resolution of its measure. It is
    contradicted where the same holds on the other side. Otherwise it is undecided.

    Args:
        results: Runs by setting, for their number.
        evidence: What speaks for and against each claim.
        tuned: Whether every setting had its learning rate chosen; otherwise texts that compare settings say so.

    Returns:
        One verdict each, in the same order.
    """
    blocks = [complete_block(job for job, value in e.effects.items() if math.isfinite(value)) for e in evidence]
    found = [
        seed_mean(block.by_seed(e.effects) if block.settings else [], e.resolution)
        for e, block in zip(evidence, blocks, strict=True)
    ]
    corrected = holm([mean.p for mean in found])
    n_tests = sum(not math.isnan(mean.p) for mean in found)
    verdicts = []
    for e, block, mean, p_adjusted in zip(evidence, blocks, found, corrected, strict=True):
        outcome = decide(mean, p_adjusted, sign=e.sign, resolution=e.resolution)
        finding = Finding(e, block, mean, p_adjusted, n_tests, outcome, _n_runs(results, e, block), tuned)
        verdicts.append(
            Verdict(
                e.claim,
                e.statement,
                outcome,
                mean.effect,
                mean.low,
                mean.high,
                finding.n_runs,
                mean.n_seeds,
                e.test,
                mean.p,
                p_adjusted,
                e.scale,
                e.sign,
                describe(finding),
            )
        )
    return verdicts


def decide(mean: SeedMean, p_adjusted: float, *, sign: int, resolution: float) -> str:
    """Decide one claim.

    Args:
        mean: Effect, interval and p value.
        p_adjusted: Corrected p value.
        sign: Claimed sign; 0 accepts both.
        resolution: Size up to which an effect is none.

    Returns:
        ``supported``, ``contradicted`` or ``undecided``.

    >>> clear = SeedMean(-1.0, -1.2, -0.8, 1e-4, 5)
    >>> decide(clear, 0.01, sign=-1, resolution=0.0), decide(clear, 0.01, sign=1, resolution=0.0)
    ('supported', 'contradicted')
    >>> decide(clear, 0.06, sign=-1, resolution=0.0), decide(clear, 0.01, sign=-1, resolution=1.0)
    ('undecided', 'undecided')
    """
    if not p_adjusted < LEVEL or not abs(mean.effect) > resolution or not (mean.low > 0 or mean.high < 0):
        return "undecided"
    side = 1 if mean.low > 0 else -1
    return "supported" if sign in (0, side) else "contradicted"


def untested(claim: str, statement: str, needs: str) -> Verdict:
    """Make the verdict on a claim that a sweep cannot test.

    Args:
        claim: Its number.
        statement: The claim in words.
        needs: What a sweep needs for it.

    Returns:
        Undecided, with the reason.

    >>> untested("C3", "LSS of ResNets is below that of plain networks", "both families").verdict
    'undecided'
    """
    nan = math.nan
    return Verdict(
        claim, statement, "undecided", nan, nan, nan, 0, 0, "none", nan, nan, "", 0, describe_untested(needs)
    )


def verdicts_frame(verdicts: Sequence[Verdict]) -> pd.DataFrame:
    """Tabulate verdicts: the content of ``verdicts.csv``.

    Args:
        verdicts: The verdicts.

    Returns:
        One row a verdict; the columns of `COLUMNS` first.
    """
    rows: list[Mapping[str, object]] = [vars(verdict) for verdict in verdicts]
    rest = [name for name in Verdict.__dataclass_fields__ if name not in COLUMNS]
    return pd.DataFrame(rows, columns=[*COLUMNS, *rest])


def _n_runs(results: Aggregates, evidence: Evidence, block: Block) -> int:
    jobs = {job for at in block.settings for seed in block.seeds for job in evidence.jobs[at, seed]}
    return sum(run.seed == seed for cell, seed in jobs for run in results.runs[cell])
