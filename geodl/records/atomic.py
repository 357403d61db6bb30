"""Files that are either the old one or the new one, whatever happens while they are written."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def write_text(path: Path, text: str) -> None:
    """Replace a file at once, as `write_bytes` does.

    Args:
        path: The file to write.
        text: Its new content, UTF-8.
    """
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Replace a file at once.

    The content goes to a temporary file in the same folder, to disk, and then over the old file by one rename. A crash
    or a full disk before the rename leaves the old file as it was.

    Args:
        path: The file to write.
        content: Its new content.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Replace a JSON file at once. NaN and infinities are written the way Python and JavaScript spell them.

    Args:
        path: The file to write.
        value: Plain dictionaries, lists, strings, numbers, booleans, None.
    """
    write_text(path, json.dumps(value, indent=2) + "\n")
