"""The forest plot shows every effect, its number and the side that is claimed, and cuts no label."""

from __future__ import annotations

import io
import math

import matplotlib as mpl
import numpy as np
from matplotlib.image import imread

from geodl.figures import ForestPanel, ForestRow, draw_forest, figure_png

ROWS = (
    ForestRow("C3  LSS of ResNets is below that of plain networks, said at length", -1.8, -1.9, -1.7, "supported", -1),
    ForestRow("C1a  Training lowers LSS of plain networks", 0.4, 0.1, 0.7, "contradicted", -1),
    ForestRow("C5a  LSS moves with depth", 0.2, math.nan, math.nan, "undecided", 0),
)
PANELS = [
    ForestPanel("difference of LSS", ROWS),
    ForestPanel("rank correlation", (ForestRow("C8  action", 1.0, 1.0, 1.0, "supported", 1),), (-1.0, 1.0)),
]


def texts(figure):
    return "\n".join(text.get_text() for text in figure.findobj(mpl.text.Text))


def test_every_row_has_its_label_number_and_look():
    figure = draw_forest(PANELS, foot="five seeds")
    shown = texts(figure)
    for expected in ("−1.8 [−1.9, −1.7]", "+0.4 [+0.1, +0.7]", "+0.2\n", "claimed side", "five seeds", "C8  action"):
        assert expected in f"{shown}\n"
    marks = {line.get_marker() for line in figure.axes[0].get_lines()} - {"None"}
    assert marks == {"o", "X", "D"}


def test_the_claimed_side_is_shaded_and_only_where_one_is_claimed():
    first, second = draw_forest(PANELS).axes
    boxes = [collection.get_paths()[0].get_extents() for collection in first.collections]
    assert [(box.x1, box.x0 < -1.9) for box in boxes] == [(0.0, True), (0.0, True)]
    assert second.collections[0].get_paths()[0].get_extents().x0 == 0.0


def test_nothing_is_cut_at_the_edges():
    pixels = imread(io.BytesIO(figure_png(draw_forest(PANELS, foot="a foot"), dpi=100)))[..., :3]
    for edge in (pixels[:, :2], pixels[:, -2:], pixels[:2], pixels[-2:]):
        assert np.all(edge == 1.0)


def test_equal_figures_are_equal_files():
    assert figure_png(draw_forest(PANELS), dpi=60) == figure_png(draw_forest(PANELS), dpi=60)
