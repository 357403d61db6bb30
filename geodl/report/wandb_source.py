"""The runs of a W&B project as run folders, so that the report reads them as it reads its own.

Of a run W&B holds the configuration, the metrics by epoch, the state, and what training adds to its summary under
`SUMMARY_KEY`: provenance, network, data, probe, legs, null values. These become the files of a run folder. What W&B
does not hold (tracks, profiles, ``scores.jsonl``) is absent there, and so are the figures that need it.
"""

from __future__ import annotations

import math
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from geodl.errors import ConfigError, DataError
from geodl.records.atomic import write_json, write_text
from geodl.records.table import write_metrics
from geodl.records.wandb_session import SUMMARY_KEY, has_api_key

_STATES = {"finished": "finished", "running": "running", "failed": "failed", "crashed": "failed"}  # others: interrupted
_NEEDED = ("network", "optimizer", "track", "sweep", "seed")  # groups that make a configuration one of geodl's
_MARK = "wandb_source.json"


def fetch_sweep(project: str, group: str | None, outputs: Path, *, api: Any = None) -> tuple[Path, list[str]]:
    """Write the runs of a W&B project, or of one group in it, as run folders.

    The folder is a copy: fetched again, it is written anew.

    Args:
        project: ``entity/project``, or ``project`` of the default entity.
        group: The sweep's name, which is W&B's group; None for all runs of the project.
        outputs: Folder of sweeps, such as ``outputs``.
        api: A ``wandb.Api``; None makes one.

    Returns:
        The folder ``<outputs>/wandb-<project>-<group>``, and the runs that were left out with their reasons.

    Raises:
        DataError: If the project holds no run of geodl, or the folder is somebody else's. A missing API key and a
            project that cannot be reached are a ``ConfigError``.
    """
    target = outputs / re.sub(r"[^A-Za-z0-9._-]+", "-", "-".join(filter(None, ("wandb", project, group))))
    if target.exists() and not (target / _MARK).is_file():
        raise DataError(
            f"project: expected {target} to be an earlier copy of W&B's runs, found another folder; move it"
        )
    found, ignored = [], []
    for run in _runs(project, group, api):
        reason = _why_not(run)
        if reason:
            ignored.append(f"{run.name} ({run.id}): {reason}")
        else:
            found.append(run)
    if not found:
        raise DataError(
            f"project: expected runs of geodl-train in {project}{f', group {group}' if group else ''}, found "
            f"{len(ignored)} other runs; check the names on the project's page"
        )
    target.mkdir(parents=True, exist_ok=True)
    write_json(target / _MARK, {"project": project, "group": group, "ignored": ignored})
    for before in target.glob("*/status.json"):
        shutil.rmtree(before.parent)  # W&B may have lost runs since
    for run in found:
        _write_run(run, target / f"{run.name}-{run.id}")
    return target, ignored


def _runs(project: str, group: str | None, api: Any) -> list[Any]:
    if api is None:
        import wandb  # a second of import that folders need not pay

        if not has_api_key():
            raise ConfigError(
                "report.source: expected an API key of W&B, found none; run `wandb login` or set WANDB_API_KEY"
            )
        api = wandb.Api(timeout=30)
    try:
        return list(api.runs(project, filters={"group": group} if group else {}))
    except (OSError, ValueError, RuntimeError) as error:  # W&B's own errors are among these, requests' too
        raise _unreachable(project, error) from error
    except Exception as error:  # errors of W&B have no common base outside of its package
        if type(error).__module__.partition(".")[0] not in ("wandb", "requests"):
            raise
        raise _unreachable(project, error) from error


def _unreachable(project: str, error: Exception) -> ConfigError:
    first = (str(error) or type(error).__name__).splitlines()[0]
    return ConfigError(
        f"project: expected a project that W&B can show, found {project} ({first}); check name and network"
    )


def _why_not(run: Any) -> str:
    missing = [name for name in _NEEDED if name not in run.config]
    if missing:
        return f"no configuration of geodl-train (no {missing[0]})"
    if run.state == "finished" and not isinstance(run.summary.get(SUMMARY_KEY), Mapping):
        return f"finished without {SUMMARY_KEY!r} in its summary: made before geodl wrote it"
    return ""


def _write_run(run: Any, folder: Path) -> None:
    facts = _plain(run.summary.get(SUMMARY_KEY) or {})
    rows = _rows(run.scan_history())
    status = _STATES.get(run.state, "interrupted")
    folder.mkdir(exist_ok=True)
    write_text(folder / "config.yaml", yaml.safe_dump(_plain(run.config), sort_keys=False))
    write_text(folder / "overrides.yaml", yaml.safe_dump(list(facts.get("overrides", []))))
    write_json(folder / "provenance.json", facts.get("provenance", {}))
    write_metrics(folder / "metrics.csv", rows, key="epoch")
    if status == "finished":
        metrics = rows[-1] if rows else {}
        write_json(folder / "summary.json", {**facts.get("summary", {}), "metrics": metrics})
    epoch = int(rows[-1]["epoch"]) if rows else None
    asked = run.config.get("trainer", {}).get("max_epochs")
    write_json(
        folder / "status.json",
        {"status": status, "kind": "train", "host": "wandb", "wandb_id": run.id, "epoch": epoch, "max_epochs": asked},
    )


def _rows(history: Iterable[Mapping[str, Any]]) -> list[dict[str, float]]:
    # Several lines an epoch; a metric that a line does not have is None there, and NaN is text.
    rows: dict[int, dict[str, float]] = {}
    for line in history:
        epoch = _number(line.get("epoch"))
        if epoch is None or math.isnan(epoch):
            continue
        row = rows.setdefault(int(epoch), {"epoch": int(epoch)})
        for name, value in line.items():
            number = None if name.startswith("_") or name in ("epoch", "trainer/global_step") else _number(value)
            if number is not None:
                row[name] = number
    return [rows[epoch] for epoch in sorted(rows)]


def _number(value: Any) -> float | None:
    if value is None or isinstance(value, bool | Mapping | list):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _plain(value: Any) -> Any:
    # W&B's containers as plain ones.
    if isinstance(value, Mapping) or hasattr(value, "items"):
        return {str(key): _plain(child) for key, child in value.items()}
    return [_plain(child) for child in value] if isinstance(value, list | tuple) else value
