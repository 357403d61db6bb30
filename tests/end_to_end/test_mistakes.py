"""Bad input through the real command line: one clear line, and nothing lost."""

from __future__ import annotations

import json

import pytest

from tests.end_to_end.run_folders import SMALL, runs, status


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["network.depth=0"], "network.depth: expected at least 1, found 0"),
        (["optimizer.weight_decay=-1"], "optimizer.weight_decay: expected at least 0, found -1"),
        (["network=resnet_mpl"], "did you mean 'resnet_mlp'?"),
        (["+optimizer.weigth_decay=1"], "did you mean 'optimizer.weight_decay'?"),
        (["network=torchvision", "network.name=resnet_18"], "did you mean 'resnet18'"),
        (["network=torchvision", "network.depth=4"], "network.depth: no such key"),
        (["seed=one"], "seed: expected integer, found 'one'"),
        (["data=npz"], "data.path: expected a value, found none"),
        (["-m", "trainer.devices=2", "seed=0,1"], "trainer.devices: expected 1 inside a multirun, found 2"),
    ],
)
def test_a_mistake_is_answered_in_one_line(run_cli, tmp_path, arguments, expected):
    done = run_cli("train", *arguments)
    assert done.returncode in (1, 2)
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
    assert runs(tmp_path) == []


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["data.batch_size=5000"], "data.batch_size: expected an integer in 1..1438"),
        (["track.n_samples=5000"], "track.n_samples: expected an integer in 20..1438"),
        (["track.n_samples=10"], "track.n_samples: expected an integer in 20..1438"),
        (["data=npz", "data.path=missing.npz"], "missing.npz"),
        (["network=resnet_cnn", "data=blobs"], "network"),
        (["logger.mode=online", "logger=wandb"], "logger.mode: expected an API key"),
    ],
)
def test_a_mistake_that_only_the_data_show_fails_the_run_in_words(run_cli, tmp_path, arguments, expected):
    done = run_cli("train", *SMALL, "logger=csv", *arguments)
    assert done.returncode in (1, 2)
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
    (run,) = runs(tmp_path)
    assert status(run)["status"] == "failed"
    assert expected in status(run)["error"]


def test_outputs_that_cannot_be_written_are_named(run_cli, tmp_path):
    (tmp_path / "file").write_text("")
    done = run_cli("train", *SMALL, "logger=csv", f"paths.outputs={tmp_path}/file/outputs")
    assert done.returncode == 1
    assert "paths.outputs: expected a folder that can be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_users_own_file_trains(run_cli, tmp_path):
    import numpy as np

    rng = np.random.default_rng(0)
    y = np.arange(120) % 3
    x = rng.normal(size=(120, 8)).astype(np.float32) + 3 * np.eye(8, dtype=np.float32)[y]
    np.savez(tmp_path / "mine.npz", x_train=x[:90], y_train=y[:90], x_test=x[90:], y_test=y[90:])
    done = run_cli("train", *SMALL, "data=npz", "data.path=mine.npz", "data.batch_size=16", "logger=csv")
    assert done.returncode == 0, done.stderr
    (run,) = runs(tmp_path)
    assert json.loads((run / "summary.json").read_text())["data"]["input_shape"] == [8]
