"""What ``scores.jsonl`` keeps of scores that have a value for every block."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class AlongDepth:
    """Numbers along the read-outs of one track, leg by leg.

    Attributes:
        x: Places: number of the read-out on the track, the first being 0; ascending.
        y: Values; NaN in the gaps between legs.
    """

    x: tuple[float, ...]
    y: tuple[float, ...]


def details_at(run: Path, score: str) -> dict[int, list[Mapping[str, Any]]]:
    """Read the lines of one score.

    Args:
        run: The run folder.
        score: Name of the score.

    Returns:
        Epoch -> lines of its legs, by leg, valid ones only; empty without the file.
    """
    found: dict[int, list[Mapping[str, Any]]] = {}
    try:
        lines = (run / "scores.jsonl").read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return {}
    for line in lines:
        if f'"{score}"' not in line:  # most lines are of other scores, and parsing is what takes time
            continue
        try:
            content = json.loads(line)
            if content["score"] == score and content["valid"]:
                found.setdefault(int(content["epoch"]), []).append(content)
        except (ValueError, KeyError, TypeError):
            continue  # counted among the run's problems already
    return {epoch: sorted(lines, key=lambda line: int(line["leg"])) for epoch, lines in sorted(found.items())}


def along_depth(legs: Sequence[tuple[int, Sequence[float]]], *, first: int = 1) -> AlongDepth:
    """Lay the values of legs one behind the other, with a gap between legs, where nothing is defined.

    Args:
        legs: Number of states of each leg, and its values.
        first: Place of a leg's first value, counted from the leg's first state.

    Returns:
        The values with their places.

    Example:
        >>> along_depth([(3, [0.5, 0.25]), (2, [1.0])])
        AlongDepth(x=(1.0, 2.0, 3.0, 4.0), y=(0.5, 0.25, nan, 1.0))
    """
    x: list[float] = []
    y: list[float] = []
    offset = 0
    for index, (n_states, values) in enumerate(legs):
        if index:
            x.append(float(offset))
            y.append(np.nan)
        x += [float(offset + first + k) for k in range(len(values))]
        y += [float(value) for value in values]
        offset += n_states
    return AlongDepth(tuple(x), tuple(y))
