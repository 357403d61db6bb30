"""``geodl-train``: compose a configuration with Hydra and train one run or a sweep.

Exit codes: 0 done (or already done), 1 at least one run failed, 2 a mistake in the command, 130 interrupted.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from geodl.cli.hydra_command import run_command
from geodl.config import TRAIN, validate


def main() -> int:
    """Run the command line of ``geodl-train``.

    Returns:
        The exit code: 0, 1, 2 or 130 as the module says.
    """
    return run_command(TRAIN, _train, _rerun)


def _train(config: dict[str, Any], overrides: list[str], multirun: bool) -> dict[str, Any]:
    validate(config, multirun=multirun)  # before the import below: a mistake is answered at once
    from geodl.training import train  # torch and Lightning: seconds that --help must not pay

    return train(config, overrides=overrides, multirun=multirun).as_dict()


def _rerun(folder: Path) -> int:
    from geodl.cli.rerun import rerun_training

    return rerun_training(folder)
