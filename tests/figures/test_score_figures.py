"""Heat maps, boxes and pairs of tracks show the numbers they are given, in grey too."""

from __future__ import annotations

import io

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.image import imread

from geodl.figures import (
    Box,
    BoxLook,
    BoxPanel,
    HeatPanel,
    HeatRow,
    PairPanel,
    draw_boxes,
    draw_heat_maps,
    draw_pair_scatter,
    figure_png,
)
from geodl.figures.pair_scatter import BETWEEN, WITHIN, share_kept

NAN = np.nan


def texts(figure):
    return "\n".join(text.get_text() for text in figure.findobj(mpl.text.Text))


def lightness(colour):
    return float(np.dot(mpl.colors.to_rgb(colour), [0.2126, 0.7152, 0.0722]))


def heat_map(values=((1.0, 2.0), (NAN, 5.5)), reach=((0.25, NAN), (NAN, 0.5)), **options):
    panel = HeatPanel("plain", np.array(values), np.array(reach))
    return draw_heat_maps(
        [HeatRow("LSS", (panel, panel), **options)],
        row_values=["4", "8"],
        column_values=["0", "0.01"],
        row_label="depth",
        column_label="decay",
        foot="n = 300",
    )


def boxes(values=(1.0, 2.0, 3.0, 4.0, 100.0, np.inf, NAN), **options):
    panel = BoxPanel("depth 8", (Box(0.0, np.array(values), BoxLook("plain", "#D55E00", "white", "//")),), {0.0: "0"})
    return draw_boxes([panel, panel], x_label="decay", y_label="LSS", **options)


def pairs(same=(True, False, False, False)):
    panel = PairPanel(
        "ResNet", np.array([1.0, 2, 3, 4]), np.array([1.0, 3, 2, 5]), same if same is None else np.array(same)
    )
    return draw_pair_scatter([[panel]], foot="2 seeds")


@pytest.mark.parametrize("draw", [heat_map, boxes, pairs])
def test_figures_are_not_blank_and_come_out_the_same_twice(draw):
    first, second = (figure_png(draw(), dpi=60) for _ in range(2))
    assert imread(io.BytesIO(first))[..., :3].std() > 0.05
    assert first == second


def test_a_heat_map_has_every_value_with_its_interval_and_the_same_decimals():
    shown = texts(heat_map()).splitlines()
    for expected in ("1.00", "± 0.25", "2.00", "5.50", "± 0.50", "–", "n = 300"):
        assert expected in shown
    assert shown.count("± 0.25") == 2  # both panels
    assert "1.000" in texts(heat_map([[1.0, 0.5], [0.25, 0.005]]))


def test_panels_of_a_row_share_their_scale_and_its_dark_end_is_the_better_one():
    for dark_is_high in (True, False):
        first, second = heat_map(dark_is_high=dark_is_high).axes[:2]
        image = first.images[0]
        assert (image.norm.vmin, image.norm.vmax) == (1.0, 5.5)
        assert second.images[0].norm is image.norm
        low, high = (lightness(image.cmap(share)) for share in (0.0, 1.0))
        assert (high < low) == dark_is_high


def test_the_scale_is_monotone_in_grey():
    ramp = heat_map().axes[0].images[0].cmap
    assert (np.diff([lightness(ramp(share)) for share in np.linspace(0, 1, 30)]) < 0).all()


def test_equal_values_and_no_values_have_a_scale_too():
    assert heat_map([[2.0, 2.0], [2.0, 2.0]]).axes[0].images[0].norm.vmin == 1.5
    assert heat_map([[NAN, NAN], [NAN, NAN]]).axes[0].images[0].norm.vmax == 1.0


def test_a_box_has_the_quantiles_and_counts_what_is_not_finite():
    figure = boxes((*range(101), np.inf, NAN), foot="3 seeds.")
    levels = {round(float(y), 6) for line in figure.axes[0].get_lines() for y in np.atleast_1d(line.get_ydata())}
    assert {5.0, 25.0, 50.0, 75.0, 95.0} <= levels
    assert "3 seeds. 4 NaN or infinite, not shown." in texts(figure)  # two panels


def test_boxes_side_by_side_share_the_axis_and_stacked_ones_say_that_they_do_not():
    beside, stacked = boxes(), boxes(stacked=True)
    assert beside.axes[0].get_shared_y_axes().joined(*beside.axes[:2])
    assert not stacked.axes[0].get_shared_y_axes().joined(*stacked.axes[:2])
    assert "The vertical axes differ" in texts(stacked)
    assert "differ" not in texts(beside)


def test_a_box_of_no_finite_value_draws_nothing():
    assert not boxes((NAN, np.inf)).axes[0].get_lines()


def test_the_share_counts_pairs_on_the_bound_as_kept():
    assert share_kept(np.array([1.0, 2.0, 0.0]), np.array([1.0 - 1e-12, 1.9, 0.0])) == pytest.approx(2 / 3)
    assert np.isnan(share_kept(np.zeros(0), np.zeros(0)))


def test_pairs_are_told_apart_and_their_shares_are_said():
    shown = texts(pairs())
    assert "between: 66.7 % keep it" in shown
    assert "within: 100.0 % keep it" in shown
    assert "75.0 % keep it" in texts(pairs(same=None))
    assert "within" not in texts(pairs(same=None))
    axes = pairs().axes[0]
    assert axes.get_aspect() == 1.0
    assert axes.get_xlim() == axes.get_ylim()
    assert lightness(BETWEEN[0]) - lightness(WITHIN[0]) > 0.3
