"""The file of a saved track: safetensors, so that reading it runs no code."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from geodl.errors import TrackError

FORMAT = "geodl-track-1"
"""Marks the file's layout; the number rises when the layout changes."""


def write_track_file(
    path: Path, *, states: Sequence[Tensor], columns: dict[str, Tensor], fields: dict[str, Any]
) -> Path:
    """Write states, columns and fields.

    The file is written under another name in the same folder and then moved, which POSIX does in one step:
    whoever opens ``path`` sees the old file or the new one.

    Args:
        path: the file; its folder is made if missing.
        states: the states in order, CPU tensors.
        columns: int64 tensors by name, one entry per sample.
        fields: what JSON can hold, by name.

    Returns:
        The path.

    Raises:
        TrackError: there is a folder at that place.
    """
    if path.is_dir():
        raise TrackError(f"path: expected a file to write, found the folder {path}; name a file in it")
    # safetensors refuses tensors that share memory, such as a state that was entered twice by hand
    tensors: dict[str, Tensor] = {}
    for name, tensor in [*((f"states.{k:04d}", state) for k, state in enumerate(states)), *columns.items()]:
        tensors[name] = _own_memory(tensor, list(tensors.values()))
    header = {"format": FORMAT, **{name: json.dumps(value) for name, value in fields.items()}}
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex}.unfinished")
    try:
        save_file(tensors, unfinished, metadata=header)
        os.replace(unfinished, path)  # noqa: PTH105 - os.replace is the name readers know for an atomic move
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def read_track_file(path: Path) -> tuple[tuple[Tensor, ...], dict[str, Tensor], dict[str, Any]]:
    """Read what `write_track_file` wrote.

    Args:
        path: the file.

    Returns:
        States, columns and fields.

    Raises:
        FileNotFoundError: there is no such file.
        TrackError: the file is damaged, or was not written by `write_track_file`.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: expected a saved track, found no file; record and save one first")
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            header = dict(file.metadata() or {})
            tensors: dict[str, Tensor] = {key: file.get_tensor(key) for key in sorted(file.keys())}
    except SafetensorError as error:
        raise TrackError(
            f"{path}: expected a saved track, found a file that safetensors cannot read ({error}); record it again"
        ) from error
    if header.pop("format", None) != FORMAT:
        raise TrackError(
            f"{path}: expected a track in format {FORMAT}, found other safetensors content; pass a file "
            "written by Track.save"
        )
    fields: dict[str, Any] = {"names": [], "epoch": None, "metadata": {}}
    try:
        fields |= {name: json.loads(text) for name, text in header.items()}
    except json.JSONDecodeError as error:
        raise TrackError(f"{path}: expected JSON in the header, found {error}; record it again") from error
    states = tuple(tensor for key, tensor in tensors.items() if key.startswith("states."))
    columns = {key: tensor for key, tensor in tensors.items() if not key.startswith("states.")}
    return states, columns, fields


def _own_memory(tensor: Tensor, others: Sequence[Tensor]) -> Tensor:
    # Return a contiguous tensor that shares its storage with no other one; copy only where needed.
    storage = tensor.untyped_storage()
    whole = tensor.is_contiguous() and storage.nbytes() == tensor.numel() * tensor.element_size()
    if whole and all(storage.data_ptr() != other.untyped_storage().data_ptr() for other in others):
        return tensor
    return tensor.clone(memory_format=torch.contiguous_format)
