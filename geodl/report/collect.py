"""Reads the run folders of a sweep, forgiving about what is missing and exact in saying so."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from geodl.config.fingerprint import scientific
from geodl.errors import DataError
from geodl.records.run_folder import is_alive
from geodl.report.record import STATUSES, InvalidScore, RunRecord
from geodl.report.scored import is_scored

_TELLTALES = ("status.json", "config.yaml", "summary.json", "metrics.csv", "provenance.json")
_SCORED = "geometry/n_samples"  # filled in exactly the epochs in which the track was scored


@dataclass(frozen=True)
class Sweep:
    """All run folders of a sweep.

    Attributes:
        folder: The sweep's folder.
        runs: Its runs by name.
        ignored: Folders that are no run folders, with the reason.
    """

    folder: Path
    runs: tuple[RunRecord, ...]
    ignored: tuple[str, ...] = ()

    @property
    def counted(self) -> tuple[RunRecord, ...]:
        """Runs that enter the means."""
        return tuple(run for run in self.runs if run.counts)


def collect_sweep(folder: Path) -> Sweep:
    """Read every run of a sweep; hidden folders (such as ``.attempts``) and the report's own are left out.

    Args:
        folder: ``outputs/<sweep>``, or a single run folder.

    Returns:
        The sweep.

    Raises:
        DataError: The folder does not exist or holds no run.
    """
    if not folder.is_dir():
        raise DataError(
            f"sweep: expected a folder such as outputs/<sweep>, found nothing at {folder}; "
            "check the name, or train first with `geodl-train`"
        )
    if (folder / "status.json").exists():
        return Sweep(folder, (read_run(folder),))
    runs, ignored = [], []
    for child in sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")):
        if is_scored(child):
            ignored.append(f"{child.name}: a model that geodl-score has scored, compared in models.html")
        elif any((child / name).exists() for name in _TELLTALES):
            runs.append(read_run(child))
        elif child.name != "report":
            ignored.append(f"{child.name}: holds none of {', '.join(_TELLTALES)}")
    if not runs:
        found = ", ".join(sorted(path.name for path in folder.iterdir())[:5]) or "an empty folder"
        raise DataError(
            f"sweep: expected run folders with a status.json in {folder}, found {found}; "
            "give the folder that holds the runs, or train first with `geodl-train`"
        )
    return Sweep(folder, tuple(runs), tuple(ignored))


def has_runs(folder: Path) -> bool:
    """Tell whether there is anything for the report of a training sweep.

    Args:
        folder: ``outputs/<sweep>``, or a single run folder.

    Returns:
        False where it is a folder of scored models and of nothing else.
    """
    if not folder.is_dir() or (folder / "status.json").exists():
        return not is_scored(folder)
    inside = [child for child in folder.iterdir() if child.is_dir() and not child.name.startswith(".")]
    return any(not is_scored(child) and (child / "status.json").exists() for child in inside) or not any(
        map(is_scored, inside)
    )


def read_run(folder: Path) -> RunRecord:
    """Read one run folder; files that are missing or corrupt become problems of the record.

    Args:
        folder: The run folder.

    Returns:
        The record.
    """
    problems: list[str] = []
    state = _read_mapping(folder / "status.json", problems)
    status = str(state.get("status", "unreadable"))
    if status not in STATUSES:
        problems.append(f"status.json: expected one of {', '.join(STATUSES[:4])}, found {status!r}")
        status = "unreadable"
    ended = status == "finished"
    config = _read_mapping(folder / "config.yaml", problems)
    summary = _read_mapping(folder / "summary.json", problems, expected=ended)
    final = {
        str(key): _number(value)
        for key, value in (_mapping(summary, "metrics")).items()
        if key not in ("epoch", "step")
    }
    if ended and summary and not final:
        problems.append("summary.json: holds no metrics")
    if status == "running" and not is_alive(state):
        problems.append(f"says it is running, but process {state.get('pid')} is gone from this machine")
    return RunRecord(
        folder=folder,
        status=status,
        state=state,
        config=config,
        settings=_settings(config, summary),
        overrides=_read_overrides(folder / "overrides.yaml", problems),
        provenance=_read_mapping(folder / "provenance.json", problems, expected=ended),
        history=_read_history(folder / "metrics.csv", problems, expected=ended),
        final=final,
        summary=summary,
        invalid=_read_invalid(folder / "scores.jsonl", problems),
        problems=tuple(problems),
    )


def _read_mapping(path: Path, problems: list[str], *, expected: bool = True) -> Mapping[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        content = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except FileNotFoundError:
        if expected:
            problems.append(f"{path.name}: missing")
        return {}
    except (OSError, ValueError, yaml.YAMLError) as error:
        problems.append(f"{path.name}: unreadable ({type(error).__name__}: {str(error).splitlines()[0]})")
        return {}
    if not isinstance(content, Mapping):
        problems.append(f"{path.name}: expected a mapping, found {type(content).__name__}")
        return {}
    return content


def _read_overrides(path: Path, problems: list[str]) -> tuple[str, ...]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        problems.append(f"{path.name}: missing")
        return ()
    except (OSError, ValueError, yaml.YAMLError) as error:
        problems.append(f"{path.name}: unreadable ({type(error).__name__})")
        return ()
    return tuple(str(item) for item in content) if isinstance(content, list) else ()


def _read_history(path: Path, problems: list[str], *, expected: bool) -> Mapping[tuple[int, str], float]:
    # Read metrics.csv. An empty cell was not measured, save for scores in an epoch that was scored: those are NaN.
    history: dict[tuple[int, str], float] = {}
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            for number, row in enumerate(csv.DictReader(stream), start=2):
                epoch = _number(row.get("epoch"))
                if math.isnan(epoch):
                    problems.append(f"metrics.csv: line {number} has no epoch (cut off?), left out")
                    continue
                scored = bool(row.get(_SCORED))
                for metric, text in row.items():
                    if metric == "epoch" or not metric:
                        continue
                    if text or (scored and metric.startswith("geometry/")):
                        history[int(epoch), metric] = _number(text)
    except FileNotFoundError:
        if expected:
            problems.append("metrics.csv: missing")
    except (OSError, ValueError, csv.Error) as error:
        problems.append(f"metrics.csv: unreadable ({type(error).__name__}: {error})")
    else:
        if expected and not history:
            problems.append("metrics.csv: holds no measurement")
    return history


def _read_invalid(path: Path, problems: list[str]) -> tuple[InvalidScore, ...]:
    invalid, corrupt = [], 0
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return ()
    for line in lines:
        try:
            score = json.loads(line)
            if not score["valid"]:
                invalid.append(
                    InvalidScore(int(score["epoch"]), int(score["leg"]), str(score["score"]), str(score["reason"]))
                )
        except (ValueError, KeyError, TypeError):
            corrupt += 1
    if corrupt:
        problems.append(f"scores.jsonl: {corrupt} corrupt line(s), left out")
    return tuple(invalid)


def _settings(config: Mapping[str, Any], summary: Mapping[str, Any]) -> dict[str, Any]:
    # Scientific keys as a flat mapping of hashable values; the network's own account fills what a config leaves out.
    if not config:
        return {}
    flat = _flatten(scientific(config))
    for key in ("family", "depth", "width"):
        flat.setdefault(f"network.{key}", _mapping(summary, "network").get(key))
    flat.setdefault("optimizer.weight_decay", 0.0)
    decay = _number(flat["optimizer.weight_decay"])  # "5e-4" is text to YAML 1.1
    flat["optimizer.weight_decay"] = None if math.isnan(decay) else decay
    for key in ("seed", "experiment_name"):
        flat.pop(key, None)
    return flat


def _flatten(node: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in node.items():
        if isinstance(value, Mapping):
            flat.update(_flatten(value, f"{prefix}{key}."))
        else:
            flat[f"{prefix}{key}"] = value if isinstance(value, str | int | float | None) else json.dumps(value)
    return flat


def _mapping(content: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = content.get(key)
    return value if isinstance(value, Mapping) else {}


def _number(value: Any) -> float:
    # Read a number; None, empty and malformed text are NaN.
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan
