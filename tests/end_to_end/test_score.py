"""``geodl-score`` as a user meets it: real processes, real files, a real offline W&B run."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest

from tests.conftest import ROOT
from tests.end_to_end.run_folders import runs, status
from tests.end_to_end.wandb_file import read_records

MODULE = (ROOT / "tests" / "models" / "small.py").read_text().replace("from geodl.models.samples import Samples", "")
SMALL = ["model=python", "model.target=mine.build", "data=digits", "track.n_samples=40", "score=fast", "device=cpu"]


@pytest.fixture
def mine(tmp_path):
    """A user's own module in the folder the command is started in."""
    (tmp_path / "mine.py").write_text(MODULE.split("\ndef images")[0])


def test_a_model_is_scored_and_logged_to_wandb(run_cli, tmp_path, mine):
    done = run_cli("score", *SMALL, "model.args.depth=4")
    assert done.returncode == 0, done.stderr
    (run,) = runs(tmp_path)
    assert "blocks.0:input" in done.stderr  # the table of read-outs, before the scores
    assert "LSS" in done.stdout
    assert str(run / "report.html") in done.stdout
    summary = json.loads((run / "summary.json").read_text())
    assert summary["legs"][0]["n_steps"] == 4
    (file,) = run.glob("wandb/offline-run-*/*.wandb")
    history, header, exit_code = {}, None, None
    for record in read_records(file):
        kind = record.WhichOneof("record_type")
        if kind == "history":
            items = record.history.item
            history |= {i.nested_key[0] if i.nested_key else i.key: json.loads(i.value_json) for i in items}
        elif kind == "run":
            header = record.run
        elif kind == "exit":
            exit_code = record.exit.exit_code
    assert {name: history[name] for name in summary["metrics"]} == summary["metrics"]
    assert {"figures/tracks", "figures/lss", "figures/depth", "figures/read_outs"} <= set(history)
    assert (header.run_group, header.job_type, header.display_name) == ("default", "mine.build", status(run)["slug"])
    assert exit_code == 0
    wrong = run_cli("train", "--config-dir", str(run))
    assert wrong.returncode == 2
    assert "use geodl-score --config-dir" in wrong.stderr


def test_a_sweep_over_models_survives_one_that_fails_and_lays_the_others_side_by_side(run_cli, tmp_path, mine):
    targets = "model.target=mine.build,mine.broken"
    done = run_cli("score", "-m", *SMALL, targets, "logger=wandb", "sweep.name=s")
    assert done.returncode == 1
    assert "2 jobs: 1 scored, 0 already finished, 1 failed" in done.stderr
    assert "mine.broken() to return a model, found RuntimeError: no luck" in done.stderr
    assert "Traceback" not in done.stderr
    assert "models.html" in done.stdout
    assert (tmp_path / "outputs" / "s" / "scores.csv").is_file()
    (failed,) = (run for run in runs(tmp_path, "s") if status(run)["status"] == "failed")
    (file,) = failed.glob("wandb/offline-run-*/*.wandb")
    codes = [record.exit.exit_code for record in read_records(file) if record.WhichOneof("record_type") == "exit"]
    assert codes == [1]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["model.nmae=resnet18"], "did you mean 'model.name'?"),
        (["model=timmm"], "did you mean 'timm'?"),
        ([], "data: expected a choice for model=torchvision"),
        (["data=npz", "data.path=none.npz"], "data.path: expected a file, found none"),
        (["model=huggingface"], "model.path: expected a value, found none"),
    ],
)
def test_a_mistake_is_answered_in_one_line_before_torch_is_loaded(tmp_path, arguments, expected):
    code = (
        "import sys, runpy; sys.argv = ['score.py', *sys.argv[1:]]\n"
        f"try: runpy.run_path({str(ROOT / 'scripts' / 'score.py')!r}, run_name='__main__')\n"
        "except SystemExit as error: print(error.code)\n"
        "print(sorted({'torch', 'wandb', 'matplotlib', 'transformers'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert expected in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout.splitlines() == ["2", "[]"]
    assert runs(tmp_path) == []


@pytest.mark.slow
def test_ctrl_c_marks_the_job_interrupted(tmp_path, mine):
    (tmp_path / "slow.py").write_text(
        "import time, torch\nfrom mine import build as fast\nclass Slow(torch.nn.Module):\n"
        "    def __init__(self): super().__init__(); self.inner = fast()\n"
        "    def forward(self, x):\n        print('slow', flush=True); time.sleep(60)\n        return self.inner(x)\n"
    )
    arguments = [word.replace("mine.build", "slow.Slow") for word in SMALL]
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "scripts" / "score.py"), *arguments, "logger=csv"],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout.readline() == "slow\n"
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    (run,) = runs(tmp_path)
    assert process.returncode == 130, said
    assert status(run)["status"] == "interrupted"
    assert "the same command goes on from there" in said
    assert "Traceback" not in said


def test_help_is_a_page_of_its_own(run_cli):
    done = run_cli("score", "--help")
    assert done.returncode == 0
    assert "Scores a model as it is" in done.stdout
    assert "huggingface" in done.stdout
    assert "optimizer" not in done.stdout
