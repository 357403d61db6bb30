"""``scores.jsonl``: how every score was obtained, one line for each epoch, leg and score."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


class ScoreRecord:
    """Appends lines to ``scores.jsonl``.

    A line holds the epoch, the leg with the names of its read-outs, n and d, the score's value, whether it is valid,
    the reason if not, and its details. A crash can cost the last line only.

    Args:
        path: The file to append to.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, lines: Sequence[Mapping[str, Any]]) -> None:
        """Append lines at once.

        Args:
            lines: Plain dictionaries.
        """
        text = "".join(json.dumps(dict(line)) + "\n" for line in lines)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(text)
