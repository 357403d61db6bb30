"""Where Hydra finds the configuration: the YAML files of ``conf/`` and the schemas they are merged into."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import DictConfig, OmegaConf

from geodl.config import schema, schema_score
from geodl.config.commands import TRAIN
from geodl.errors import ConfigError

VERSION_BASE = "1.3"
CONFIG_NAME = TRAIN.config_name

SCALES = ("small", "paper")
"""Sizes of the experiments in ``conf/experiment``: minutes on two cores, or the size of a paper."""


def conf_dir() -> Path:
    """Return the folder of YAML files: ``conf/`` of a checkout, or the copy that an installed package carries.

    Returns:
        Absolute path of an existing folder.

    Raises:
        FileNotFoundError: If neither exists, which means a broken installation.
    """
    package = Path(__file__).resolve().parents[1]
    for candidate in (package / "conf", package.parent / "conf"):
        if (candidate / f"{CONFIG_NAME}.yaml").is_file():
            return candidate
    raise FileNotFoundError(f"conf/{CONFIG_NAME}.yaml: expected beside or inside {package}; reinstall geodl")


def register() -> None:
    """Tell Hydra the schemas and the resolvers that the YAML files use. May be called more than once."""
    store = ConfigStore.instance()
    store.store(group="schema", name="train", node=schema.TrainConf)
    store.store(group="schema", name="score_model", node=schema_score.ScoreModelConf)
    for schemas in (schema.SCHEMAS, schema_score.SCHEMAS):
        for group, choices in schemas.items():
            for name, node in choices.items():
                store.store(group=f"schema/{group}", name=name, node=node)
    OmegaConf.register_new_resolver("geodl.cwd", lambda: str(Path.cwd()), replace=True)
    OmegaConf.register_new_resolver("scaled", _scaled, replace=True)


def _scaled(small: Any, paper: Any, *, _root_: DictConfig) -> Any:
    # ${scaled:<value of scale=small>,<value of scale=paper>} in conf/experiment.
    if _root_.scale not in SCALES:
        raise ConfigError(f"scale: expected {' or '.join(SCALES)}, found {_root_.scale!r}; choose one")
    return paper if _root_.scale == "paper" else small
