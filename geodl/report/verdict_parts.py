"""The verdicts as a reader meets them: a table, a figure and a line each in the terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from geodl.figures.forest import ForestPanel, ForestRow, draw_forest
from geodl.report.claims import Verdict
from geodl.report.claims.wording import effect_text
from geodl.report.picture import Picture

SYMBOLS = {"supported": "✓", "contradicted": "✗", "undecided": "?"}
# unit of effects -> label of their axis, range of the effect
_SCALES: dict[str, tuple[str, tuple[float, float] | None]] = {
    "LSS": ("difference of LSS", None),
    "share": ("difference of shares (OTS, pairs that keep the bound)", (-1.0, 1.0)),
    "margin": ("difference of margins between classes", None),
    "rank correlation": ("mean rank correlation", (-1.0, 1.0)),
}


@dataclass(frozen=True)
class VerdictRow:
    """A verdict in words for the page.

    Attributes:
        claim: Number of the claim.
        statement: What is claimed.
        verdict: The verdict.
        symbol: Its symbol, which needs no colour.
        effect: Effect with interval.
        runs: Runs and seeds.
        test: The test.
        p_adjusted: Corrected p value.
        text: The finding.
    """

    claim: str
    statement: str
    verdict: str
    symbol: str
    effect: str
    runs: str
    test: str
    p_adjusted: str
    text: str


def verdict_table(verdicts: Sequence[Verdict]) -> tuple[VerdictRow, ...]:
    """Write the rows of the page's table.

    Args:
        verdicts: The verdicts.

    Returns:
        One row each.
    """
    return tuple(
        VerdictRow(
            v.claim,
            v.statement,
            v.verdict,
            SYMBOLS[v.verdict],
            effect_text(v.effect, v.low, v.high),
            f"{v.n_runs} ({v.n_seeds})",
            v.test,
            p_text(v.p_adjusted),
            v.text,
        )
        for v in verdicts
    )


def p_text(p: float) -> str:
    """Write a p value.

    Args:
        p: The value.

    Returns:
        Two digits; a dash for NaN.

    >>> p_text(0.01234), p_text(2e-7), p_text(math.nan)
    ('0.012', '< 1e-4', '-')
    """
    if math.isnan(p):
        return "-"
    return "< 1e-4" if p < 1e-4 else f"{p:.2g}"


def verdict_lines(verdicts: Sequence[Verdict]) -> list[str]:
    """Write a line a verdict for the terminal.

    Args:
        verdicts: The verdicts.

    Returns:
        The lines.
    """
    wide = max((len(v.claim) for v in verdicts), default=0)
    lines = []
    for v in verdicts:
        line = f"{SYMBOLS[v.verdict]} {v.claim:<{wide}}  {v.verdict:<12}  {v.statement}"
        if not math.isnan(v.effect):
            line += f": {effect_text(v.effect, v.low, v.high)}"
        lines.append(line if math.isnan(v.p_adjusted) else f"{line}, p {p_text(v.p_adjusted).replace('< ', '<')}")
    return lines


def verdict_pictures(verdicts: Sequence[Verdict]) -> Iterator[Picture]:
    """Draw the effects of all claims that a sweep can test.

    Args:
        verdicts: The verdicts.

    Yields:
        The forest plot; nothing where there is no effect.
    """
    panels = []
    for scale, (label, bounds) in _SCALES.items():
        rows = tuple(
            ForestRow(f"{v.claim}  {v.statement}", v.effect, v.low, v.high, v.verdict, v.sign)
            for v in verdicts
            if v.scale == scale and math.isfinite(v.effect)
        )
        panels += [ForestPanel(label, rows, bounds)] if rows else []
    if panels:
        alone = all(math.isnan(v.low) for v in verdicts)
        what = "One seed: no interval, so treat as a sketch." if alone else "Bars: 95 % bootstrap intervals over seeds."
        yield Picture(
            "verdicts",
            "verdict",
            "Effects behind the verdicts",
            f"Means over seeds, in one panel a unit. {what} The side of 0 that a claim predicts is shaded; rows "
            "without shade claim no direction. A bar may leave out 0 and the claim be undecided: the test, "
            "corrected for the number of tests, has to agree.",
            draw_forest(panels, foot=what + " Verdicts by t-tests over seeds, corrected after Holm."),
        )
