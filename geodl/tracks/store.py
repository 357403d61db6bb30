"""Where the states of a track are gathered while it is recorded: in memory, or in a folder of memory-mapped files."""

from __future__ import annotations

import json
import math
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Protocol

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from geodl.errors import TrackError

FOLDER_FORMAT = "geodl-track-folder-1"
"""Marks a folder's layout; the number rises when the layout changes."""
HEADER, COLUMNS = "track.json", "columns.safetensors"


class Store(Protocol):
    """Takes the rows of each state batch by batch."""

    def add(self, index: int, rows: Tensor) -> None:
        """Append rows to a state.

        Args:
            index: number of the state.
            rows: shape (m, *features), on any device; copied.
        """


class MemoryStore:
    """States in memory: n times the size of one sample's states, and up to twice that of one state at the end.

    Args:
        n_states: number of states.
        n_rows: number of rows where it is known before, which saves the copy at the end.
    """

    def __init__(self, n_states: int, n_rows: int | None) -> None:
        self._n_rows = n_rows
        self._whole: list[Tensor | None] = [None] * n_states
        self._filled = [0] * n_states
        self._parts: list[list[Tensor]] = [[] for _ in range(n_states)]

    def add(self, index: int, rows: Tensor) -> None:
        """Append rows to a state.

        Args:
            index: number of the state.
            rows: shape (m, *features), on any device; copied.
        """
        if self._n_rows is None:
            self._parts[index].append(rows.to("cpu", copy=True))
            return
        whole = self._whole[index]
        if whole is None:
            whole = self._whole[index] = torch.empty((self._n_rows, *rows.shape[1:]), dtype=rows.dtype)
        start = self._filled[index]
        whole[start : start + len(rows)].copy_(rows)
        self._filled[index] = start + len(rows)

    def states(self) -> list[Tensor]:
        """Hand out the states.

        Returns:
            CPU tensors (n, *features).
        """
        done = []
        for whole, parts in zip(self._whole, self._parts, strict=True):
            done.append(torch.cat(parts) if whole is None else whole)
            parts.clear()
        return done


class FolderStore:
    """States in files of a folder, mapped into memory afterwards, so that the memory in use does not grow with n.

    Everything is written beside the folder and moved to its place when it is complete; a recording that fails leaves
    nothing behind.

    Args:
        folder: the folder to make.
        n_states: number of states.

    Raises:
        TrackError: there is something at that place already.
    """

    def __init__(self, folder: Path, n_states: int) -> None:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise TrackError(
                f"storage: expected a folder that is new or empty, found {folder}; choose another or delete it"
            )
        folder.parent.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._unfinished = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}.unfinished")
        self._unfinished.mkdir()
        self._files: list[BinaryIO] = []
        self._shapes: list[list[int]] = [[] for _ in range(n_states)]
        self._dtypes: list[torch.dtype | None] = [None] * n_states

    def __enter__(self) -> FolderStore:
        """Open the files.

        Returns:
            The store.
        """
        self._files = [(self._unfinished / _file(index)).open("wb") for index in range(len(self._shapes))]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the files, and remove them unless the folder was finished."""
        for file in self._files:
            file.close()
        shutil.rmtree(self._unfinished, ignore_errors=True)

    def add(self, index: int, rows: Tensor) -> None:
        """Append rows to a state.

        Args:
            index: number of the state.
            rows: shape (m, *features), on any device; copied.

        """
        rows = rows.to("cpu").contiguous()
        if self._dtypes[index] is None:
            self._dtypes[index], self._shapes[index] = rows.dtype, [0, *rows.shape[1:]]
        self._shapes[index][0] += len(rows)
        self._files[index].write(rows.reshape(-1).view(torch.uint8).numpy().data)

    def finish(self, columns: Mapping[str, Tensor], fields: Mapping[str, Any]) -> list[Tensor]:
        """Write what belongs to the states, and move the folder to its place.

        Args:
            columns: int64 tensors by name, one entry per sample.
            fields: what JSON can hold, by name.

        Returns:
            The states, mapped.
        """
        for file in self._files:
            file.close()
        header = {
            "format": FOLDER_FORMAT,
            "shapes": self._shapes,
            "dtypes": [str(dtype).removeprefix("torch.") for dtype in self._dtypes],
            "fields": dict(fields),
        }
        if columns:
            save_file(dict(columns), self._unfinished / COLUMNS)
        (self._unfinished / HEADER).write_text(json.dumps(header, indent=1), encoding="utf-8")
        if self.folder.exists():
            self.folder.rmdir()  # empty, or it fails
        self._unfinished.rename(self.folder)
        return _mapped(self.folder, header)


def read_track_folder(folder: Path) -> tuple[tuple[Tensor, ...], dict[str, Tensor], dict[str, Any]]:
    """Read what `FolderStore` wrote, without loading the states.

    Args:
        folder: the folder.

    Returns:
        States, mapped; columns; fields.

    Raises:
        FileNotFoundError: it holds no track.
        TrackError: it is damaged, or of another format.
    """
    if not (folder / HEADER).is_file():
        raise FileNotFoundError(f"{folder}: expected a recorded track, found no {HEADER}; record one with storage=...")
    try:
        header = json.loads((folder / HEADER).read_text(encoding="utf-8"))
        assert header["format"] == FOLDER_FORMAT, f"format {header['format']!r}"
        fields = {key: header["fields"][key] for key in ("names", "epoch", "metadata")}
        states = tuple(_mapped(folder, header))
        columns = load_file(folder / COLUMNS) if (folder / COLUMNS).is_file() else {}
    except (
        AssertionError,
        AttributeError,
        KeyError,
        TypeError,
        ValueError,
        RuntimeError,
        OSError,
        SafetensorError,
    ) as error:
        raise TrackError(
            f"{folder}: expected a track in format {FOLDER_FORMAT}, found {error}; record it again"
        ) from error
    return states, columns, fields


def _mapped(folder: Path, header: Mapping[str, Any]) -> list[Tensor]:
    states = []
    for index, (shape, name) in enumerate(zip(header["shapes"], header["dtypes"], strict=True)):
        path, dtype, size = folder / _file(index), getattr(torch, name), math.prod(shape)
        if path.stat().st_size != size * dtype.itemsize:
            raise OSError(f"{path.name} of {path.stat().st_size} bytes instead of {size * dtype.itemsize}")
        # private: what is written to such a tensor never reaches the file
        states.append(torch.from_file(str(path), shared=False, size=size, dtype=dtype).reshape(shape))
    return states


def _file(index: int) -> str:
    return f"states.{index:04d}.bin"
