"""``geodl-train``: compose a configuration with Hydra and train one run or a sweep.

Exit codes: 0 done (or already done), 1 at least one run failed, 2 a mistake in the command, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import hydra
from hydra._internal.utils import get_args_parser  # the only parser that knows all of Hydra's flags
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig

from geodl.config import (
    CONFIG_NAME,
    VERSION_BASE,
    check_command_line,
    conf_dir,
    help_page,
    register,
    rephrase,
    resolve,
    validate,
)
from geodl.errors import ConfigError, DataError, GeodlError
from geodl.sweeps import ClosingTable

_failures: list[GeodlError] = []  # of a single run, which Hydra would report in its own words
_ONLY_TELLS = {"--hydra-help", "--info", "-i", "--shell-completion", "-sc", "--version"}


def task(cfg: DictConfig) -> dict[str, Any]:
    """Train one job; Hydra calls this once, or once a job of a multirun.

    Args:
        cfg: The composed configuration.

    Returns:
        The run's summary in plain values, which any launcher can carry.

    Raises:
        GeodlError: If a job of a multirun fails; of a single run, :func:`main` says it.
    """
    hydra_cfg = HydraConfig.get()
    multirun = hydra_cfg.mode == RunMode.MULTIRUN
    try:
        config = resolve(cfg)
        validate(config, multirun=multirun)  # before the import below: a mistake is answered at once
        from geodl.training import train  # torch and Lightning: seconds that --help must not pay

        return train(config, overrides=list(hydra_cfg.overrides.task), multirun=multirun).as_dict()
    except GeodlError as error:
        if multirun:
            raise
        _failures.append(error)
        return {}


def main() -> int:
    """Run the command line of ``geodl-train``.

    Returns:
        The exit code: 0, 1, 2 or 130 as the module says.
    """
    register()
    arguments = sys.argv[1:]
    if {"--help", "-h"} & set(arguments):
        print(help_page(conf_dir()))
        return 0
    if {"--cfg", "-c"} & set(arguments) and {"--multirun", "-m"} & set(arguments):
        _say("geodl-train: --cfg: expected a single run, found --multirun; leave out -m to see one configuration")
        return 2
    if (folder := _run_to_repeat(arguments)) is not None:
        from geodl.cli.rerun import rerun

        return rerun(folder)
    wants_traceback = os.environ.get("HYDRA_FULL_ERROR", "0") == "1"
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra then raises instead of printing, and the message can be made better
    code = 0
    try:
        if not _ONLY_TELLS & set(arguments):
            check_command_line(get_args_parser().parse_args(arguments).overrides)
        hydra.main(version_base=VERSION_BASE, config_path=str(conf_dir()), config_name=CONFIG_NAME)(task)()
        for error in _failures:
            code = _report(error, show_traceback=wants_traceback)
    except KeyboardInterrupt:
        _say("interrupted; what is finished is kept, and the same command goes on from there")
        code = 130
    except (HydraException, GeodlError, OSError) as error:
        code = _report(error, show_traceback=wants_traceback)
    except Exception as error:
        if ClosingTable.current is None:
            raise  # a defect, not a mistake of the user: the traceback is what helps
        code = _report(error, show_traceback=True)
    if ClosingTable.current is not None and ClosingTable.current.jobs:
        _say(*ClosingTable.current.lines())
        code = code if code == 130 else int(bool(ClosingTable.current.failed)) or code
    return code


def _report(error: Exception, *, show_traceback: bool) -> int:
    if show_traceback:
        import traceback

        traceback.print_exception(error)
    if isinstance(error, HydraException):
        error = ConfigError(rephrase(error, set()))
    elif isinstance(error, OSError):
        error = GeodlError(
            f"paths.outputs: expected a folder that can be written, found {error}; set paths.outputs=<another folder>"
        )
    if ClosingTable.current is None or not ClosingTable.current.failed:  # else the closing table says it
        _say(f"geodl-train: {error}")
    return 2 if isinstance(error, ConfigError | DataError) else 1


def _say(*lines: str) -> None:
    print(*lines, sep="\n", file=sys.stderr)


def _run_to_repeat(arguments: list[str]) -> Path | None:
    # --config-dir FOLDER or --config-dir=FOLDER where FOLDER is a run folder; any other is Hydra's business.
    for i, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name in ("--config-dir", "-cd"):
            folder = Path(value or (arguments[i + 1] if i + 1 < len(arguments) else ""))
            if (folder / "status.json").is_file():
                return folder
    return None
