"""Figures without global state: made on a canvas of their own, written whole or not at all."""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from geodl.figures.style import style_context

PRINT_DPI = 200


def new_figure(width: float, height: float, *, automatic: bool = True) -> Figure:
    """Make an empty figure that no other code can reach.

    Args:
        width: Width in inches.
        height: Height in inches.
        automatic: Whether matplotlib places the axes (constrained layout); otherwise they stay where they are put.

    Returns:
        Figure on a raster canvas; `pyplot` does not know it, so it is freed with its last name.
    """
    figure = Figure(figsize=(width, height), layout="constrained" if automatic else None)
    FigureCanvasAgg(figure)
    return figure


def figure_png(figure: Figure, *, dpi: int = PRINT_DPI) -> bytes:
    """Render a figure to PNG; equal figures give equal bytes.

    Args:
        figure: The figure.
        dpi: Pixels an inch.

    Returns:
        The PNG file's bytes.
    """
    return _render(figure, "png", dpi)


def save_figure(figure: Figure, path: Path, *, dpi: int = PRINT_DPI) -> Path:
    """Write a figure so that a reader sees the old file or the new one, never half of one.

    Args:
        figure: The figure.
        path: Target; its suffix chooses the format (``.png``, ``.pdf``, ``.svg``). Its folder is created.
        dpi: Pixels an inch, for raster formats.

    Returns:
        The path.
    """
    write_bytes(path, _render(figure, path.suffix.removeprefix(".").lower() or "png", dpi))
    return path


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file atomically: into a temporary neighbour first, then renamed over the target.

    Args:
        path: Target; its folder is created.
        content: The bytes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(name).chmod(0o644)  # mkstemp's 0600 would hide the file from a colleague on a shared machine
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def _render(figure: Figure, kind: str, dpi: int) -> bytes:
    buffer = io.BytesIO()
    # A PDF carries its creation date by default, which would make equal figures differ.
    metadata = {"CreationDate": None} if kind == "pdf" else {"Date": None} if kind == "svg" else None
    with style_context():
        engine = figure.get_layout_engine()
        if engine is not None:
            # Places once and keeps them: matplotlib would search them twice for every file.
            engine.execute(figure)
            figure.set_layout_engine(None)
        figure.savefig(buffer, format=kind, dpi=dpi, metadata=metadata)
    return buffer.getvalue()
