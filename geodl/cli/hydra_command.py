"""What the commands that compose a configuration share: answers to mistakes, exit codes, the closing words of a sweep.

Exit codes: 0 done (or already done), 1 at least one job failed, 2 a mistake in the command, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hydra
from hydra._internal.utils import get_args_parser  # the only parser that knows all of Hydra's flags
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig

from geodl.config import VERSION_BASE, Command, check_command_line, conf_dir, help_page, register, rephrase, resolve
from geodl.errors import ConfigError, DataError, GeodlError, MissingExtraError
from geodl.sweeps import ClosingTable

Job = Callable[[dict[str, Any], list[str], bool], dict[str, Any]]
"""Does one job: resolved configuration, overrides, whether it is one of many; returns its summary in plain values."""

_ONLY_TELLS = {"--hydra-help", "--info", "-i", "--shell-completion", "-sc", "--version"}


def run_command(command: Command, job: Job, rerun: Callable[[Path], int]) -> int:
    """Run the command line of a command.

    Args:
        command: Which one.
        job: What it does with a configuration.
        rerun: Repeats the job of a finished run folder and returns an exit code.

    Returns:
        The exit code: 0, 1, 2 or 130 as the module says.
    """
    register()
    arguments = sys.argv[1:]
    if {"--help", "-h"} & set(arguments):
        print(help_page(conf_dir(), command))
        return 0
    if {"--cfg", "-c"} & set(arguments) and {"--multirun", "-m"} & set(arguments):
        _say(f"{command.name}: --cfg: expected a single run, found --multirun; leave out -m to see one configuration")
        return 2
    if (folder := _run_to_repeat(arguments)) is not None:
        return rerun(folder)
    wants_traceback = os.environ.get("HYDRA_FULL_ERROR", "0") == "1"
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra then raises instead of printing, and the message can be made better
    failures: list[GeodlError] = []  # of a single run, which Hydra would report in its own words
    code = 0
    try:
        if not _ONLY_TELLS & set(arguments):
            check_command_line(get_args_parser().parse_args(arguments).overrides, command)
        hydra.main(version_base=VERSION_BASE, config_path=str(conf_dir()), config_name=command.config_name)(
            _task(job, failures)
        )()
        for error in failures:
            code = _report(command, error, show_traceback=wants_traceback)
    except KeyboardInterrupt:
        _say("interrupted; what is finished is kept, and the same command goes on from there")
        code = 130
    except (HydraException, GeodlError, OSError) as error:
        code = _report(command, error, show_traceback=wants_traceback)
    except Exception as error:
        if ClosingTable.current is None:
            raise  # a defect, not a mistake of the user: the traceback is what helps
        code = _report(command, error, show_traceback=True)
    if ClosingTable.current is not None and ClosingTable.current.jobs:
        _say(*ClosingTable.current.lines(command.done))
        code = code if code == 130 else int(bool(ClosingTable.current.failed)) or code
    return code


def _task(job: Job, failures: list[GeodlError]) -> Callable[[DictConfig], dict[str, Any]]:
    # Hydra calls this once, or once a job of a multirun.
    def task(cfg: DictConfig) -> dict[str, Any]:
        hydra_cfg = HydraConfig.get()
        multirun = hydra_cfg.mode == RunMode.MULTIRUN
        try:
            return job(resolve(cfg), list(hydra_cfg.overrides.task), multirun)
        except GeodlError as error:
            if multirun:
                raise
            failures.append(error)
            return {}

    return task


def _report(command: Command, error: Exception, *, show_traceback: bool) -> int:
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
        _say(f"{command.name}: {error}")
    return 2 if isinstance(error, ConfigError | DataError | MissingExtraError) else 1


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
