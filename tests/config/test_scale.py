"""The sizes of the experiments: one word picks them, a misspelt one fails, and it is no part of what a run is."""

from __future__ import annotations

import re

import pytest
from hydra import compose, initialize_config_dir

from geodl.config import CONFIG_NAME, VERSION_BASE, check_command_line, conf_dir, register
from geodl.config.fingerprint import fingerprint
from geodl.config.store import SCALES
from geodl.errors import ConfigError

EXPERIMENTS = sorted(path.stem for path in (conf_dir() / "experiment").glob("*.yaml"))


@pytest.fixture(autouse=True)
def schemas():
    register()


def grid_of(experiment, scale):
    with initialize_config_dir(str(conf_dir()), version_base=VERSION_BASE):
        cfg = compose(CONFIG_NAME, [f"experiment={experiment}", f"scale={scale}"], return_hydra_config=True)
        return {key: re.split(r",(?![^{]*})", str(value)) for key, value in cfg.hydra.sweeper.params.items()}


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_every_axis_of_every_experiment_exists(experiment, scale):
    check_command_line([f"experiment={experiment}", f"scale={scale}"])
    assert all(len(set(values)) == len(values) for values in grid_of(experiment, scale).values())


def test_the_paper_scale_has_more_runs_of_more_epochs(compose_config):
    assert len(grid_of("weight_decay", "paper")["seed"]) > len(grid_of("weight_decay", "small")["seed"]) == 5
    epochs = [compose_config("experiment=depth", f"scale={s}", small=False)["trainer"]["max_epochs"] for s in SCALES]
    assert epochs[0] < epochs[1]


def test_the_word_itself_does_not_make_another_run(compose_config):
    assert fingerprint(compose_config("scale=small")) == fingerprint(compose_config("scale=paper"))


@pytest.mark.parametrize("value", ["papre", "small,paper", "1"])
def test_any_other_scale_fails_before_the_first_job(value):
    with pytest.raises(ConfigError, match="scale: expected small or paper, found"):
        check_command_line(["experiment=depth", f"scale={value}"])
