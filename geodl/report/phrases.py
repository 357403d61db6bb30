"""Recurring phrases of the statements: ranges, verdicts and how sure they are."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from geodl.report.aggregate import Interval
from geodl.report.comparison import Difference

SKETCH = "One seed: no interval, so treat as a sketch."


def span(values: Iterable[float]) -> str:
    """Write the range of some numbers.

    Args:
        values: Numbers; NaN and infinite ones are left out.

    Returns:
        Such as ``1.02 to 2.12``; one number where they agree to three digits.

    >>> span([2.0, 1.0]), span([1.0, 1.0001]), span([float("nan")])
    ('1 to 2', '1', 'NaN')
    """
    listed = [value for value in values if math.isfinite(value)]
    if not listed:
        return "NaN"
    low, high = f"{min(listed):.3g}", f"{max(listed):.3g}"
    return low if low == high else f"{low} to {high}"


def networks(family: str) -> str:
    """Name the networks of a family in the plural.

    Args:
        family: ``"plain"``, ``"resnet"``, ``"vit"`` or an architecture of another library.

    Returns:
        A noun.

    >>> networks("resnet"), networks("vit"), networks("timm/test_vit")
    ('ResNets', 'ViTs', 'timm/test_vit')
    """
    known = {"plain": "plain networks", "resnet": "ResNets", "vit": "ViTs"}
    return known.get(family, family if "/" in family else f"{family} networks")


def at_depth(family: str, depth: object) -> str:
    """Name networks of one family and depth.

    Args:
        family: The family as it is to be read.
        depth: Number of blocks; None for an architecture that comes with its own.

    Returns:
        Such as ``ResNet, depth 8``.

    >>> at_depth("ResNet", 8), at_depth("timm/test_vit", None)
    ('ResNet, depth 8', 'timm/test_vit')
    """
    return family if depth is None else f"{family}, depth {depth}"


def sentence(text: str) -> str:
    """Begin a text with a capital letter.

    Args:
        text: Some text.

    Returns:
        The text as the beginning of a sentence.
    """
    return text[:1].upper() + text[1:]


def judge(gaps: Sequence[Difference], sign: int) -> str:
    """Judge a claim about differences by their signs and, where there are several seeds, their intervals.

    Args:
        gaps: One difference a setting.
        sign: 1 where the claim is that they are positive, -1 where it is that they are negative.

    Returns:
        ``supported`` or ``contradicted``: every setting agrees and at least half of the intervals leave out zero;
        ``leans for`` or ``leans against``: weaker, or one seed only; ``open``: no difference in sight; else ``mixed``.

    >>> clear, vague = Difference(-1.0, -1.5, -0.5), Difference(-0.1, -0.5, 0.3)
    >>> judge([clear, clear], -1), judge([clear, clear], 1), judge([vague, vague], -1)
    ('supported', 'contradicted', 'open')
    >>> judge([Difference(-1.0, math.nan, math.nan)], -1)
    'leans for'
    """
    wins, losses = (sum(gap.sign == side for gap in gaps) for side in (sign, -sign))
    known = [gap for gap in gaps if gap.has_interval]
    if not known:
        return (
            "leans for" if wins == len(gaps) else "leans against" if losses == len(gaps) else _undecided(wins, losses)
        )
    for_it, against = (sum(gap.clear and gap.sign == side for gap in known) for side in (sign, -sign))
    if wins == len(gaps) and 2 * for_it >= len(known):
        return "supported"
    if losses == len(gaps) and 2 * against >= len(known):
        return "contradicted"
    if not for_it and not against:
        return "open"
    if for_it and against:
        return "mixed"
    return "leans for" if for_it else "leans against"


def tally(gaps: Sequence[Difference], sign: int) -> str:
    """Say how often the opposite of a claim holds.

    Args:
        gaps: One difference a setting.
        sign: Sign that the claim expects.

    Returns:
        A sentence with a leading blank, or nothing.

    >>> tally([Difference(1.0, 0.5, 1.5)], -1), tally([Difference(1.0, 0.5, 1.5)], 1)
    (' The data contradict the claim.', '')
    """
    losses = sum(gap.sign == -sign for gap in gaps)
    if judge(gaps, sign) == "contradicted":
        return " The data contradict the claim."
    return f" It is the other way round in {losses} of {len(gaps)}." if losses else ""


def _undecided(wins: int, losses: int) -> str:
    return "mixed" if wins or losses else "open"


def certainty(gaps: Sequence[Difference], sides: Sequence[Interval]) -> str:
    """Say what the seeds allow to conclude.

    Args:
        gaps: Differences that a statement rests on.
        sides: The means that were compared.

    Returns:
        Sentences with a leading blank.
    """
    lost = sum(side.not_finite for side in sides)
    text = f" Left out as NaN or infinite: {lost} value{'s' if lost > 1 else ''}." if lost else ""
    if not any(gap.has_interval for gap in gaps):
        return f" {SKETCH}{text}"
    clear, known = sum(gap.clear for gap in gaps), sum(gap.has_interval for gap in gaps)
    counts = sorted({side.n for side in sides if side.n > 1})
    seeds = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    text += f" The 95 % interval of the difference (Welch, n = {seeds} seeds a side) leaves out zero"
    text += f" in {clear} of {known}."
    alone = len(gaps) - known
    return text + (f" In {alone} a side has one seed: no interval, so treat as a sketch." if alone else "")
