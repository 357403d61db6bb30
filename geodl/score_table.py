"""The printed table of a track's scores: numbers beside what must be known to read them."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from geodl.scores import ScoreResult, leg_metrics
from geodl.tracks import Leg

if TYPE_CHECKING:
    from geodl.track_scores import TrackScores

COLUMNS = {
    "transport_ratio": "transport\nratio",
    "path_straightness": "path\nstraightness",
    "kinetic_straightness": "kinetic\nstraightness",
    "geodesic_score": "geodesic\nscore",
    "geodesic_deviation": "geodesic\ndeviation",
    "step_ots": "step\nOTS",
    "track_bound_share": "bound\nkept",
    "track_margin": "class\nmargin",
    "action": "action",
}
"""Metric -> its heading, after LSS and OTS, which have columns of their own."""

WIDTH = 120

SAID = {"final_norm": "Final norm", "read_outs": "Read-outs"}
"""Key of a track's metadata -> how the table calls it."""

TOKENS = {
    "all": "all; each one that is no padding is a sample",
    "mean": "mean over each sequence, without padding",
    "last": "the last of each sequence",
    "cls": "the first of each sequence",
    "flatten": "all of a sequence, as one vector",
}
"""Rule for tokens -> what it does."""

READING = {
    "line_shape": "LSS: 1 is straight, √L what a random walk has.",
    "optimal_transport": (
        "OTS: share of samples whose optimal partner is their own output; [low, high] over all optimal plans, "
        "logged: high. It saturates in high dimension, so read it beside n, d and the transport ratio."
    ),
}
"""Score -> how to read it."""


def score_table(scores: TrackScores) -> str:
    """Write the scores of a track as a table, with the treatment of the states and the reason of each NaN below it.

    Args:
        scores: The scores.

    Returns:
        Lines of at most about 120 characters, without a final line break; the table itself is as wide as it must be.
    """
    if not scores.legs:
        return (
            f"{_title(scores)}\nNo score is defined: no two consecutive read-outs have states of one shape, so there "
            "is no step. Choose other read-outs."
        )
    lines = [_title(scores), *_aligned(_rows(scores))]
    for note in [*_notes(scores), *(text for name, text in READING.items() if name in scores.results[0])]:
        lines += textwrap.wrap(note, WIDTH, subsequent_indent="  ")
    return "\n".join(lines)


def _title(scores: TrackScores) -> str:
    known = scores.metadata or {}
    model = f" of {known['model']}" if "model" in known else ""
    epoch = "" if scores.epoch is None else f", epoch {scores.epoch}"
    size = _count(scores.n_samples, "token" if scores.of_tokens else "sample")
    return f"Scores{model}: {size}, {_count(len(scores.legs), 'leg')}{epoch}"


def _rows(scores: TrackScores) -> list[list[str]]:
    metrics = scores.metrics
    shown = [name for name in COLUMNS if any(f"leg{leg.index}/{name}" in metrics for leg in scores.legs)]
    has_lss, has_ots = ("line_shape" in scores.results[0]), ("optimal_transport" in scores.results[0])
    rows = [
        [
            *("leg", "from", "to", "n", "d", "L"),
            *(("LSS", "null\n√L") if has_lss else ()),
            *(("OTS\n[low, high]",) if has_ots else ()),
            *(COLUMNS[name] for name in shown),
        ]
    ]

    def numbers(values: Mapping[str, float], n_steps: int | None) -> list[str]:
        cells = []
        if has_lss:
            cells += [_number(values.get("lss")), "" if n_steps is None else f"{math.sqrt(n_steps):.4f}"]
        if has_ots:
            low, high = values.get("ots_low", math.nan), values.get("ots", math.nan)
            cells.append("NaN" if math.isnan(high) else f"[{_number(low)}, {_number(high)}]")
        return cells + [_number(values.get(name)) for name in shown]

    for leg, results in zip(scores.legs, scores.results, strict=True):
        size = (leg.index, leg.names[0], leg.names[-1], leg.n_samples, leg.dim, leg.n_steps)
        rows.append([*map(str, size), *numbers(leg_metrics(results), leg.n_steps)])
    if len(scores.legs) > 1:
        rows.append(["all", "mean of the legs", _averaged(scores.legs), "", "", "", *numbers(metrics, None)])
    return rows


def _averaged(legs: Iterable[Leg]) -> str:
    several = {leg.n_steps > 1 for leg in legs} == {True, False}
    return "of 2 or more steps" if several else ""


def _notes(scores: TrackScores) -> list[str]:
    known = scores.metadata or {}
    notes = [f"{label}: {known[key]}." for key, label in SAID.items() if known.get(key)]
    if known.get("tokens", "all") != "all" or scores.of_tokens:
        notes.append(f"Tokens: {TOKENS.get(known.get('tokens', 'all'), known.get('tokens'))}.")
    if known.get("pool", "none") != "none":
        notes.append(f"Pool: {known['pool']}.")
    inside = {name for leg in scores.legs for name in leg.names}
    alone = [name for name in scores.names if name not in inside]
    if alone:
        notes.append(f"Without a step, because no neighbour has their shape: {', '.join(alone)}.")
    single = [str(leg.index) for leg in scores.legs if leg.n_steps == 1]
    if single:
        notes.append(f"Leg {', '.join(single)}: one step, which is straight by definition.")
    for leg, results in zip(scores.legs, scores.results, strict=True):
        line_shape = results.get("line_shape")
        if line_shape is not None:
            notes += _line_shape_notes(leg, line_shape)
    because: dict[tuple[int, str], list[str]] = {}
    for index, name, reason in scores.reasons:
        because.setdefault((index, reason), []).append(name)
    return notes + [f"NaN: leg {index}, {', '.join(names)}: {reason}." for (index, reason), names in because.items()]


def _line_shape_notes(leg: Leg, result: ScoreResult) -> list[str]:
    found = {"zero_steps": "steps of length zero", "infinite": "samples without a direction, left out of LSS"}
    return [f"Leg {leg.index}: {count} {what}." for key, what in found.items() if (count := result.details.get(key))]


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _number(value: float | None) -> str:
    """Round to four decimals; what is not 1 (up to rounding errors) is not shown as 1.

    Args:
        value: A number, or None where there is none.

    Returns:
        Its text.
    """
    if value is None:
        return ""
    if math.isnan(value):
        return "NaN"
    if 1e-12 < abs(value - 1.0) < 5e-5:
        return f"1{value - 1:+.0e}"
    return f"{value:.4f}" if value == 0.0 or 1e-3 <= abs(value) < 1e5 else f"{value:.3e}"


def _aligned(rows: list[list[str]]) -> list[str]:
    heads = [heading.split("\n") if "\n" in heading else ["", heading] for heading in rows[0]]
    table = [*([head[line] for head in heads] for line in (0, 1)), *rows[1:]]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    is_text = (False, True, True)
    return [
        "  ".join(
            cell.ljust(width) if column < len(is_text) and is_text[column] else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]
