"""Figures are drawn, show what they should say, and are the same each time."""

from __future__ import annotations

import io
import itertools
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.image import imread

from geodl.figures import (
    Curve,
    NullLine,
    Panel,
    PanelRow,
    ScatterGroup,
    draw_curves,
    draw_histogram,
    draw_scatter,
    draw_track_panels,
    draw_tracks,
    figure_png,
    project_tracks,
    save_figure,
)
from geodl.figures.curves import seed_line
from geodl.figures.decay_axis import DecayAxis, decay_label
from geodl.figures.style import class_look, family_look, ramp_looks


@pytest.fixture
def tracks():
    generator = np.random.default_rng(0)
    start, end = generator.normal(size=(100, 6)), 3 * generator.normal(size=(100, 6))
    states = [(1 - t) * start + t * end for t in np.linspace(0, 1, 5)]
    return project_tracks(states, np.arange(100) % 10, epoch=20, lss=1.25, ots=0.5, transport_ratio=0.75)


def curve(means, n=3, family="plain", lost=0):
    means = np.array(means, dtype=np.float64)
    reach = np.full(len(means), 0.1 if n > 1 else np.nan)
    counts = np.full(len(means), n)
    return Curve(
        family_look(family), np.arange(len(means)) * 1.0, means, means - reach, means + reach, counts, counts * 0 + lost
    )


def pixels(figure):
    return imread(io.BytesIO(figure_png(figure, dpi=60)))


def texts(figure):
    found = [text.get_text() for text in figure.findobj(mpl.text.Text)]
    return "\n".join(found)


def figures(tracks):
    rows = [PanelRow("LSS", (Panel("depth 8", (curve([3.0, 2.0, 1.5]),), (level("null", 2.0),)),))]
    group = ScatterGroup("plain", family_look("plain"), np.array([1.0, 2.0]), np.array([0.5, 0.75]))
    return {
        "tracks": lambda: draw_tracks(tracks),
        "panels": lambda: draw_track_panels([tracks, None, tracks], columns=2, row_titles=["plain", "ResNet"]),
        "histogram": lambda: draw_histogram(np.linspace(1, 3, 50), n_steps=9),
        "curves": lambda: draw_curves(rows, x_label="epoch"),
        "scatter": lambda: draw_scatter([group], x_label="LSS", y_label="accuracy"),
    }


def level(label, value):
    return NullLine(label, np.array([value]), np.zeros(0))


@pytest.mark.parametrize("name", ["tracks", "panels", "histogram", "curves", "scatter"])
def test_figures_are_not_blank_and_come_out_the_same_twice(tracks, name):
    first, second = figures(tracks)[name](), figures(tracks)[name]()
    assert pixels(first)[..., :3].std() > 0.05
    assert figure_png(first, dpi=60) == figure_png(second, dpi=60)


def test_drawing_leaves_the_callers_settings_alone(tracks):
    before = dict(mpl.rcParams)
    for draw in figures(tracks).values():
        draw()
    assert dict(mpl.rcParams) == before


def test_track_figure_tells_epoch_scores_variance_and_classes(tracks):
    shown = texts(draw_tracks(tracks))
    for expected in ("epoch 20", "LSS 1.25", "OTS 0.50 (ratio 0.75)", "of variance", "n = 100", "d = 6", "start"):
        assert expected in shown
    named = texts(draw_tracks(tracks, class_names=[f"digit {k}" for k in range(10)]))
    assert "digit 7" in named


def test_track_axes_have_equal_scales(tracks):
    axes = draw_tracks(tracks).axes[0]
    assert axes.get_aspect() == 1.0
    assert np.ptp(axes.get_xlim()) == pytest.approx(np.ptp(axes.get_ylim()))


def test_straight_and_bent_tracks_look_different(tracks):
    bent = tracks.xy + np.sin(np.linspace(0, np.pi, 5))[:, None, None] * [0.0, 3.0]
    difference = np.abs(pixels(draw_tracks(tracks)) - pixels(draw_tracks(replace(tracks, xy=bent))))
    assert difference.mean() > 0.01


def test_missing_track_is_said_in_its_panel(tracks):
    assert "no track recorded" in texts(draw_track_panels([tracks, None]))


def test_histogram_counts_what_has_no_place_on_its_axis():
    shown = texts(draw_histogram([1.5, 2.0, 2.5, np.inf, np.nan, np.nan], n_steps=16))
    for expected in ("median\n2.00", "√L = 4.00", "n = 6", "1 infinite, not shown", "2 NaN, not shown"):
        assert expected in shown


