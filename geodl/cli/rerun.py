"""Train a finished run again from its folder and compare every number: ``geodl-train --config-dir <run>``."""

from __future__ import annotations

import csv
import json
import logging
import sys
from pathlib import Path
from typing import Any

import yaml

from geodl.config.fingerprint import fingerprint
from geodl.errors import GeodlError, RunFolderError

log = logging.getLogger(__name__)


def rerun(folder: Path) -> int:
    """Repeat a run from its ``config.yaml`` and say whether the numbers are the same, bit for bit.

    The repetition goes to ``<sweep>/.reruns/<n>/`` and to no dashboard: it is a check, not another result. Times are
    not compared.

    Args:
        folder: The run folder.

    Returns:
        0 if every metric of every epoch is identical, 1 if not or if the repetition failed, 2 if the folder cannot be
        repeated, 130 if interrupted.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        config = _configuration(folder)
    except GeodlError as error:
        print(f"geodl-train: {error}", file=sys.stderr)
        return 2
    from geodl.training import train  # torch and Lightning: seconds that a mistake need not pay

    reruns = folder.resolve().parent / ".reruns"
    number = 1 + max((int(p.name) for p in reruns.glob("*") if p.name.isdigit()), default=0)
    config["paths"]["outputs"] = str(reruns)
    config["sweep"]["name"] = str(number)
    config["logger"]["name"] = "csv"
    try:
        summary = train(config)
    except KeyboardInterrupt:
        return 130
    except GeodlError as error:
        print(f"geodl-train: {error}", file=sys.stderr)
        return 1
    return _compare(folder, Path(summary.folder))


def _configuration(folder: Path) -> dict[str, Any]:
    try:
        config: dict[str, Any] = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
        status = json.loads((folder / "status.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise RunFolderError(
            f"--config-dir: expected a run folder with config.yaml and status.json, found {folder} ({error}); "
            "name a folder outputs/<sweep>/<run>"
        ) from error
    if (found := fingerprint(config)) != status.get("fingerprint"):
        raise RunFolderError(
            f"{folder / 'config.yaml'}: expected the configuration of {status.get('fingerprint')}, found {found}: the "
            "file (or the data file it names) was changed after the run; train it as a run of its own instead"
        )
    return config


def _compare(before: Path, after: Path) -> int:
    old, new = _numbers(before), _numbers(after)
    different = sorted({name for (epoch, name), value in old.items() if new.get((epoch, name)) != value})
    codes = [json.loads((f / "provenance.json").read_text(encoding="utf-8")).get("code_sha") for f in (before, after)]
    if not different:
        names, epochs = {name for _, name in old}, {epoch for epoch, _ in old}
        print(f"identical: {len(names)} metrics over {len(epochs)} epochs, bit for bit ({after})")
        return 0
    why = " (the code has changed since)" if codes[0] != codes[1] else ""
    print(f"different{why}: {', '.join(different)} ({after})", file=sys.stderr)
    return 1


def _numbers(folder: Path) -> dict[tuple[str, str], str]:
    # As text: a number is written so that equal text means equal bits.
    with (folder / "metrics.csv").open(encoding="utf-8", newline="") as file:
        return {
            (row["epoch"], name): value
            for row in csv.DictReader(file)
            for name, value in row.items()
            if not name.startswith("time/")
        }
