"""The folder of a scored model as the pages see it, and the tables that its numbers make."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from geodl.errors import DataError
from geodl.records.run_folder import read_status
from geodl.report.tables import Table, format_number

COLUMNS = (
    ("path_straightness", "path"),
    ("kinetic_straightness", "kinetic"),
    ("geodesic_score", "geodesic"),
    ("geodesic_deviation", "deviation"),
    ("step_ots", "step OTS"),
    ("track_bound_share", "bound kept"),
    ("track_margin", "class margin"),
    ("action", "action"),
)
"""Metrics after LSS, OTS and transport ratio, with their short names."""


@dataclass(frozen=True)
class ScoredModel:
    """A finished job of ``geodl-score``.

    Attributes:
        folder: Its run folder.
        summary: Content of ``summary.json``.
        config: Content of ``config.yaml``.
        provenance: Content of ``provenance.json``.
        overrides: Overrides of the command line.
        read_outs: Rows of ``read_outs.csv``.
    """

    folder: Path
    summary: Mapping[str, Any]
    config: Mapping[str, Any]
    provenance: Mapping[str, Any]
    overrides: tuple[str, ...]
    read_outs: tuple[Mapping[str, str], ...]

    @property
    def label(self) -> str:
        """The model's name."""
        return str(self.summary["model"]["label"])

    @property
    def legs(self) -> list[Mapping[str, Any]]:
        """Legs of at least one step: index, names, n, dim, n_steps, metrics."""
        return list(self.summary["legs"])

    @property
    def long_legs(self) -> list[Mapping[str, Any]]:
        """Legs of two or more steps; all where there is none."""
        return [leg for leg in self.legs if leg["n_steps"] > 1] or self.legs

    @property
    def points(self) -> str:
        """What n counts: ``360 sentences``, or ``9,120 tokens of 360 sentences``."""
        noun = "sentences" if self.summary["data"]["samples"].startswith("sentences") else "samples"
        probe = self.summary["probe"]
        samples = f"{probe['n']:,} {noun}"
        return samples if probe["points"] == probe["n"] else f"{probe['points']:,} tokens of {samples}"

    @property
    def beside(self) -> str:
        """What has to stand beside every number: n, d, L, how states became vectors, the final norm."""
        sizes = f"n = {self.points}, d = {_listed(self.legs, 'dim')}, L = {_listed(self.legs, 'n_steps')}"
        return f"{sizes}; {self.treatment}."

    @property
    def treatment(self) -> str:
        """How states became vectors, and what became of the final norm."""
        track = self.summary["track"]
        # A rule for sequences says nothing about a network of maps, nor one for maps about a transformer.
        axes = {len(row["shape"].partition(" (")[0].split(" x ")) for row in self.read_outs}
        rules = [key for key, count in (("tokens", 2), ("pool", 3)) if count in axes]
        made = [f"{key}: {track[key]}" for key in rules if track.get(key)]
        return "; ".join([*made, f"final norm: {track.get('final_norm') or 'none'}"])


def read_scored(folder: Path) -> ScoredModel:
    """Read the folder of a scored model.

    Args:
        folder: The run folder.

    Returns:
        What it holds.

    Raises:
        DataError: A file is missing or unreadable.
    """
    try:
        with (folder / "read_outs.csv").open(encoding="utf-8", newline="") as file:
            rows = tuple(csv.DictReader(file))
        overrides = yaml.safe_load((folder / "overrides.yaml").read_text(encoding="utf-8")) or []
        return ScoredModel(
            folder=folder,
            summary=json.loads((folder / "summary.json").read_text(encoding="utf-8")),
            config=yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8")),
            provenance=json.loads((folder / "provenance.json").read_text(encoding="utf-8")),
            overrides=tuple(map(str, overrides)),
            read_outs=rows,
        )
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise DataError(
            f"{folder}: expected the files of a scored model, found {error}; score it again with geodl-score"
        ) from error


def is_scored(folder: Path) -> bool:
    """Tell a job of ``geodl-score`` from a training run.

    Args:
        folder: A run folder.

    Returns:
        Whether its status says so.
    """
    return read_status(folder).get("kind") == "score"


