"""Figures of scored models: they are drawn for one leg and many, with and without values."""

from __future__ import annotations

import math

import numpy as np
import pytest

from geodl.figures import draw_depth, draw_histograms, figure_png
from geodl.figures.model_dots import ModelDot, draw_models


def row(leg, k, **values):
    keys = ("norm", "step_length", "angle_to_step_before", "step_ots", "step_transport_ratio")
    return {"leg": leg, "read_out": f"encoder.layer.{k}", **{key: values.get(key, math.nan) for key in keys}}


def test_depth_sets_legs_apart_and_leaves_out_what_was_not_measured():
    rows = [row(0, 0, norm=1.0), row(0, 1, norm=2.0, step_length=1.5), row(1, 2, norm=3.0)]
    figure = draw_depth(rows, title="mine")
    assert len(figure.axes) == 3
    lines = figure.axes[0].get_lines()
    assert [line.get_xdata().tolist() for line in lines[:2]] == [[0.0, 1.0], [2.0]]
    assert len(draw_depth([*rows, row(1, 3, step_ots=0.5)]).axes) == 4


@pytest.mark.parametrize("n", [2, 40])
def test_depth_names_as_many_read_outs_as_there_is_room_for(n):
    figure = draw_depth([row(0, k, norm=1.0, step_length=1.0) for k in range(n)])
    assert 1 < len(figure.axes[-1].get_xticklabels()) <= 26
    assert figure_png(figure, dpi=40)


def test_histograms_have_null_values_of_their_own():
    scores = np.linspace(1, 2, 30)
    figure = draw_histograms([("leg 0", scores, 4), ("leg 1", scores, 9)])
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert any("√L = 2.00" in text for text in texts)
    assert any("√L = 3.00" in text for text in texts)


def test_models_stand_in_rows_with_their_null_values_and_nan_is_said():
    models = [
        ModelDot("a", 4, 100, {"lss": 1.5, "lss_q25": 1.4, "lss_q75": 1.7, "ots": 1.0, "ots_low": 0.9}),
        ModelDot("a rather long name of a model with a path in it", 9, 50, {"lss": math.nan}),
    ]
    figure = draw_models(models)
    assert [axes.get_xlabel() for axes in figure.axes] == ["LSS (1 = straight)", "OTS (1 = OT map)"]
    assert [text.get_text() for text in figure.axes[0].texts] == ["NaN"]
    assert figure_png(figure, dpi=40)