def test_histogram_without_finite_values_says_so():
    assert "no finite score" in texts(draw_histogram([np.nan], n_steps=4))


def test_null_line_of_the_histogram_stands_at_the_root_of_the_number_of_steps():
    axes = draw_histogram(np.linspace(1, 3, 50), n_steps=7).axes[0]
    assert any(line.get_xdata()[0] == pytest.approx(7**0.5) for line in axes.get_lines())


@pytest.mark.parametrize(
    ("curves", "expected"),
    [
        ([curve([1.0, 2.0], n=1)], "One seed a point: no interval, so treat as a sketch."),
        ([curve([1.0, 2.0], n=3)], "(n = 3)"),
        ([curve([1.0], n=3), curve([1.0], n=1)], "Points with one seed have no interval."),
        ([curve([1.0], n=2, lost=1)], "1 NaN or infinite"),
        ([curve([np.nan], n=0, lost=3)], "No finite value. Left out of the means and marked ×: 3 NaN or infinite."),
    ],
)
def test_foot_of_a_curve_figure_says_what_the_intervals_are(curves, expected):
    assert expected in seed_line(curves)


def test_nan_values_are_marked_where_they_occur():
    rows = [PanelRow("LSS", (Panel("", (curve([1.0, 2.0], n=2, lost=1),)),))]
    assert "× 1 NaN" in texts(draw_curves(rows, x_label="depth"))


def test_one_seed_draws_no_interval():
    def bars(n):
        axes = draw_curves([PanelRow("", (Panel("", (curve([1.0, 2.0], n=n),)),))], x_label="").axes[0]
        return len(axes.containers)

    assert bars(1) == 0
    assert bars(3) == 1


def test_null_values_are_in_the_legend_once():
    panel = Panel("", (curve([1.0, 2.0]),), (level("√L", 2.0),))
    figure = draw_curves([PanelRow("LSS", (panel, panel))], x_label="")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["plain", "√L"]


def test_zero_decay_has_a_place_of_its_own_and_a_break():
    axis = DecayAxis.of([0.0, 1e-4, 1e-2])
    places = axis.positions(axis.values)
    assert (np.diff(places) > 0).all()
    figure = draw_curves([PanelRow("", (Panel("", (curve([1.0, 2.0, 3.0]),)),))], x_label="", decays=axis)
    labels = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert labels == ["0", "1e-4", "0.01"]
    assert "//" in texts(figure)
    assert "//" not in texts(
        draw_curves([PanelRow("", (Panel("", (curve([1.0]),)),))], x_label="", decays=DecayAxis.of([0.0]))
    )


def test_decays_are_written_as_people_write_them():
    assert [decay_label(value) for value in (0, 5e-4, 2.5e-3, 0.05, 1.0)] == ["0", "5e-4", "2.5e-3", "0.05", "1"]


def test_families_differ_in_every_channel_and_classes_in_two():
    plain, resnet = family_look("plain"), family_look("resnet")
    assert all(getattr(plain, key) != getattr(resnet, key) for key in ("colour", "marker", "linestyle", "filled"))
    assert len({class_look(k)[0] for k in range(10)}) == len({class_look(k)[1] for k in range(10)}) == 10


def test_decay_colours_darken_in_order():
    def lightness(colour):
        return float(np.dot(mpl.colors.to_rgb(colour), [0.2126, 0.7152, 0.0722]))

    ramp = [lightness(look.colour) for look in ramp_looks(list("abcdef"))]
    assert all(a > b for a, b in itertools.pairwise(ramp))


@pytest.mark.parametrize("suffix", ["png", "pdf"])
def test_saved_figures_are_whole_and_equal(tracks, tmp_path: Path, suffix: str):
    figure = draw_tracks(tracks)
    paths = [save_figure(figure, tmp_path / f"{name}.{suffix}", dpi=50) for name in "ab"]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert paths[0].read_bytes()[:4] == {"png": b"\x89PNG", "pdf": b"%PDF"}[suffix]
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"a.{suffix}", f"b.{suffix}"]


def test_figures_import_neither_training_nor_tracking_nor_pyplot():
    code = (
        "import sys, geodl.figures; "
        "print([m for m in ('torch', 'pytorch_lightning', 'hydra', 'wandb', 'matplotlib.pyplot') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
