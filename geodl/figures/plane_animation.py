"""The planes of training as a moving picture: one panel a network, one frame an epoch."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from geodl.errors import TrackError
from geodl.figures.canvas import write_bytes
from geodl.figures.plane import add_legend, draw_absence, draw_plane, frame_plane, plane_axes
from geodl.figures.plane_tracks import PlaneTracks, window
from geodl.figures.style import style_context

FRAME_MS = 350
LAST_FRAME_MS = 2500  # time to look at the trained network before it starts again


def plane_gif(
    networks: Mapping[str, Sequence[PlaneTracks]],
    *,
    columns: int | None = None,
    n_tracks: int = 60,
    panel_size: float = 2.6,
    dpi: int = 80,
) -> bytes:
    """Draw the planes of one or several networks over the epochs.

    A panel keeps its window over all epochs, so that growth and collapse are seen. Where a network was not measured at
    an epoch, its panel shows the epoch before.

    Args:
        networks: Title -> tracks by epoch, in ascending order.
        columns: Panels a row; all in one row where None.
        n_tracks: Samples drawn as tracks.
        panel_size: Side of a panel in inches.
        dpi: Pixels an inch.

    Returns:
        A GIF that repeats, one frame an epoch.

    Raises:
        TrackError: There is no track at all.
    """
    epochs = sorted({tracks.epoch for found in networks.values() for tracks in found})
    if not epochs:
        raise TrackError("networks: expected tracks of at least one epoch, found none; record some first")
    columns = columns or len(networks)
    rows = -(-len(networks) // columns)
    frames = []
    with style_context():
        figure, boxes = plane_axes(rows, columns, panel_size, None, " ")
        heading = figure.texts[0]
        add_legend(figure, [tracks for found in networks.values() for tracks in found])
        for axes, (title, found) in zip(boxes, networks.items(), strict=False):
            if found:
                frame_plane(axes, title, window(found))
            else:
                draw_absence(axes, title)
        for epoch in epochs:
            heading.set_text("epoch 0 (untrained)" if epoch == 0 else f"epoch {epoch}")
            drawn = []
            for axes, found in zip(boxes, networks.values(), strict=False):
                before = [tracks for tracks in found if tracks.epoch <= epoch]
                if before:
                    drawn += draw_plane(axes, before[-1], n_tracks=n_tracks, size=panel_size / 2.9)
            buffer = io.BytesIO()
            figure.savefig(buffer, format="png", dpi=dpi)
            frames.append(Image.open(buffer).convert("RGB"))
            for artist in drawn:
                artist.remove()
    return _joined(frames)


def save_plane_gif(networks: Mapping[str, Sequence[PlaneTracks]], path: Path, *, columns: int | None = None) -> Path:
    """Write `plane_gif` to a file, whole or not at all.

    Args:
        networks: Title -> tracks by epoch.
        path: The file.
        columns: Panels a row.

    Returns:
        The path.
    """
    write_bytes(path, plane_gif(networks, columns=columns))
    return path


def _joined(frames: Sequence[Image.Image]) -> bytes:
    # One palette for all frames: colours of their own would flicker, and take room.
    strip = Image.fromarray(
        np.concatenate([np.asarray(frame)[::2, ::2] for frame in frames[:: max(1, len(frames) // 6)]])
    )
    palette = strip.quantize(64, dither=Image.Dither.NONE)
    colours = np.array(palette.getpalette()).reshape(-1, 3)
    colours[colours.min(axis=1) > 245] = 255  # the mean of nearly white pixels would tint the paper
    palette.putpalette(colours.ravel().tolist())
    small = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    durations = [FRAME_MS] * (len(small) - 1) + [LAST_FRAME_MS]
    buffer = io.BytesIO()
    small[0].save(buffer, "GIF", save_all=True, append_images=small[1:], duration=durations, loop=0, disposal=1)
    return buffer.getvalue()
