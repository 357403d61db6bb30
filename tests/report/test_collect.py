"""Run folders are read as they are: what is missing is named, what is corrupt is never a number."""

from __future__ import annotations

import json
import math

import pytest
import yaml

from geodl.errors import DataError
from geodl.report.collect import collect_sweep, read_run
from geodl.report.grid import find_grid
from geodl.report.mixing import origin_groups, refuse_mixed


def test_statuses_and_the_hidden_folder(grid_sweep):
    sweep = collect_sweep(grid_sweep)
    statuses = [run.status for run in sweep.runs]
    assert len(sweep.runs) == 23
    assert (statuses.count("finished"), statuses.count("failed"), statuses.count("interrupted")) == (21, 1, 1)
    assert not any(run.problems for run in sweep.runs)
    assert all(not run.name.startswith(".") for run in sweep.runs)


def test_grid_knows_what_is_absent_and_what_has_no_result(grid_sweep):
    grid = find_grid(collect_sweep(grid_sweep).runs)
    assert grid.expected == 24
    assert grid.absent == ((("plain", 8, 32, 0.01), 2),)
    assert {status for *_, status in grid.unfinished} == {"failed", "interrupted"}
    assert grid.describe(*grid.absent[0]) == "family=plain, depth=8, width=32, weight_decay=0.01, seed=2"


def test_keys_that_correspond_one_to_one_are_one_axis(tmp_path, make_run):
    for depth, decay in ((4, 0.0), (8, 0.01), (16, 0.1)):
        make_run(tmp_path, depth=depth, decay=decay)
    assert find_grid(collect_sweep(tmp_path).runs).absent == ()


@pytest.mark.parametrize(
    ("file", "content", "problem"),
    [
        ("summary.json", "{not json", "summary.json: unreadable"),
        ("summary.json", None, "summary.json: missing"),
        ("summary.json", '{"metrics": {}}', "holds no metrics"),
        ("config.yaml", "a: [", "config.yaml: unreadable"),
        ("status.json", '{"status": "odd"}', "expected one of finished"),
        ("status.json", "[1]", "expected a mapping"),
    ],
)
def test_a_run_with_a_corrupt_file_is_named_and_not_counted(tmp_path, make_run, file, content, problem):
    folder = make_run(tmp_path)
    (folder / file).unlink() if content is None else (folder / file).write_text(content)
    run = read_run(folder)
    assert not run.counts
    assert any(problem in text for text in run.problems)


def test_a_row_that_was_cut_off_is_left_out_and_named(tmp_path, make_run):
    folder = make_run(tmp_path)
    path = folder / "metrics.csv"
    path.write_text(path.read_text() + ",0.5")
    run = read_run(folder)
    assert run.counts
    assert any("has no epoch" in text for text in run.problems)


def test_an_empty_cell_is_not_measured_and_an_empty_score_of_a_scored_epoch_is_nan(tmp_path, make_run):
    folder = make_run(tmp_path)
    (folder / "metrics.csv").write_text(
        "epoch,geometry/n_samples,geometry/lss,test/accuracy\n0,500,,\n1,,,0.5\n2,500,nan,0.6\n"
    )
    history = read_run(folder).history
    assert math.isnan(history[0, "geometry/lss"])
    assert math.isnan(history[2, "geometry/lss"])
    assert (1, "geometry/lss") not in history
    assert (0, "test/accuracy") not in history


def test_reasons_of_invalid_scores_are_kept(tmp_path, make_run):
    folder = make_run(tmp_path)
    line = {"epoch": 4, "leg": 0, "score": "ots", "value": None, "valid": False, "reason": "solver stopped"}
    (folder / "scores.jsonl").write_text(json.dumps(line) + "\n{cut off")
    run = read_run(folder)
    assert [(score.score, score.reason) for score in run.invalid] == [("ots", "solver stopped")]
    assert "scores.jsonl: 1 corrupt line(s), left out" in run.problems


def test_a_running_job_whose_process_is_gone_is_told_apart(tmp_path, make_run):
    import socket

    folder = make_run(tmp_path, status="running")
    state = json.loads((folder / "status.json").read_text())
    state |= {"host": socket.gethostname(), "pid": 2**22 + 12345}  # above the kernel's largest process number
    (folder / "status.json").write_text(json.dumps(state))
    assert any("is gone" in text for text in read_run(folder).problems)


def test_folders_that_are_no_runs_are_named(tmp_path, make_run):
    make_run(tmp_path)
    (tmp_path / "notes").mkdir()
    (tmp_path / "report").mkdir()
    sweep = collect_sweep(tmp_path)
    assert len(sweep.ignored) == 1
    assert sweep.ignored[0].startswith("notes")


def test_a_missing_and_an_empty_folder_are_errors(tmp_path):
    with pytest.raises(DataError, match="expected a folder such as outputs"):
        collect_sweep(tmp_path / "absent")
    with pytest.raises(DataError, match="found an empty folder"):
        collect_sweep(tmp_path)


@pytest.mark.parametrize("other", [{"commit": "b" * 40}, {"diff_sha": "c0ffee"}, {"digest": "probe-digest-2"}], ids=str)
def test_runs_of_different_origin_are_refused_and_their_groups_listed(tmp_path, make_run, other):
    make_run(tmp_path, seed=0)
    make_run(tmp_path, seed=1, **other)
    runs = collect_sweep(tmp_path).counted
    assert len(origin_groups(runs)) == 2
    with pytest.raises(DataError, match=r"found 2 groups: .*1 run\(s\).*--allow-mixed"):
        refuse_mixed(runs)


def test_sweeps_over_the_probe_have_several_and_are_not_mixed(tmp_path, make_run):
    for n in (100, 200):
        folder = make_run(tmp_path, seed=n, digest=f"of {n}")
        config = yaml.safe_load((folder / "config.yaml").read_text())
        config["track"] = {"n_samples": n}
        (folder / "config.yaml").write_text(yaml.safe_dump(config))
    assert len(origin_groups(collect_sweep(tmp_path).counted)) == 1
    other = make_run(tmp_path, seed=4, digest="of others")
    config = yaml.safe_load((other / "config.yaml").read_text())
    config["track"] = {"n_samples": 200}
    (other / "config.yaml").write_text(yaml.safe_dump(config))
    with pytest.raises(DataError, match="found 3 groups"):
        refuse_mixed(collect_sweep(tmp_path).counted)


def test_two_data_sets_have_two_probe_sets_and_are_not_mixed(tmp_path, make_run):
    make_run(tmp_path, data="mnist5k", digest="a")
    make_run(tmp_path, data="digits", digest="b")
    assert len(origin_groups(collect_sweep(tmp_path).counted)) == 1


def test_an_unfinished_run_of_older_code_does_not_stop_the_report(tmp_path, make_run):
    make_run(tmp_path, seed=0)
    make_run(tmp_path, seed=1, status="failed", commit="b" * 40)
    assert len(origin_groups(collect_sweep(tmp_path).counted)) == 1
