"""Means and intervals over seeds, against values worked out by hand and by explicit loops."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from geodl.report.aggregate import aggregate, interval
from geodl.report.collect import collect_sweep
from geodl.report.grid import find_grid


def test_interval_of_three_seeds_is_the_tabulated_one():
    found = interval([2.0, 2.1, 2.2])
    assert (found.mean, found.n) == (pytest.approx(2.1), 3)
    assert found.std == pytest.approx(0.1)
    assert found.high - found.mean == pytest.approx(4.302653 * 0.1 / math.sqrt(3), rel=1e-6)


def test_interval_agrees_with_scipy():
    values = np.random.default_rng(0).normal(size=9)
    found = interval(values)
    assert (found.low, found.high) == pytest.approx(
        stats.t.interval(0.95, 8, loc=values.mean(), scale=stats.sem(values))
    )


def test_one_seed_has_no_interval_and_no_seed_no_mean():
    assert math.isnan(interval([1.0]).low)
    assert interval([1.0]).mean == 1.0
    assert math.isnan(interval([]).mean)


def test_nan_and_infinity_are_counted_and_not_averaged():
    found = interval([1.0, math.nan, 3.0, math.inf])
    assert (found.mean, found.n, found.not_finite) == (2.0, 2, 2)


def test_cells_of_the_grid_average_their_finished_seeds(grid_sweep):
    results = aggregate(collect_sweep(grid_sweep).counted)
    assert results.keys == ("family", "depth", "width", "weight_decay")
    assert len(results.cells) == 8
    full = results.final(("resnet", 8, 32, 0.01), "geometry/ots")
    assert (full.mean, full.n) == (pytest.approx(0.992), 3)  # 0.990, 0.992, 0.994
    assert full.high - full.mean == pytest.approx(4.302653 * 0.002 / math.sqrt(3), rel=1e-5)
    partial = results.final(("resnet", 4, 32, 0.0), "geometry/ots")
    assert (partial.mean, partial.n) == (pytest.approx(0.991), 2)  # the third seed was interrupted
    alone = results.final(("plain", 8, 32, 0.01), "geometry/ots")
    assert (alone.mean, alone.n) == (pytest.approx(0.021), 1)  # one failed, one never started
    assert math.isnan(alone.low)


def test_frame_agrees_with_a_loop_over_the_folders(grid_sweep):
    frame = aggregate(collect_sweep(grid_sweep).counted).frame()
    rows: dict[tuple, list[float]] = {}
    for run in collect_sweep(grid_sweep).runs:
        if run.status == "finished":
            network = run.config["network"]
            cell = (network["family"], network["depth"], run.config["optimizer"]["weight_decay"])
            rows.setdefault(cell, []).append(run.summary["metrics"]["geometry/lss"])
    lss = frame[frame["metric"] == "geometry/lss"].set_index(["family", "depth", "weight_decay"])
    assert len(lss) == len(rows)
    for cell, values in rows.items():
        assert lss.loc[cell, "mean"] == pytest.approx(np.mean(values))
        assert lss.loc[cell, "n"] == len(values)


def test_network_name_moves_with_the_family_and_a_learning_rate_is_a_key_of_its_own(tmp_path, make_run):
    import yaml

    for family in ("plain", "resnet"):
        for seed in (0, 1):
            folder = make_run(tmp_path, family=family, seed=seed)
            config = yaml.safe_load((folder / "config.yaml").read_text())
            config["optimizer"]["lr"] = 0.1 if seed else 0.05
            (folder / "config.yaml").write_text(yaml.safe_dump(config))
    results = aggregate(collect_sweep(tmp_path).counted)
    assert results.keys[4:] == ("optimizer.lr",)
    assert results.moving_together == ("network.name",)
    assert len(results.cells) == 4


def test_what_belongs_to_one_data_set_is_not_crossed_with_the_others(tmp_path, make_run):
    import yaml

    for family, depth in itertools.product(("plain", "resnet"), (2, 4)):
        for name, options in {"blobs": {"noise": 0.2}, "spirals": {"noise": 0.05, "turns": 1.0}}.items():
            folder = make_run(tmp_path / name, family=family, depth=depth)
            config = yaml.safe_load((folder / "config.yaml").read_text())
            config["data"] = {**config["data"], "name": name, **options}
            (folder / "config.yaml").write_text(yaml.safe_dump(config))
            folder.rename(tmp_path / f"{name}-{folder.name}")
        (tmp_path / "blobs").rmdir()
        (tmp_path / "spirals").rmdir()
    runs = collect_sweep(tmp_path).runs
    results = aggregate(runs)
    assert results.keys[4:] == ("data.name",)
    assert {"data.noise", "data.turns"} <= set(results.moving_together)
    assert (find_grid(runs).expected, find_grid(runs).absent) == (8, ())


def test_untrained_value_counts_every_seed_once(grid_sweep):
    results = aggregate(collect_sweep(grid_sweep).counted)
    cells = [cell for cell in results.cells if cell[:2] == ("resnet", 8)]
    assert len(cells) == 2
    assert results.untrained(cells, "geometry/lss").n == 3


def test_frame_of_no_runs_is_empty():
    frame = aggregate([]).frame()
    assert isinstance(frame, pd.DataFrame)
    assert frame.empty