def scores_table(model: ScoredModel) -> Table:
    """Main scores leg by leg, each beside its null value.

    Args:
        model: The model.

    Returns:
        One row a leg.
    """
    rows = [(str(leg["index"]), f"{leg['names'][0]} to {leg['names'][-1]}", *leg_cells(leg)) for leg in model.legs]
    return Table(("leg", "read-outs", *LEG_HEADERS), tuple(rows))


def further_table(model: ScoredModel) -> Table:
    """All other scores leg by leg.

    Args:
        model: The model.

    Returns:
        One row a leg; no rows where nothing else was computed.
    """
    shown = [(key, name) for key, name in COLUMNS if any(key in leg["metrics"] for leg in model.legs)]
    rows = [(str(leg["index"]), *_cells(leg, shown)) for leg in model.legs] if shown else []
    return Table(("leg", *(name for _, name in shown)), tuple(rows))


LEG_HEADERS = ("n", "d", "L", "LSS (null √L)", "median [quartiles]", "OTS (null 1/n)", "transport ratio")


def leg_cells(leg: Mapping[str, Any]) -> tuple[str, ...]:
    """Write the sizes and the main scores of a leg, null values in brackets.

    Args:
        leg: The leg as ``summary.json`` holds it.

    Returns:
        Cells below :data:`LEG_HEADERS`.

    >>> metrics = {"lss": 1.5, "lss_median": 1.4, "lss_q25": 1.2, "lss_q75": 1.7, "ots": 1.0, "ots_low": 0.5}
    >>> leg_cells({"n": 100, "dim": 8, "n_steps": 4, "metrics": {**metrics, "transport_ratio": 1.0}})
    ('100', '8', '4', '1.50 (2.00)', '1.40 [1.20, 1.70]', '[0.500, 1.000] (0.01)', '1.000')
    """
    values = {key: _float(value) for key, value in leg["metrics"].items()}

    def cell(key: str, digits: int) -> str:
        return format_number(values[key], digits) if key in values else "-"

    lss = f"{cell('lss', 2)} ({math.sqrt(leg['n_steps']):.2f})" if "lss" in values else "-"
    middle = f"{cell('lss_median', 2)} [{cell('lss_q25', 2)}, {cell('lss_q75', 2)}]" if "lss_median" in values else "-"
    ots = "-"
    if "ots" in values:
        low, high = cell("ots_low", 3), cell("ots", 3)
        ots = f"{high if low == high else f'[{low}, {high}]'} ({1 / leg['n']:.2g})"
    sizes = (f"{leg['n']:,}", f"{leg['dim']:,}", str(leg["n_steps"]))
    return (*sizes, lss, middle, ots, cell("transport_ratio", 3))


def read_outs_table(model: ScoredModel) -> Table:
    """What happens at every read-out.

    Args:
        model: The model.

    Returns:
        One row a read-out; columns that no row fills are left out.
    """
    headers = {
        "read_out": "read-out",
        "type": "type",
        "shape": "shape",
        "leg": "leg",
        "norm": "norm",
        "step_length": "step length",
        "angle_to_step_before": "angle to step before",
        "step_ots": "step OTS",
        "step_transport_ratio": "step ratio",
    }
    filled = [key for key in headers if any(row.get(key) not in (None, "", "nan") for row in model.read_outs)]
    digits = {"norm": 2, "step_length": 2, "angle_to_step_before": 1, "step_ots": 3, "step_transport_ratio": 3}

    def cell(row: Mapping[str, str], key: str) -> str:
        if key not in digits:
            return row[key]
        number = _float(row[key])
        unit = "°" if key == "angle_to_step_before" else ""
        return "" if math.isnan(number) else f"{format_number(number, digits[key])}{unit}"

    rows = tuple(tuple(cell(row, key) for key in filled) for row in model.read_outs)
    return Table(tuple(headers[key] for key in filled), rows)


def _cells(leg: Mapping[str, Any], shown: Sequence[tuple[str, str]]) -> list[str]:
    return [format_number(_float(leg["metrics"][key])) if key in leg["metrics"] else "-" for key, _ in shown]


def _listed(legs: Sequence[Mapping[str, Any]], key: str) -> str:
    values = [f"{leg[key]:,}" for leg in legs]
    return values[0] if len(set(values)) == 1 else f"{' / '.join(values)} (leg by leg)"


def _float(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan
