"""Runs of known maps in a report: figures and a table of their own, and no part in what is said of networks."""

from __future__ import annotations

import json

import pandas as pd
import pytest
import yaml

from geodl.report.aggregate import aggregate
from geodl.report.build import build_report
from geodl.report.calibration_pictures import calibration_pictures, calibration_table
from geodl.report.collect import collect_sweep


def write_known(sweep, kind, amount, dim, n=100, seed=0, commit="a" * 40, **scores):
    folder = sweep / f"known_map-{kind}{amount}-d{dim}-n{n}-s{seed}"
    folder.mkdir(parents=True)
    metrics = {"epoch": 0.0, "geometry/lss": 1.0, "geometry/ots": 1.0, "geometry/transport_ratio": 1.0, **scores}
    calibration = {"map": kind, "amount": amount, "dim": dim, "depth": 8}
    config = {
        "calibration": calibration,
        "data": {"name": "mnist5k"},
        "optimizer": {"weight_decay": 0.1},
        "track": {"n_samples": n},
        "score": {"line_shape": {"when": "always"}},
        "seed": seed,
    }
    summary = {
        "metrics": metrics,
        "network": {"family": "known map", "depth": None, "width": None},
        "probe": {"n": n, "seed": seed, "digest": f"{n}-{dim}-{seed}"},
        "legs": [{"index": 0, "names": ["points", "step.8"], "dim": dim, "n_steps": 8}],
        "seconds": 0.1,
        "epochs": 0,
    }
    for name, content in {
        "status": {"status": "finished", "epoch": 0, "max_epochs": 0},
        "summary": summary,
        "provenance": {"commit": commit, "dirty": False, "probe_digest": f"{n}-{dim}-{seed}"},
    }.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    (folder / "overrides.yaml").write_text(yaml.safe_dump([f"calibration={{map:{kind},amount:{amount}}}"]))
    names, values = zip(*metrics.items(), strict=True)
    (folder / "metrics.csv").write_text(",".join(names) + "\n" + ",".join(map(repr, values)) + "\n")


@pytest.fixture
def known_sweep(tmp_path):
    sweep = tmp_path / "calibration"
    for dim, full in ((2, 0.1), (32, 1.0)):
        for seed in (0, 1):
            write_known(sweep, "rotation", 10.0, dim, seed=seed, **{"geometry/ots": full - 0.02 * seed * (dim == 2)})
            write_known(sweep, "rotation", 60.0, dim, seed=seed, **{"geometry/ots": full / 2})
            write_known(sweep, "pairing", None, dim, seed=seed, **{"geometry/ots": 0.01})
    return sweep


def test_a_sweep_of_known_maps_has_its_figure_and_its_table(known_sweep):
    report = build_report(known_sweep, pdf=False)
    assert [path.name for path in report.figures] == ["calibration_n100_L8.png"]
    page = report.html.read_text()
    assert "no run has finished" not in page.lower().replace("no run of this sweep has finished", "no run has finished")
    assert "Calibration: what a value means" in page
    assert report.status == "12 finished"  # pairing has no amount, and none is missing
    assert "0.090 ± 0.127" in report.summary  # of 0.1 and 0.08: mean ± 12.706 · 0.01414 / √2
    assert len(pd.read_csv(report.runs_csv)) == 12


def test_the_caption_says_from_which_dimension_on_a_rotation_has_full_marks(known_sweep):
    (picture,) = calibration_pictures(collect_sweep(known_sweep).counted)
    assert "OTS above 0.99: by 10 degrees from d = 32 on; by 60 degrees at no d up to 32." in picture.caption
    assert picture.section == "calibration"


def test_each_n_has_a_figure(known_sweep):
    write_known(known_sweep, "noise", 0.1, 2, n=1000)
    pictures = list(calibration_pictures(collect_sweep(known_sweep).counted))
    assert [picture.name for picture in pictures] == ["calibration_n100_L8", "calibration_n1000_L8"]


def test_without_known_maps_there_is_nothing():
    assert list(calibration_pictures([])) == []
    assert calibration_table([]).rows == ()


def test_among_networks_known_maps_enter_no_mean_and_no_other_figure(known_sweep, make_run):
    alone = known_sweep.parent / "networks"
    for sweep in (alone, known_sweep):
        for family in ("plain", "resnet"):
            for decay in (0.0, 0.01):
                make_run(sweep, family=family, decay=decay)
    mixed, pure = build_report(known_sweep, pdf=False), build_report(alone, pdf=False)
    assert mixed.summary == pure.summary
    names = {path.name for path in mixed.figures}
    assert names == {path.name for path in pure.figures} | {"calibration_n100_L8.png"}
    pd.testing.assert_frame_equal(pd.read_csv(mixed.aggregate_csv), pd.read_csv(pure.aggregate_csv))
    assert mixed.status == "16 finished"


def test_points_of_their_own_are_no_mixture_but_another_commit_is(known_sweep):
    write_known(known_sweep, "noise", 0.1, 2, commit="b" * 40)
    with pytest.raises(ValueError, match="one state of the code"):
        build_report(known_sweep, pdf=False)


def test_known_maps_are_a_cell_of_their_own_should_anybody_average_them(known_sweep):
    cells = aggregate(collect_sweep(known_sweep).counted)
    assert {cells.value(cell, "family") for cell in cells.cells} == {"known map"}
