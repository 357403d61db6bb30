"""Hashes of what a configuration only names: files, folders, runs, source code."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any


def content_digest(path: Path) -> str:
    """Hash a file, or the files of a folder with their names; hidden ones and folders inside are left out.

    Args:
        path: The file or folder.

    Returns:
        64 hexadecimal digits of SHA-256; of a file, those of its bytes.
    """
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    files = sorted(inner for inner in path.iterdir() if inner.is_file() and not inner.name.startswith("."))
    return _joined({inner.name: content_digest(inner) for inner in files})


def run_identity(model: Mapping[str, Any]) -> dict[str, Any]:
    """Let a run of training count by its own fingerprint and the content of its checkpoint, not by its place.

    Args:
        model: The ``model`` group of ``model=checkpoint``.

    Returns:
        A copy with ``path`` and ``which`` replaced.
    """
    folder = Path(model["path"])
    status = json.loads((folder / "status.json").read_text(encoding="utf-8"))
    checkpoint = folder / "checkpoints" / f"{model['which']}.ckpt"
    which = content_digest(checkpoint) if checkpoint.is_file() and not model["untrained"] else model["which"]
    return {**model, "path": status.get("fingerprint"), "which": which}


def source_digest(target: str) -> str | None:
    """Hash the source of a user's own function without importing it.

    Args:
        target: Dotted name of the function, whose first part is looked for in the current folder, then on Python's
            path.

    Returns:
        Hash of the module's file or of all Python files of its package; of an installed package, of its first file
        alone. None where there is no such module. What the module imports from elsewhere is not looked at.
    """
    spec = PathFinder.find_spec(target.partition(".")[0], [str(Path.cwd()), *sys.path])
    if spec is None or not (spec.origin or spec.submodule_search_locations):
        return None
    origin = Path(spec.origin) if spec.origin else Path(next(iter(spec.submodule_search_locations or ())))
    folder = origin.parent if spec.origin else origin
    installed = "site-packages" in folder.parts
    if spec.submodule_search_locations and not installed:
        files = sorted(folder.rglob("*.py"))
        return _joined({str(file.relative_to(folder)): content_digest(file) for file in files})
    return content_digest(origin) if origin.is_file() else None


def _joined(digests: Mapping[str, str]) -> str:
    return hashlib.sha256("".join(f"{name} {digest}\n" for name, digest in digests.items()).encode()).hexdigest()
