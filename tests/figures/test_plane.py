"""Planes as figures and as moving pictures."""

from __future__ import annotations

import io
import itertools

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.collections import LineCollection
from PIL import Image

from geodl.errors import TrackError
from geodl.figures.canvas import figure_png
from geodl.figures.plane import CHORD, draw_planes
from geodl.figures.plane_animation import plane_gif
from geodl.figures.plane_tracks import PlaneTracks


def planes(epoch=5, shift=0.0, **changes):
    xy = np.random.default_rng(0).normal(size=(4, 12, 2)) + shift
    values = {"labels": np.arange(12) % 2, "partners": np.roll(np.arange(12), 1), "reason": "", "scores": {"lss": 2.0}}
    return PlaneTracks(**{"xy": xy, **values, "epoch": epoch, **changes})


def chords(axes):
    black = mpl.colors.to_rgba(CHORD)
    lines = [c for c in axes.collections if isinstance(c, LineCollection) and tuple(c.get_colors()[0]) == black]
    return [segment for c in lines for segment in c.get_segments()]


def texts(figure):
    return "\n".join(text.get_text() for text in figure.findobj(mpl.text.Text))


def test_tracks_and_chords_have_the_states_values():
    tracks = planes()
    (axes,) = draw_planes([tracks], titles=["plain"], n_tracks=12).axes
    drawn = [s for c in axes.collections if isinstance(c, LineCollection) for s in c.get_segments() if len(s) == 4]
    assert sorted(map(np.ndarray.tolist, drawn)) == sorted(tracks.xy.transpose(1, 0, 2).tolist())
    assert sorted(map(np.ndarray.tolist, chords(axes))) == sorted(tracks.chords(np.arange(12)).tolist())


def test_without_a_certified_plan_nothing_is_drawn_and_the_panel_says_why():
    figure = draw_planes([planes(partners=None, reason="pivots ran out")], titles=["plain"])
    assert chords(figure.axes[0]) == []
    assert "no optimal plan drawn: pivots ran out" in texts(figure)


def test_panels_have_equal_scales_titles_scores_and_say_what_is_missing():
    figure = draw_planes([planes(), None], titles=["plain", "ResNet"], row_titles=["spirals"], heading="Planes")
    for expected in ("plain", "ResNet", "spirals", "Planes", "LSS 2.00", "no track recorded", "n = 12 · d = 2"):
        assert expected in texts(figure)
    axes = figure.axes[0]
    assert axes.get_aspect() == 1.0
    assert np.ptp(axes.get_xlim()) == pytest.approx(np.ptp(axes.get_ylim()))


def test_the_figure_comes_out_the_same_twice():
    first, second = (draw_planes([planes()], titles=["plain"]) for _ in range(2))
    assert figure_png(first, dpi=60) == figure_png(second, dpi=60)


def frames(gif):
    image = Image.open(io.BytesIO(gif))
    found = []
    for k in range(image.n_frames):
        image.seek(k)
        found.append((np.asarray(image.convert("RGB")).astype(int), image.info["duration"]))
    return found


def test_the_animation_has_one_frame_an_epoch_and_every_frame_differs():
    networks = {
        "plain": [planes(epoch, shift=epoch / 4) for epoch in (0, 2, 4)],
        "ResNet": [planes(epoch) for epoch in (0, 4)],
        "absent": [],
    }
    found = frames(plane_gif(networks, dpi=50))
    assert len(found) == 3
    for (before, _), (after, _) in itertools.pairwise(found):
        assert np.abs(before - after).max() > 100
    assert found[-1][1] > found[0][1]  # the last frame stays
    # the network that stands still stands still: its panel is the middle one
    third = found[0][0].shape[1] // 3
    panel = [pixels[40:-60, third + 10 : 2 * third - 10] for pixels, _ in found]
    assert np.array_equal(panel[0], panel[2])
    assert (found[0][0][0, 0] == 255).all()  # the paper is white


def test_an_animation_of_nothing_is_refused():
    with pytest.raises(TrackError, match="networks: expected tracks of at least one epoch"):
        plane_gif({"plain": []})
