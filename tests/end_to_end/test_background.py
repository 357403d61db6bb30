"""``score.background=true`` through the real command line: the same run folder and W&B run, whatever ends training."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

from tests.conftest import ROOT
from tests.end_to_end.run_folders import SMALL, metrics, runs, status
from tests.end_to_end.wandb_file import read_records


def history(run):
    """Rows of the offline W&B run by epoch, without times, W&B's own clock, pictures and tables."""
    (file,) = run.glob("wandb/offline-run-*/*.wandb")
    table: dict[float, dict[str, float]] = {}
    for record in read_records(file):
        if record.WhichOneof("record_type") != "history":
            continue
        items = record.history.item
        row = {".".join(i.nested_key) or i.key: json.loads(i.value_json) for i in items}
        kept = {
            name: value for name, value in row.items() if not name.startswith(("_", "time/", "figures/t", "figures/r"))
        }
        kept.pop("trainer/global_step", None)
        table.setdefault(row["epoch"], {}).update(kept)
    return table


def comparable(run):
    table = metrics(run)
    return table[[name for name in table.columns if not name.startswith("time/")]]


def test_a_run_is_the_same_in_the_foreground_and_in_the_background(run_cli, tmp_path):
    folders = {}
    for name, background in (("front", "false"), ("back", "true")):
        done = run_cli("train", *SMALL, "trainer.max_epochs=3", f"score.background={background}", f"sweep.name={name}")
        assert done.returncode == 0, done.stderr
        assert "Warning" not in done.stderr
        (folders[name],) = runs(tmp_path, name)
        lss = json.loads((folders[name] / "summary.json").read_text())["metrics"]["geometry/lss"]
        assert f"LSS {lss:.3f}" in done.stderr.splitlines()[-1]
    front, back = folders["front"], folders["back"]
    assert front.name == back.name  # one fingerprint: it is the same run
    pd.testing.assert_frame_equal(comparable(back), comparable(front), check_exact=True)
    assert metrics(back)[["time/score_s", "time/score_wait_s"]].notna().all(axis=None)
    for name in ("scores.jsonl", "read_outs.csv"):
        assert (back / name).read_bytes() == (front / name).read_bytes()
    summaries = [json.loads((run / "summary.json").read_text()) for run in (front, back)]
    for summary in summaries:
        summary["metrics"] = {k: v for k, v in summary["metrics"].items() if not k.startswith("time/")}
        del summary["seconds"], summary["peak_memory_mb"]
    assert summaries[0] == summaries[1]
    assert sorted(p.name for p in (back / "figures").iterdir()) == sorted(p.name for p in (front / "figures").iterdir())
    logged = history(back)
    assert sorted(logged) == [0, 1, 2, 3]
    assert logged == history(front)
    table = metrics(back)
    for name in ("geometry/lss", "geometry/ots", "geometry/transport_ratio", "test/accuracy"):
        assert {epoch: row[name] for epoch, row in logged.items()} == table[name].to_dict()


def test_a_score_that_comes_late_cannot_be_watched(run_cli, tmp_path):
    done = run_cli("train", *SMALL, "score.background=true", "callbacks.checkpoint.monitor=geometry/lss")
    assert done.returncode == 2
    assert "callbacks.checkpoint.monitor: expected no score with score.background=true" in done.stderr
    assert "Traceback" not in done.stderr
    assert runs(tmp_path) == []


@pytest.mark.parametrize("background", ["false", "true"])
def test_ctrl_c_leaves_the_scores_of_everything_that_was_recorded(tmp_path, background):
    arguments = ["logger=csv", "trainer.max_epochs=10000", "callbacks=none", f"score.background={background}"]
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "scripts" / "train.py"), *SMALL, *arguments],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "OMP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not any((status(f)["epoch"] or 0) >= 4 for f in runs(tmp_path)):
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    (run,) = runs(tmp_path)
    assert process.returncode == 130, said
    assert status(run)["status"] == "interrupted"
    assert "Traceback" not in said
    table = metrics(run)
    complete = table[table["time/track_s"].notna()]  # not the epoch in whose very end the signal came
    assert complete["geometry/lss"].notna().all()
    assert complete.index.max() >= 3
    lines = [json.loads(line) for line in (run / "scores.jsonl").read_text().splitlines()]
    assert {line["epoch"] for line in lines} >= set(complete.index)
