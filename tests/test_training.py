"""A run in this process: determinism, what a run leaves behind in the process, and what its folder says."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pandas as pd
import pytest
import torch

from geodl.errors import ConfigError, RunFolderError
from geodl.training import train


def read(folder, name):
    return json.loads((Path(folder) / name).read_text())


def numbers(folder):
    table = pd.read_csv(f"{folder}/metrics.csv", dtype=str, index_col="epoch")
    table.index = table.index.astype(int)
    return table[[name for name in table.columns if not name.startswith("time/")]]


@pytest.mark.parametrize(
    "overrides",
    [
        ["network=resnet_mlp"],
        ["network=plain_mlp", "network.order=post", "network.norm=layer"],
        ["network=resnet_cnn", "network.width=2", "network.depth=1", "track.n_samples=40"],
        ["network=plain_cnn", "network.stages=1", "network.width=2", "track.n_samples=40", "track.pool=mean"],
        ["loss=mse", "optimizer=adamw", "scheduler=step"],
        ["optimizer=adam", "data.label_noise=1.0", "data.n_train=200", "trainer.precision=64-true"],
        ["data=spirals", "track.split=test", "score=fast"],
        ["data=rings", "data.dim=10", "optimizer.decay=all", "scheduler=constant"],
        ["data=blobs", "callbacks=none", "score=[line_shape,action]"],
    ],
    ids=" ".join,
)
def test_every_kind_of_run_is_the_same_twice_bit_for_bit(compose_config, overrides):
    first = train(compose_config(*overrides, "sweep.name=a"))
    second = train(compose_config(*overrides, "sweep.name=b"))
    assert first.status == second.status == "finished"
    pd.testing.assert_frame_equal(numbers(first.folder), numbers(second.folder))
    assert float(numbers(first.folder).loc[2, "geometry/lss"]) >= 1


def test_another_seed_gives_other_numbers_on_the_same_probe(compose_config):
    summaries = [train(compose_config(f"seed={seed}")) for seed in (0, 1)]
    digests = [read(s.folder, "provenance.json")["probe_digest"] for s in summaries]
    assert digests[0] == digests[1]
    assert summaries[0].metrics["geometry/lss"] != summaries[1].metrics["geometry/lss"]


def test_a_run_leaves_the_process_as_it_found_it(compose_config):
    config = compose_config("trainer.threads=1", "logger=wandb")
    before = (
        dict(os.environ),
        Path.cwd(),
        torch.get_num_threads(),
        torch.are_deterministic_algorithms_enabled(),
        signal.getsignal(signal.SIGINT),
    )
    train(config)
    import wandb

    assert wandb.run is None
    after = (
        dict(os.environ),
        Path.cwd(),
        torch.get_num_threads(),
        torch.are_deterministic_algorithms_enabled(),
        signal.getsignal(signal.SIGINT),
    )
    assert after == before


def test_the_summary_says_how_the_numbers_came_about(compose_config):
    summary = train(compose_config("network=resnet_cnn", "network.width=2", "network.depth=2"))
    content = read(summary.folder, "summary.json")
    assert content["network"]["read_outs"][0] == "stem"
    assert [leg["n_steps"] for leg in content["legs"]] == [2, 1, 1]
    assert content["null"]["leg0/lss_sqrt_L"] == pytest.approx(2**0.5)
    assert content["probe"]["n"] == 60
    assert content["epochs"] == 2
    assert content["metrics"] == summary.metrics


def test_early_stopping_and_the_best_checkpoint(compose_config):
    summary = train(
        compose_config(
            "trainer.max_epochs=20",
            "callbacks.early_stopping.enabled=true",
            "callbacks.early_stopping.monitor=geometry/n_samples",
            "callbacks.early_stopping.patience=2",
            "callbacks.checkpoint.monitor=geometry/lss",
        )
    )
    table = numbers(summary.folder)
    assert table.index.max() == 3
    assert table.loc[3, "geometry/step_ots"] == table.loc[3, "geometry/step_ots"]  # the scores of the end are there
    assert (Path(summary.folder) / "checkpoints" / "best.ckpt").exists()


def test_a_monitor_that_does_not_exist_fails_before_training(compose_config):
    with pytest.raises(ConfigError, match=r"callbacks\.early_stopping\.monitor: .*did you mean 'geometry/lss'"):
        train(compose_config("callbacks.early_stopping.enabled=true", "callbacks.early_stopping.monitor=geometry/lsss"))


def test_a_full_disk_in_mid_run_fails_the_run_and_keeps_what_was_measured(compose_config, monkeypatch):
    import errno

    import geodl.records.table as table

    config, write, calls = compose_config("trainer.max_epochs=5"), table.write_text, []

    def fills_up(path, text):
        calls.append(path)
        if len(calls) > 8:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        write(path, text)

    monkeypatch.setattr(table, "write_text", fills_up)
    with pytest.raises(RunFolderError, match=r"paths\.outputs: .*No space left on device"):
        train(config)
    folder = calls[0].parent
    assert json.loads((folder / "status.json").read_text())["status"] == "failed"
    assert len(numbers(folder)) >= 1


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["callbacks.checkpoint.monitor=test/acuracy"], r"callbacks\.checkpoint\.monitor: .*'test/accuracy'"),
        (
            ["callbacks.checkpoint.monitor=geometry/track_bound_share"],
            r"callbacks\.checkpoint\.monitor: expected a metric that every epoch has",
        ),
        (
            ["callbacks.checkpoint.monitor=geometry/lss", "track.every_n_epochs=2"],
            r"set track\.every_n_epochs=1",
        ),
        (["trainer.precision=16-mixed"], r"trainer\.precision: .* without a GPU, found 16-mixed"),
    ],
)
def test_what_cannot_be_watched_or_computed_here_is_refused_before_training(compose_config, overrides, message):
    with pytest.raises(ConfigError, match=message):
        train(compose_config(*overrides))


def test_a_finished_run_says_what_it_was_made_without(compose_config, caplog):
    train(compose_config("callbacks=none"))
    again = train(compose_config("callbacks=default", "track.save=last"))
    assert again.skipped
    for missing in ("track.save=last", "checkpoints", "figures"):
        assert f"was made without {missing}" in caplog.text


def test_after_early_stopping_each_score_of_an_epoch_is_recorded_once(compose_config):
    summary = train(
        compose_config(
            "trainer.max_epochs=9",
            "callbacks.early_stopping.enabled=true",
            "callbacks.early_stopping.monitor=geometry/n_samples",
            "callbacks.early_stopping.patience=1",
        )
    )
    lines = [json.loads(line) for line in (Path(summary.folder) / "scores.jsonl").read_text().splitlines()]
    keys = [(line["epoch"], line["leg"], line["score"]) for line in lines]
    assert len(keys) == len(set(keys))
    assert (2, 0, "track_distance") in keys


def test_a_full_disk_that_a_library_reports_in_its_own_words_is_told_as_one(compose_config, monkeypatch):
    from geodl.tracks import Track

    def full(self, path):
        raise RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)")

    monkeypatch.setattr(Track, "save", full)
    with pytest.raises(RunFolderError, match=r"paths\.outputs: expected room .* No space left on device"):
        train(compose_config("track.save=last"))
