"""Pictures of blocks, samples and pairs are made from what run folders hold, and left out where they hold nothing."""

from __future__ import annotations

import json

import matplotlib as mpl
import numpy as np
import pytest
import torch

from geodl.profiles import track_profile
from geodl.report.aggregate import aggregate
from geodl.report.collect import collect_sweep
from geodl.report.gallery import draw_gallery
from geodl.report.picture import middle_decay, size_line
from geodl.report.profiles import read_profiles
from geodl.report.render import SECTIONS
from geodl.report.score_details import along_depth, details_at
from geodl.tracks import Track
from tests.scores.tracks import random_tracks

OURS = {"blocks", "samples", "weights"}


def fill(run, depth, seed):
    """Give a run folder profiles and details; the values follow from depth, seed and epoch."""
    lines = []
    for epoch in (0, 2, 4):
        names = [f"blocks.{k}" for k in range(depth + 1)]
        shared = {"epoch": epoch, "leg": 0, "read_outs": names, "value": 1.0, "valid": True, "reason": ""}
        ots = [0.1 * seed + 0.01 * epoch] * depth
        lines.append({**shared, "score": "step_transport", "details": {"ots": ots, "transport_ratio": [0.9] * depth}})
        times = [(k + 1) / depth for k in range(depth - 1)]
        lines.append({
            **shared,
            "score": "geodesic_deviation",
            "details": {"per_step": [0.5] * (depth - 1), "times": times},
        })
        if epoch != 2:
            states = [torch.as_tensor(state) for state in random_tracks(seed + epoch, n=60, d=6, steps=depth)]
            track = Track(tuple(states), tuple(names), labels=torch.arange(60) % 3, epoch=epoch)
            track_profile(track).save(run / "profiles" / f"epoch_{epoch:04d}.npz")
    (run / "scores.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n")


@pytest.fixture(scope="module")
def filled(tmp_path_factory, make_run):
    sweep = tmp_path_factory.mktemp("filled") / "s"
    for family in ("plain", "resnet"):
        for depth in (3, 4):
            for decay in (0.0, 0.01):
                for seed in (0, 1):
                    fill(make_run(sweep, family=family, depth=depth, decay=decay, seed=seed), depth, seed)
    return aggregate(collect_sweep(sweep).counted)


@pytest.fixture(scope="module")
def pictures(filled):
    return {picture.name: picture for picture in draw_gallery(filled)}


def texts(picture):
    return "\n".join(text.get_text() for text in picture.figure.findobj(mpl.text.Text))


def test_every_picture_is_there_in_a_section_of_the_page(pictures):
    expected = (
        "lss_heat_map ots_heat_map geodesic_heat_map lss_of_samples lss_by_class_depth3 lss_by_class_depth4 "
        "track_distance_of_pairs_depth3 step_transport_by_block_depth3 step_transport_by_block_depth4 "
        "geodesic_deviation_along_track bend_by_read_out action_against_weights_depth3"
    )
    assert set(expected.split()) <= set(pictures)
    assert {picture.section for picture in pictures.values()} <= {key for key, _ in SECTIONS}


def test_n_d_and_l_stand_in_every_figure_of_a_score(pictures):
    names = [name for name, p in pictures.items() if p.section in OURS or "heat" in name or "gap" in name]
    assert len(names) > 10
    for name in names:
        # Of single samples the profiles' own size, which differs here from that of the summary.
        size = "n = 60, d = 6, L = " if pictures[name].section == "samples" else "n = 500, d = 32, L = "
        assert size in texts(pictures[name]), name


def test_blocks_have_the_mean_over_seeds_after_training_and_the_untrained_line(pictures):
    axes = pictures["step_transport_by_block_depth4"].figure.axes[0]
    curves = [line for line in axes.get_lines() if line.get_linestyle() == "-" and len(line.get_xdata()) == 4]
    assert curves
    for curve in curves:
        np.testing.assert_allclose(curve.get_ydata(), 0.05 + 0.04)  # seeds 0 and 1, epoch 4
        np.testing.assert_array_equal(curve.get_xdata(), [1, 2, 3, 4])
    (untrained,) = [line for line in axes.get_lines() if line.get_linestyle() == ":"]
    np.testing.assert_allclose(untrained.get_ydata(), 0.05)


def test_the_deviation_begins_and_ends_on_the_geodesic(pictures):
    axes = pictures["geodesic_deviation_along_track"].figure.axes[0]
    curve = next(line for line in axes.get_lines() if len(line.get_xdata()) == 4)
    np.testing.assert_allclose(curve.get_xdata(), [0, 1 / 3, 2 / 3, 1])
    np.testing.assert_allclose(curve.get_ydata(), [0, 0.5, 0.5, 0])


def test_bends_are_those_of_the_profiles(filled, pictures):
    runs = [run for cell in filled.cells for run in filled.runs[cell]]
    profiles = read_profiles(runs)
    plain = filled.runs[filled.cells[0]]
    expected = np.mean([profiles[run.name].after.legs[0].bend_mean for run in plain], axis=0)
    lines = pictures["bend_by_read_out"].figure.axes[0].get_lines()
    assert any(len(line.get_ydata()) == 2 and np.allclose(line.get_ydata(), expected) for line in lines)


def test_heat_maps_hold_the_means(filled, pictures):
    image = pictures["lss_heat_map"].figure.axes[0].images[0].get_array()
    cell = next(cell for cell in filled.cells if cell[:2] == ("plain", 3) and cell[3] == 0.01)
    assert image[0, 1] == pytest.approx(filled.final(cell, "geometry/lss").mean)


def test_runs_without_profiles_and_details_are_reported_without_these_pictures(tmp_path, make_run):
    for decay in (0.0, 0.01):
        make_run(tmp_path / "s", decay=decay)
    results = aggregate(collect_sweep(tmp_path / "s").counted)
    sections = {picture.section for picture in draw_gallery(results)}
    assert sections.isdisjoint({"blocks", "samples"})
    assert "weights" in sections


def test_a_profile_that_cannot_be_read_is_as_good_as_none(tmp_path, make_run):
    run = make_run(tmp_path / "s")
    fill(run, 4, 0)
    (run / "profiles" / "epoch_0004.npz").write_bytes(b"cut off")
    (found,) = read_profiles(collect_sweep(tmp_path / "s").runs).values()
    assert found.before is not None
    assert found.after is None
    results = aggregate(collect_sweep(tmp_path / "s").counted)
    assert "lss_of_samples" in {picture.name for picture in draw_gallery(results)}


def test_details_leave_out_what_is_corrupt_or_invalid(tmp_path):
    good = {"epoch": 4, "leg": 1, "score": "step_transport", "valid": True, "details": {}}
    lines = [
        json.dumps(good),
        json.dumps({**good, "leg": 0}),
        json.dumps({**good, "valid": False}),
        '{"step_transport"',
    ]
    (tmp_path / "scores.jsonl").write_text("\n".join(lines))
    found = details_at(tmp_path, "step_transport")
    assert [line["leg"] for line in found[4]] == [0, 1]
    assert details_at(tmp_path / "absent", "step_transport") == {}


def test_legs_lie_one_behind_the_other_with_a_gap():
    laid = along_depth([(4, [1, 2, 3]), (1, []), (3, [4, 5])])
    assert laid.x == (1, 2, 3, 4, 5, 6, 7)
    np.testing.assert_array_equal(laid.y, [1, 2, 3, np.nan, np.nan, 4, 5])


def test_size_and_middle_decay(filled):
    assert size_line(filled, filled.cells) == "n = 500, d = 32, L = 3, 4"
    assert middle_decay(filled, filled.cells) == 0.01
