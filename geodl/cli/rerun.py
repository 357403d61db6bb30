"""Do a finished job again from its folder and compare every number: ``--config-dir <run>`` of both commands."""

from __future__ import annotations

import csv
import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from geodl.config.fingerprint import fingerprint
from geodl.errors import GeodlError, RunFolderError
from geodl.summary import RunSummary

log = logging.getLogger(__name__)


def rerun_training(folder: Path) -> int:
    """Train a run again from its ``config.yaml`` and say whether the numbers are the same, bit for bit.

    The repetition goes to ``<sweep>/.reruns/<n>/`` and to no dashboard: it is a check, not another result. Times are
    not compared.

    Args:
        folder: The run folder.

    Returns:
        0 if every metric of every epoch is identical, 1 if not or if the repetition failed, 2 if the folder cannot be
        repeated, 130 if interrupted.
    """

    def again(config: dict[str, Any]) -> RunSummary:
        from geodl.training import train  # torch and Lightning: seconds that a mistake need not pay

        return train(config)

    return _rerun("geodl-train", "train", folder, again, _numbers_by_epoch)


def rerun_scoring(folder: Path) -> int:
    """Score a model again from its run folder's ``config.yaml`` and say whether the numbers are the same, bit for bit.

    Args:
        folder: The run folder.

    Returns:
        Exit codes as of :func:`rerun_training`.
    """

    def again(config: dict[str, Any]) -> RunSummary:
        from geodl.scoring import score_model  # torch: seconds that a mistake need not pay

        return score_model(config)

    return _rerun("geodl-score", "score", folder, again, _numbers_by_leg)


def _rerun(
    command: str,
    kind: str,
    folder: Path,
    again: Callable[[dict[str, Any]], RunSummary],
    numbers: Callable[[Path], dict[tuple[str, str], str]],
) -> int:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        config = _configuration(folder, kind)
    except GeodlError as error:
        print(f"{command}: {error}", file=sys.stderr)
        return 2
    reruns = folder.resolve().parent / ".reruns"
    number = 1 + max((int(p.name) for p in reruns.glob("*") if p.name.isdigit()), default=0)
    config["paths"]["outputs"] = str(reruns)
    config["sweep"]["name"] = str(number)
    config["logger"]["name"] = "csv"
    try:
        summary = again(config)
    except KeyboardInterrupt:
        return 130
    except GeodlError as error:
        print(f"{command}: {error}", file=sys.stderr)
        return 1
    return _compare(folder, Path(summary.folder), numbers, "epochs" if kind == "train" else "legs")


def _configuration(folder: Path, kind: str) -> dict[str, Any]:
    try:
        config: dict[str, Any] = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
        status = json.loads((folder / "status.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise RunFolderError(
            f"--config-dir: expected a run folder with config.yaml and status.json, found {folder} ({error}); "
            "name a folder outputs/<sweep>/<run>"
        ) from error
    if status.get("kind") == "rescore":
        raise RunFolderError(
            f"--config-dir: expected a run folder of geodl-{kind}, found one of geodl-rescore at {folder}; give that "
            "command again, with another --name"
        )
    if (other := status.get("kind", "train")) != kind:
        raise RunFolderError(
            f"--config-dir: expected a run folder of geodl-{kind}, found one of geodl-{other} at {folder}; use "
            f"geodl-{other} --config-dir {folder}"
        )
    if (found := fingerprint(config)) != status.get("fingerprint"):
        raise RunFolderError(
            f"{folder / 'config.yaml'}: expected the configuration of {status.get('fingerprint')}, found {found}: the "
            "file, or the data, weights or code that it names, was changed after the run (or code is not found from "
            "this folder); start a run of its own instead"
        )
    return config


def _compare(before: Path, after: Path, numbers: Callable[[Path], dict[tuple[str, str], str]], rows: str) -> int:
    old, new = numbers(before), numbers(after)
    different = sorted({name for (row, name), value in old.items() if new.get((row, name)) != value})
    codes = [json.loads((f / "provenance.json").read_text(encoding="utf-8")).get("code_sha") for f in (before, after)]
    if not different:
        names, places = {name for _, name in old}, {row for row, _ in old}
        print(f"identical: {len(names)} metrics over {len(places)} {rows}, bit for bit ({after})")
        return 0
    why = " (the code has changed since)" if codes[0] != codes[1] else ""
    print(f"different{why}: {', '.join(different)} ({after})", file=sys.stderr)
    return 1


def _numbers_by_epoch(folder: Path) -> dict[tuple[str, str], str]:
    # As text: a number is written so that equal text means equal bits.
    with (folder / "metrics.csv").open(encoding="utf-8", newline="") as file:
        return {
            (row["epoch"], name): value
            for row in csv.DictReader(file)
            for name, value in row.items()
            if not name.startswith("time/")
        }


def _numbers_by_leg(folder: Path) -> dict[tuple[str, str], str]:
    with (folder / "scores.csv").open(encoding="utf-8", newline="") as file:
        return {(row["leg"], name): value for row in csv.DictReader(file) for name, value in row.items()}
