"""New scores on saved checkpoints: the run's own to the last bit, another probe's where that is asked for."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from pathlib import Path

import pytest
import yaml
from hydra import compose, initialize_config_dir

from geodl.cli.rescore import main
from geodl.config import CONFIG_NAME, VERSION_BASE, conf_dir, register, resolve
from geodl.config.rescored import rescored_config
from geodl.errors import ConfigError, DataError
from geodl.report.build import build_report
from geodl.training import train
from tests.conftest import SMALL

SCORES = "score=[line_shape,optimal_transport,step_transport]"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    root = tmp_path_factory.mktemp("trained")
    register()
    with pytest.MonkeyPatch.context() as patch, initialize_config_dir(str(conf_dir()), version_base=VERSION_BASE):
        patch.setenv("GEODL_ROOT", str(root))
        for family in ("plain", "resnet"):
            train(resolve(compose(CONFIG_NAME, [*SMALL, f"network={family}_mlp", SCORES])))
    return root / "outputs" / "default"


@pytest.fixture
def sweep(trained, tmp_path):
    return Path(shutil.copytree(trained, tmp_path / "outputs" / "default"))


def rows(folder):
    with (folder / "metrics.csv").open() as file:
        return {int(row["epoch"]): row for row in csv.DictReader(file)}


def content(folder):
    return {p.relative_to(folder): hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*") if p.is_file()}


def test_with_the_same_options_every_number_is_the_runs(sweep):
    before = content(sweep)
    assert main([str(sweep)]) == 0
    assert content(sweep) == before
    for run in sweep.glob("*_mlp*"):
        old, new = rows(run), rows(sweep.with_name("default-rescored") / run.name)
        assert sorted(new) == [0, 2]
        for epoch in new:
            scores = {name for name in new[epoch] if name.startswith("geometry/")}
            assert {"geometry/lss", "geometry/ots", "geometry/weight_norm"} <= scores
            assert {name: new[epoch][name] for name in scores} == {name: old[epoch][name] for name in scores}
        assert new[2]["test/accuracy"] == old[2]["test/accuracy"]


def test_another_probe_gives_new_scores_that_the_report_reads(sweep):
    assert main([str(sweep), "track.n_samples=30", "track.split=test", "score=fast", "--name", "held-out"]) == 0
    target = sweep.with_name("held-out")
    for folder in target.glob("*_mlp*"):
        summary = json.loads((folder / "summary.json").read_text())
        assert (summary["probe"]["n"], summary["probe"]["split"]) == (30, "test")
        assert summary["metrics"]["geometry/n_samples"] == 30
        assert "geometry/step_ots" not in summary["metrics"]
        origin = json.loads((folder / "provenance.json").read_text())["rescored"]
        assert origin["checkpoint"] == "last.ckpt"
        assert len(origin["sha256"]) == 64
    report = build_report(target, pdf=False)
    assert report.status == "2 finished"


def test_networks_that_other_code_trained_are_not_mixed(sweep):
    file = next(sweep.glob("*plain*/provenance.json"))
    file.write_text(json.dumps({**json.loads(file.read_text()), "commit": "f" * 40}))
    assert main([str(sweep), "track.n_samples=20", "score=line_shape"]) == 0
    with pytest.raises(DataError, match=f"trained by {'f' * 40}"):
        build_report(sweep.with_name("default-rescored"), pdf=False)


def test_what_is_done_is_skipped_and_what_cannot_be_done_is_listed(sweep, capsys):
    assert main([str(sweep)]) == 0
    assert main([str(sweep)]) == 0
    assert "0 scored, 2 already scored, 0 failed" in capsys.readouterr().out
    next(sweep.glob("*plain*/checkpoints/last.ckpt")).unlink()
    assert main([str(sweep), "track.n_samples=20"]) == 1
    said = capsys.readouterr()
    assert "1 scored, 0 already scored, 1 failed" in said.out
    assert "expected checkpoints/last.ckpt, found none" in said.err


def test_a_configuration_that_was_edited_after_the_run_is_refused(sweep, capsys):
    file = next(sweep.glob("*plain*/config.yaml"))
    file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), "seed": 7}))
    assert main([str(sweep), "track.n_samples=20"]) == 1
    said = capsys.readouterr()
    assert "1 scored, 0 already scored, 1 failed" in said.out
    assert "was changed after the run" in said.err


def test_another_checkpoint_is_not_taken_for_the_one_that_was_scored(sweep, capsys):
    assert main([str(sweep), "track.n_samples=20"]) == 0
    file = next(sweep.glob("*plain*/checkpoints/last.ckpt"))
    file.write_bytes(file.read_bytes() + b" ")
    assert main([str(sweep), "track.n_samples=20"]) == 1
    said = capsys.readouterr()
    assert "0 scored, 1 already scored, 1 failed" in said.out
    assert "found those of another checkpoint" in said.err


def test_a_damaged_checkpoint_fails_its_run_alone(sweep, capsys):
    next(sweep.glob("*plain*/checkpoints/last.ckpt")).write_bytes(b"no checkpoint")
    assert main([str(sweep), "track.n_samples=20"]) == 1
    assert "1 scored, 0 already scored, 1 failed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("override", "reason"),
    [
        ("optimizer.lr=0.2", "optimizer.lr: expected a key of track or score"),
        ("track.n_sampels=20", "did you mean 'track.n_samples'"),
        ("track.n_samples=20,40", "expected one value"),
        ("score=fsat", "did you mean 'fast'"),
    ],
)
def test_mistakes_are_answered_before_anything_is_scored(sweep, capsys, override, reason):
    assert main([str(sweep), override]) == 2
    assert reason in capsys.readouterr().err
    assert not sweep.with_name("default-rescored").exists()


def test_a_folder_without_runs_is_refused(tmp_path, capsys):
    assert main([str(tmp_path)]) == 2
    assert "found none in" in capsys.readouterr().err


def test_what_no_override_names_stays_as_the_run_had_it(compose_config):
    run = compose_config("track.n_samples=17", "track.seed=3", SCORES)
    changed = rescored_config(run, ["track.split=test", "score.action.when=ends"])
    assert changed["track"] == {**run["track"], "split": "test"}
    assert changed["score"] == {**run["score"], "action": {"when": "ends"}}
    assert yaml.safe_dump(rescored_config(run, [])) == yaml.safe_dump(run)
    with pytest.raises(ConfigError, match="seed: expected a key of track or score"):
        rescored_config(run, ["seed=3"])
