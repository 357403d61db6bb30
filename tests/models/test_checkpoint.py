"""``model=checkpoint``: the network of a run of training, and its last scores once more."""

from __future__ import annotations

import json

import pytest
import torch

from geodl.config import settle, validate_score
from geodl.config.fingerprint import fingerprint
from geodl.errors import ConfigError
from geodl.models import load_samples
from geodl.models.checkpoint import build_checkpoint
from tests.models.small import images


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """One finished run of training of two epochs."""
    from pathlib import Path

    from hydra import compose, initialize_config_dir

    from geodl.config import CONFIG_NAME, VERSION_BASE, conf_dir, register, resolve
    from geodl.training import train
    from tests.conftest import SMALL

    register()
    with initialize_config_dir(str(conf_dir()), version_base=VERSION_BASE):
        outputs = f"paths.outputs={tmp_path_factory.mktemp('outputs')}"
        config = resolve(compose(CONFIG_NAME, [*SMALL, outputs, "score=fast", "track.seed=4", "seed=2"]))
    return Path(train(config).folder)


def settled(compose_score, run, *overrides):
    return settle(compose_score("model=checkpoint", f"model.path={run}", *overrides))


def test_data_and_probe_set_are_those_of_the_run_unless_said_otherwise(compose_score, run):
    config = settled(compose_score, run)
    validate_score(config)
    assert config["data"]["name"] == "digits"
    assert (config["track"]["n_samples"], config["track"]["seed"], config["track"]["split"]) == (60, 4, "train")
    assert config["model"]["label"].startswith("digits-resnet_mlp-d2-w16")
    assert settled(compose_score, run, "track.seed=5")["track"]["seed"] == 5
    other = settled(compose_score, run, "data=mnist5k")
    assert (other["data"]["name"], other["track"]["n_samples"], other["track"]["seed"]) == ("mnist5k", None, 0)


def test_the_checkpoint_gives_the_scores_of_the_last_epoch_again(compose_score, run):
    from geodl.scoring import score_model

    summary = score_model(settled(compose_score, run, "score=fast"))
    last = json.loads((run / "summary.json").read_text())["metrics"]
    for name in ("geometry/lss", "geometry/ots", "geometry/transport_ratio", "geometry/geodesic_score"):
        assert summary.metrics[name] == pytest.approx(last[name], rel=1e-6)


def test_untrained_is_the_network_before_training(compose_score, run):
    config = settled(compose_score, run, "model.untrained=true")
    samples = load_samples(config["data"], config["track"])
    trained, untrained = (
        build_checkpoint({**config["model"], "untrained": flag}, samples, seed=0) for flag in (False, True)
    )
    rows = (run / "metrics.csv").read_text().splitlines()
    before = dict(zip(rows[0].split(","), rows[1].split(","), strict=True))
    from geodl import record_track, score_track

    scores = score_track(record_track(untrained.model, untrained.inputs, batch_size=500), ["line_shape"])
    assert scores.metrics["lss"] == pytest.approx(float(before["geometry/lss"]), rel=1e-6)
    assert not torch.equal(trained.model.head[-1].weight, untrained.model.head[-1].weight)


def test_what_is_not_the_runs_is_refused(compose_score, run, tmp_path):
    config = settled(compose_score, run)
    with pytest.raises(ConfigError, match=r"data: expected samples of shape \(1, 8, 8\)"):
        build_checkpoint(config["model"], images(), seed=0)
    with pytest.raises(ConfigError, match=r"model\.which: expected a checkpoint at .*best\.ckpt.*model\.which=last"):
        validate_score(settled(compose_score, run, "model.which=best"))
    with pytest.raises(ConfigError, match=r"model\.path: expected the run folder of geodl-train"):
        settled(compose_score, tmp_path)


def test_a_run_counts_by_its_identity_and_the_content_of_its_checkpoint(compose_score, run, tmp_path):
    import shutil

    copy = tmp_path / "elsewhere"
    shutil.copytree(run, copy)
    assert fingerprint(settled(compose_score, run)) == fingerprint(settled(compose_score, copy))
    (copy / "checkpoints" / "last.ckpt").write_bytes(b"others")
    assert fingerprint(settled(compose_score, run)) != fingerprint(settled(compose_score, copy))
