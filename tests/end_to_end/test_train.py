"""The command line as a user meets it: real processes, real files, real offline W&B runs."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest
import torch
import yaml

from tests.conftest import ROOT
from tests.end_to_end.run_folders import SMALL, metrics, runs, status
from tests.end_to_end.wandb_file import read_records


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """One finished run with an offline W&B run, shared by the tests that only read it."""
    folder = tmp_path_factory.mktemp("trained")
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "train.py"), *SMALL, "track.save=last"],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=240,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (run,) = runs(folder)
    return run, done


def test_a_run_says_what_it_trains_and_what_came_out(trained):
    run, done = trained
    assert "parameters" in done.stderr
    assert "blocks.1" in done.stderr
    assert "LSS" in done.stderr.splitlines()[-1]
    assert str(run) in done.stderr.splitlines()[-1]
    assert "it/s" not in done.stderr  # no progress bar where nobody looks
    assert "Warning" not in done.stderr


def test_the_run_folder_holds_everything(trained):
    run, _ = trained
    assert {path.name for path in run.iterdir()} >= {
        "status.json",
        "config.yaml",
        "overrides.yaml",
        "provenance.json",
        "metrics.csv",
        "scores.jsonl",
        "read_outs.csv",
        "summary.json",
        "train.log",
        "checkpoints",
        "figures",
        "tracks",
        "wandb",
    }
    assert (status(run)["status"], status(run)["epoch"]) == ("finished", 2)
    assert "${" not in (run / "config.yaml").read_text()
    assert "track.save=last" in yaml.safe_load((run / "overrides.yaml").read_text())
    assert sorted(path.name for path in (run / "figures").glob("*.png")) == [
        "tracks_epoch_0000.png",
        "tracks_epoch_0001.png",
        "tracks_epoch_0002.png",
    ]
    assert json.loads((run / "provenance.json").read_text())["packages"]["torch"] == torch.__version__.split("+")[0]


def test_the_checkpoint_loads_without_running_code(trained):
    run, _ = trained
    weights = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)
    assert weights["epoch"] == 1
    assert any("running_mean" in name for name in weights["state_dict"])


def test_the_saved_track_gives_the_logged_scores(trained):
    from geodl import Track, line_shape_score

    run, _ = trained
    (leg,) = Track.load(run / "tracks" / "last.safetensors").legs()
    assert line_shape_score(leg.states).value == metrics(run).loc[2, "geometry/lss"]


def test_the_offline_wandb_run_holds_the_same_numbers(trained):
    run, _ = trained
    (file,) = run.glob("wandb/offline-run-*/*.wandb")
    history, header, config, axes, summary, exit_code = [], None, {}, {}, {}, None
    for record in read_records(file):
        kind = record.WhichOneof("record_type")
        if kind == "history":
            items = record.history.item
            history.append({i.nested_key[0] if i.nested_key else i.key: json.loads(i.value_json) for i in items})
        elif kind == "run":
            header = record.run
            config = {i.key: json.loads(i.value_json) for i in record.run.config.update}
        elif kind == "summary":
            summary |= {item.key: json.loads(item.value_json) for item in record.summary.update if item.key}
        elif kind == "metric":
            axes[record.metric.glob_name or record.metric.name] = record.metric.step_metric
        elif kind == "exit":
            exit_code = record.exit.exit_code
    assert (header.run_group, header.job_type) == ("default", "resnet_mlp")
    assert header.display_name == status(run)["slug"]
    assert header.run_id == status(run)["wandb_id"]
    assert config["network"]["depth"] == 2
    assert axes["geometry/*"] == axes["test/*"] == "epoch"
    assert exit_code == 0
    assert summary["geodl"]["provenance"]["probe_digest"] == summary["geodl"]["summary"]["probe"]["digest"]
    assert summary["geodl"]["summary"]["network"]["depth"] == 2
    table = metrics(run)
    for name in ("geometry/lss", "geometry/ots", "geometry/ots_low", "geometry/transport_ratio", "test/accuracy"):
        logged = {row["epoch"]: row[name] for row in history if name in row}
        assert logged == table[name].to_dict()
    assert sum("figures/tracks" in row for row in history) == 3
    assert any("figures/read_outs" in row for row in history)
    assert any("figures/lss_leg0" in row for row in history)


def test_a_failed_run_is_failed_in_wandb_too(run_cli, tmp_path):
    done = run_cli("train", *SMALL, "optimizer.lr=1e30")
    assert done.returncode == 1
    assert "lower optimizer.lr (now 1e+30)" in done.stderr
    (file,) = tmp_path.glob("outputs/default/*/wandb/offline-run-*/*.wandb")
    codes = [record.exit.exit_code for record in read_records(file) if record.WhichOneof("record_type") == "exit"]
    assert codes == [1]


def test_a_finished_run_is_skipped_and_untouched(trained, run_cli):
    run, _ = trained
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*")}
    again = run_cli("train", *SMALL, "track.save=last", cwd=run.parents[2])
    assert again.returncode == 0
    assert "already finished, skipped" in again.stderr
    assert {path: path.stat().st_mtime_ns for path in run.rglob("*")} == before


def test_a_run_repeats_bit_for_bit_from_its_folder(trained, run_cli):
    run, _ = trained
    again = run_cli("train", "--config-dir", str(run))
    assert again.returncode == 0, again.stderr
    assert "identical:" in again.stdout
    assert "over 3 epochs, bit for bit" in again.stdout


def test_a_repetition_that_differs_is_said(trained, run_cli, tmp_path):
    import shutil

    run, _ = trained
    copy = tmp_path / "outputs" / "default" / run.name
    shutil.copytree(run, copy)
    table = pd.read_csv(copy / "metrics.csv", dtype=str)
    table.loc[2, "geometry/lss"] = str(float(table.loc[2, "geometry/lss"]) + 1e-15)
    table.to_csv(copy / "metrics.csv", index=False)
    again = run_cli("train", "--config-dir", str(copy))
    assert again.returncode == 1
    assert "different: geometry/lss" in again.stderr


def test_a_configuration_changed_by_hand_is_not_repeated(trained, run_cli, tmp_path):
    import shutil

    run, _ = trained
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    (copy / "config.yaml").write_text((copy / "config.yaml").read_text().replace("depth: 2", "depth: 3"))
    again = run_cli("train", "--config-dir", str(copy))
    assert again.returncode == 2
    assert "was changed after the run" in again.stderr


def test_a_sweep_survives_a_failing_job_and_the_same_command_tries_it_again(run_cli, tmp_path):
    sweep = ["-m", *SMALL, "logger=csv", "sweep.name=s", "trainer.max_epochs=1", "network=plain_mlp,resnet_mlp"]
    bad = run_cli("train", *sweep, "optimizer.lr=1e30,0.1")
    assert bad.returncode == 1
    assert "4 jobs: 2 trained, 0 already finished, 2 failed" in bad.stderr
    assert "TrainingDivergedError: train/loss: expected a finite number" in bad.stderr
    states = [status(folder) for folder in runs(tmp_path, "s")]
    assert sorted(state["status"] for state in states) == ["failed", "failed", "finished", "finished"]
    failed = next(folder for folder in runs(tmp_path, "s") if status(folder)["status"] == "failed")
    assert "in epoch 1, batch" in status(failed)["error"]
    assert metrics(failed).index.tolist() == [0]  # what was measured before is kept
    again = run_cli("train", *sweep, "optimizer.lr=1e30,0.1")
    assert "4 jobs: 0 trained, 2 already finished, 2 failed" in again.stderr
    assert len(list((tmp_path / "outputs" / "s" / ".attempts").iterdir())) == 2
    report = run_cli("report", "outputs/s", "--no-pdf")
    assert report.returncode == 0, report.stderr
    assert "2 finished" in report.stdout
    page = (tmp_path / "outputs" / "s" / "report" / "report.html").read_text()
    assert "C3   undecided" in report.stdout
    assert (tmp_path / "outputs" / "s" / "report" / "verdicts.csv").exists()
    assert "TrainingDivergedError" in page


def test_ctrl_c_marks_the_run_interrupted_and_keeps_its_metrics(tmp_path):
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "scripts" / "train.py"), *SMALL, "logger=wandb", "trainer.max_epochs=10000"],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "OMP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not any((status(f)["epoch"] or 0) >= 3 for f in runs(tmp_path)):
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    (run,) = runs(tmp_path)
    assert process.returncode == 130, said
    assert status(run)["status"] == "interrupted"
    assert metrics(run).index.max() >= 3
    assert "the same command goes on from there" in said
    assert "Traceback" not in said


def killed_once(folder, command, reached):
    """Start a run and kill it as soon as something is reached, however busy the machine."""
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "scripts" / "train.py"), *command],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "OMP_NUM_THREADS": "1"},
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not reached():
        time.sleep(0.1)
    process.kill()
    process.wait()


def test_a_killed_run_keeps_its_metrics_and_is_tried_anew(tmp_path, run_cli):
    command = [*SMALL, "logger=csv", "trainer.max_epochs=10000"]
    killed_once(tmp_path, command, lambda: any((status(f)["epoch"] or 0) >= 2 for f in runs(tmp_path)))
    (run,) = runs(tmp_path)
    assert status(run)["status"] == "running"  # nobody could say otherwise
    reached = metrics(run).index.max()
    assert reached >= 2
    short = run_cli("train", *command, "trainer.limit_train_batches=1", "trainer.max_epochs=1")  # another run
    assert short.returncode == 0
    killed_once(tmp_path, command, (tmp_path / "outputs" / "default" / ".attempts").exists)
    (kept,) = (tmp_path / "outputs" / "default" / ".attempts").iterdir()
    assert metrics(kept).index.max() == reached


def test_help_and_cfg_answer_before_torch_is_loaded(run_cli):
    heavy = {"torch", "pytorch_lightning", "wandb", "ot", "matplotlib", "pandas"}
    code = (
        "import sys, runpy; sys.argv = ['train.py', *sys.argv[1:]]\n"
        f"try: runpy.run_path({str(ROOT / 'scripts' / 'train.py')!r}, run_name='__main__')\n"
        "except SystemExit: pass\n"
        f"print(sorted({heavy} & set(sys.modules)), file=sys.stderr)"
    )
    for arguments in (["--help"], ["--cfg", "job"], ["network=resnet_mpl"], ["network.depth=0"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.stderr.splitlines()[-1] == "[]", (arguments, done.stderr)
