"""Our own networks, torchvision's and timm's in one sweep and one report, as a user runs them."""

from __future__ import annotations

import json

import pytest

from tests.end_to_end.run_folders import runs

SMALL = [
    "data=digits",
    "data.n_train=80",
    "trainer.max_epochs=1",
    "trainer.limit_train_batches=2",
    "trainer.accelerator=cpu",
    "data.batch_size=16",
    "track.n_samples=20",
    "track.pool=mean",
    "score=fast",
    "logger=csv",
    "sweep.name=zoo",
]


@pytest.mark.slow
def test_a_sweep_over_libraries_and_a_second_command_make_one_report(run_cli, tmp_path):
    pytest.importorskip("timm")
    done = run_cli("train", "-m", "network=plain_cnn,torchvision,timm", *SMALL)
    assert done.returncode == 0, done.stderr
    assert "3 jobs: 3 trained" in done.stdout + done.stderr
    more = ["network=torchvision", "network.name=shufflenet_v2_x0_5,mobilenet_v3_small"]
    done = run_cli("train", "-m", *more, *SMALL)
    assert done.returncode == 0, done.stderr
    folders = runs(tmp_path, "zoo")
    assert len(folders) == 5
    report = run_cli("report", "outputs/zoo", "--allow-mixed", "--no-pdf")
    assert report.returncode == 0, report.stderr
    for name in ("plain", "torchvision/resnet18", "torchvision/mobilenet_v3_small", "timm/vit_tiny_patch16_224"):
        assert name in report.stdout
    assert "None" not in report.stdout
    foreign = next(folder for folder in folders if "shufflenet" in folder.name)
    assert json.loads((foreign / "summary.json").read_text())["network"]["depth"] is None
    repeated = run_cli("train", "--config-dir", str(foreign))
    assert repeated.returncode == 0, repeated.stderr
