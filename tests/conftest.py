"""What every test may use: a small resolved configuration, and the command line as a user calls it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir

from geodl.config import CONFIG_NAME, SCORE, VERSION_BASE, conf_dir, register, resolve

ROOT = Path(__file__).resolve().parents[1]

SMALL = [
    "data=digits",
    "network.depth=2",
    "network.width=16",
    "trainer.max_epochs=2",
    "trainer.accelerator=cpu",
    "track.n_samples=60",
    "logger=csv",
]


@pytest.fixture
def compose_config(tmp_path, monkeypatch):
    """Compose and resolve as `train.py` does, with results below the test's own folder."""
    monkeypatch.setenv("GEODL_ROOT", str(tmp_path))
    register()

    def composed(*overrides: str, small: bool = True):
        with initialize_config_dir(str(conf_dir()), version_base=VERSION_BASE):
            return resolve(compose(CONFIG_NAME, [*(SMALL if small else []), *overrides]))

    return composed


@pytest.fixture
def compose_score(tmp_path, monkeypatch):
    """Compose and resolve as `score.py` does; what is open stays open until it is settled."""
    monkeypatch.setenv("GEODL_ROOT", str(tmp_path))
    register()

    def composed(*overrides: str):
        with initialize_config_dir(str(conf_dir()), version_base=VERSION_BASE):
            return resolve(compose(SCORE.config_name, ["logger=csv", *overrides]))

    return composed


@pytest.fixture
def run_cli(tmp_path):
    """Run a script of the checkout in a process of its own, in an empty folder and without anybody's W&B account."""

    def run(script: str, *arguments: str, cwd: Path = tmp_path, timeout: float = 240, **environment: str):
        clean = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("WANDB_", "GEODL_", "HYDRA_")) and key != "NETRC"
        }
        return subprocess.run(
            [sys.executable, str(ROOT / "scripts" / f"{script}.py"), *arguments],
            cwd=cwd,
            env={**clean, "HOME": str(tmp_path), "OMP_NUM_THREADS": "1", **environment},
            capture_output=True,
            text=True,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    return run


@pytest.fixture(autouse=True)
def no_wandb_account(monkeypatch, tmp_path):
    """No test may find an API key, ask for one, or send anything."""
    for name in list(os.environ):
        if name.startswith("WANDB_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))
