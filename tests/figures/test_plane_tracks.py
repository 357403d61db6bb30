"""Tracks in the plane: what is kept, chosen and refused."""

from __future__ import annotations

import numpy as np
import pytest

from geodl.errors import TrackError
from geodl.figures.plane_tracks import PlaneTracks, score_line, window


def planes(**changes):
    xy = np.random.default_rng(0).normal(size=(4, 12, 2))
    values = {"xy": xy, "labels": np.arange(12) % 3, "partners": np.roll(np.arange(12), 1), "reason": "", "epoch": 5}
    return PlaneTracks(**{**values, "scores": {}, **changes})


def test_chords_lead_from_a_start_to_the_end_of_its_partner():
    tracks = planes()
    chosen = np.array([2, 7])
    for row, sample in zip(tracks.chords(chosen), chosen, strict=True):
        assert row.tolist() == [tracks.xy[0, sample].tolist(), tracks.xy[-1, tracks.partners[sample]].tolist()]


def test_without_a_plan_there_are_no_chords():
    assert planes(partners=None, reason="not certified").chords(np.arange(3)).shape == (0, 2, 2)


def test_the_drawn_samples_are_as_many_of_each_class_and_the_same_at_every_epoch():
    chosen = planes().spread(6)
    assert np.bincount(np.arange(12)[chosen] % 3).tolist() == [2, 2, 2]
    assert chosen.tolist() == planes(xy=np.zeros((2, 12, 2)), epoch=9).spread(6).tolist() == [0, 1, 2, 3, 4, 5]


def test_the_window_is_a_square_that_holds_all_states_of_all_epochs():
    early, late = planes(), planes(xy=3 + 5 * np.random.default_rng(1).normal(size=(4, 12, 2)))
    low, high = window([early, late])
    assert np.ptp(high - low) == pytest.approx(0, abs=1e-9)
    for tracks in (early, late):
        assert (tracks.xy > low).all()
        assert (tracks.xy < high).all()


def test_a_state_that_is_not_finite_does_not_spoil_the_window():
    broken = planes().xy.copy()
    broken[1, 3] = np.nan
    low, high = window([planes(xy=broken)])
    assert np.isfinite([low, high]).all()


def test_the_score_line_leaves_out_what_is_unknown():
    assert score_line(planes(scores={"lss": 1.234, "transport_ratio": 0.5})) == "LSS 1.23 · ratio 0.500"
    assert not score_line(planes())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"xy": np.zeros((4, 12, 3))}, r"xy: expected states of shape \(L\+1, n, 2\) with L >= 1, found \(4, 12, 3\)"),
        ({"xy": np.zeros((1, 12, 2))}, r"xy: expected .* found \(1, 12, 2\)"),
        ({"labels": np.zeros(3, int)}, r"labels: expected shape \(12,\), one a sample, found \(3,\)"),
        ({"partners": np.zeros(3, int)}, r"partners: expected shape \(12,\)"),
        ({"partners": None}, "reason: expected one exactly where there are no partners"),
        ({"reason": "no"}, "reason: expected one exactly where there are no partners"),
    ],
)
def test_what_does_not_fit_is_refused(changes, message):
    with pytest.raises(TrackError, match=message):
        planes(**changes)
