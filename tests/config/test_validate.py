"""Values that types alone cannot refuse."""

from __future__ import annotations

import pytest

from geodl.config import validate
from geodl.errors import ConfigError


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("network.depth=0", "network.depth: expected at least 1, found 0"),
        ("network.depth=-3", "network.depth: expected at least 1, found -3"),
        ("network.width=0", "network.width: expected at least 1, found 0"),
        ("network.hidden=0", "network.hidden: expected at least 1, found 0"),
        ("optimizer.weight_decay=-1e-4", "optimizer.weight_decay: expected at least 0, found -0.0001"),
        ("optimizer.weight_decay=nan", "optimizer.weight_decay: expected"),
        ("optimizer.lr=0", "optimizer.lr: expected more than 0, found 0"),
        ("optimizer.lr=inf", "optimizer.lr: expected a finite number"),
        ("data.batch_size=0", "data.batch_size: expected at least 1"),
        ("data.label_noise=1.5", "data.label_noise: expected at least 0 and at most 1, found 1.5"),
        ("track.n_samples=1", "track.n_samples: expected at least 2, found 1"),
        ("track.split=validation", "track.split: expected one of train, test; found 'validation'"),
        ("network.norm=bacth", "did you mean 'batch'"),
        ("network.activation=rleu", "did you mean 'relu'"),
        ("optimizer.decay=weigths", "did you mean 'weights'"),
        ("trainer.max_epochs=0", "trainer.max_epochs: expected at least 1"),
        ("trainer.precision=8-bit", "trainer.precision: expected one of"),
        ("loss.label_smoothing=1.0", "loss.label_smoothing"),
        ("score.line_shape.when=sometimes", "score.line_shape.when: expected always"),
        ("score.method=simplx", "score.method: expected one of auto, certificate, simplex, lazy, emd, sinkhorn; found"),
        ("score.method=simplx", "did you mean 'simplex'"),
        ("score.max_memory=0", "score.max_memory: expected more than 0, found 0"),
        ("score.max_memory=inf", "score.max_memory: expected a finite number"),
        ("network.family=plain", "network.family: expected resnet"),
        ("network.name=resnet_mpl", "did you mean 'resnet_mlp'"),
        ("network.name=resnet18", "network.name=<model> goes with network=torchvision and network=timm alone"),
        ("track.tokens=maen", "did you mean 'mean'"),
        ("track.read_outs=[]", "track.read_outs: expected auto, a pattern or a list of names, found []"),
        ("track.read_outs=3", "track.read_outs: expected auto, a pattern or a list of names, found 3"),
        ("seed=-1", "seed: expected at least 0 and at most 4294967295, found -1"),
        ("seed=99999999999", "seed: expected at least 0 and at most 4294967295"),
        ("sweep.name=../evil", "sweep.name: expected letters"),
        ("sweep.name=.hidden", "sweep.name: expected letters"),
    ],
)
def test_a_bad_value_is_named_with_what_was_expected(compose_config, override, expected):
    with pytest.raises(ConfigError) as error:
        validate(compose_config(override))
    assert expected in str(error.value)


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (("network=vit", "network.heads=3"), "network.heads: expected a divisor of network.width=64, found 3"),
        (("network=vit", "network.heads=0"), "network.heads: expected at least 1"),
        (("network=vit", "network.patch_size=0"), "network.patch_size: expected at least 1"),
        (("network=vit", "network.dropout=1.0"), "network.dropout: expected at least 0 and at most 0.9999"),
        (("network=vit", "network.mlp_ratio=0"), "network.mlp_ratio: expected more than 0"),
        (("network=torchvision", "network.stem=cfiar"), "did you mean 'cifar'"),
        (("network=torchvision", "network.family=resnet"), "network.family: expected torchvision/resnet18"),
        (("network=timm", "network.library=tim"), "did you mean 'timm'"),
    ],
)
def test_a_bad_value_of_a_network_is_named(compose_config, overrides, expected):
    with pytest.raises(ConfigError) as error:
        validate(compose_config(*overrides, small=False))
    assert expected in str(error.value)


def test_rules_across_fields(compose_config):
    with pytest.raises(ConfigError, match=r"loss\.label_smoothing: expected 0 with loss=mse"):
        validate(compose_config("loss=mse", "loss.label_smoothing=0.1"))
    with pytest.raises(ConfigError, match=r"scheduler\.milestones: expected shares"):
        validate(compose_config("scheduler=step", "scheduler.milestones=[10,20]"))
    with pytest.raises(ConfigError, match=r"network\.stages: expected 3 .* or 1"):
        validate(compose_config("network=resnet_cnn", "network.stages=2"))
    with pytest.raises(ConfigError, match="score: expected at least one score"):
        validate(compose_config("score=line_shape", "score.line_shape=null"))


@pytest.mark.parametrize(
    "watching",
    [
        ("callbacks.checkpoint.monitor=geometry/lss",),
        ("callbacks.early_stopping.enabled=true", "callbacks.early_stopping.monitor=geometry/leg0/ots"),
    ],
)
def test_nothing_may_watch_a_score_that_comes_late(compose_config, watching):
    validate(compose_config(*watching))
    with pytest.raises(ConfigError, match=r"monitor: expected no score with score\.background=true, found geometry/"):
        validate(compose_config(*watching, "score.background=true"))
    other = [*watching[:-1], watching[-1].partition("=")[0] + "=test/loss"]
    validate(compose_config(*other, "score.background=true"))


def test_more_devices_are_refused(compose_config):
    config = compose_config("trainer.devices=2")
    with pytest.raises(ConfigError, match=r"trainer\.devices: expected 1, found 2"):
        validate(config)
    with pytest.raises(ConfigError, match=r"trainer\.devices: expected 1 inside a multirun, found 2"):
        validate(config, multirun=True)
