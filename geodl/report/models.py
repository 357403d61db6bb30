"""The scored models of a sweep side by side: ``scores.csv`` and ``models.html``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from geodl.errors import DataError, TrackError
from geodl.figures.canvas import figure_png, write_bytes
from geodl.figures.model_dots import ModelDot, draw_models
from geodl.figures.projection import ProjectedTracks
from geodl.figures.tracks import draw_track_panels
from geodl.records.run_folder import read_status
from geodl.report.caveats import HOW_TO_READ_A_MODEL, NOT_SHOWN_OF_A_MODEL
from geodl.report.model_page import model_command
from geodl.report.render import EmbeddedPicture
from geodl.report.scored import LEG_HEADERS, ScoredModel, is_scored, leg_cells, read_scored
from geodl.report.tables import Table, format_table
from geodl.report.templates import render_template

_PANELS = 12  # models whose tracks one figure shows


@dataclass(frozen=True)
class Comparison:
    """Where the comparison lies.

    Attributes:
        csv: One row a model and leg.
        html: The page.
        table: The main scores in plain text, for a terminal.
    """

    csv: Path
    html: Path
    table: str


def scored_folders(sweep: Path) -> list[Path]:
    """Find the jobs of ``geodl-score`` in a sweep's folder.

    Args:
        sweep: ``outputs/<sweep>``.

    Returns:
        Their folders, whatever became of them; hidden ones are left out.
    """
    if not sweep.is_dir():
        return []
    return sorted(child for child in sweep.iterdir() if not child.name.startswith(".") and is_scored(child))


def write_comparison(sweep: Path, out: Path | None = None) -> Comparison:
    """Lay the scored models of a sweep side by side.

    Args:
        sweep: ``outputs/<sweep>``.
        out: Folder to write; the sweep's own where None.

    Returns:
        The files.

    Raises:
        DataError: There is no scored model.
    """
    models, failed = [], []
    for folder in scored_folders(sweep):
        status = read_status(folder)
        if status.get("status") == "finished":
            models.append(read_scored(folder))
        else:
            failed.append((folder.name, str(status.get("status")), str(status.get("error") or "")))
    if not models and not failed:
        raise DataError(f"sweep: expected models that geodl-score has scored in {sweep}, found none; score some first")
    models.sort(key=lambda model: (model.summary["data"]["name"], model.label))
    target = out or sweep
    write_bytes(target / "scores.csv", _frame(models).to_csv(index=False).encode("utf-8"))
    table = comparison_table(models)
    page = render_template(
        "models.html.j2",
        title=sweep.resolve().name,
        models=models,
        failed=failed,
        table_of_scores=table,
        pictures=_pictures(models) if models else [],
        mixed=_mixed(models),
        data=sorted({model.summary["data"]["name"] for model in models}),
        commands=[(model.label, model.folder.name, model_command(model)) for model in models],
        how_to_read=HOW_TO_READ_A_MODEL,
        not_shown=NOT_SHOWN_OF_A_MODEL,
        written=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
    )
    write_bytes(target / "models.html", page.encode("utf-8"))
    text = format_table(table.headers, table.rows) if table.rows else "No model was scored."
    return Comparison(csv=target / "scores.csv", html=target / "models.html", table=text)


def comparison_table(models: Sequence[ScoredModel]) -> Table:
    """Main scores of every model.

    Args:
        models: The models.

    Returns:
        One row a model and leg of two or more steps (all legs where there is none); the data where they differ.
    """
    several = len({model.summary["data"]["name"] for model in models}) > 1
    rows = [
        (
            model.label,
            *((model.summary["data"]["name"],) if several else ()),
            str(leg["index"]),
            *leg_cells(leg),
            model.treatment,
        )
        for model in models
        for leg in model.long_legs
    ]
    return Table(("model", *(("data",) if several else ()), "leg", *LEG_HEADERS, "states"), tuple(rows))


def _frame(models: Sequence[ScoredModel]) -> pd.DataFrame:
    return pd.DataFrame([
        {
            "model": model.label,
            "data": model.summary["data"]["name"],
            "folder": model.folder.name,
            "leg": leg["index"],
            "from": leg["names"][0],
            "to": leg["names"][-1],
            "n": leg["n"],
            "d": leg["dim"],
            "L": leg["n_steps"],
            "tokens": model.summary["track"]["tokens"],
            "pool": model.summary["track"]["pool"],
            "final_norm": model.summary["track"]["final_norm"],
            "lss_null": math.sqrt(leg["n_steps"]),
            "ots_null": 1 / leg["n"],
            **leg["metrics"],
        }
        for model in models
        for leg in model.legs
    ])


def _pictures(models: Sequence[ScoredModel]) -> list[EmbeddedPicture]:
    dots = [
        ModelDot(
            label=model.label if len(model.long_legs) == 1 else f"{model.label}, leg {leg['index']}",
            n_steps=leg["n_steps"],
            n_samples=leg["n"],
            values={key: float(value) for key, value in leg["metrics"].items() if isinstance(value, int | float)},
        )
        for model in models
        for leg in model.long_legs
    ]
    pictures = [
        EmbeddedPicture(
            "models",
            "models",
            "Scores side by side",
            "One row a model and leg of two or more steps; thin lines are quartiles over the samples (LSS) or the "
            "interval over all optimal plans (OTS); grey ticks are null values: √L for LSS, 1/n for OTS.",
            figure_png(draw_models(dots)),
        )
    ]
    panels: list[ProjectedTracks | None] = []
    titles = []
    for model in models[:_PANELS]:
        leg = max(model.legs, key=lambda leg: leg["n_steps"])
        projected = _load(model.folder / "figures" / f"tracks_leg{leg['index']}.npz")
        if projected is not None:
            panels.append(projected)
            titles.append(model.label)
    if panels:
        left = len(models) - len(panels)
        names = {tuple(model.summary["data"]["class_names"]) for model in models}
        figure = draw_track_panels(
            panels,
            columns=min(3, len(panels)),
            titles=titles,
            class_names=(list(names.pop()) or None) if len(names) == 1 else None,
            panel_size=2.9,
        )
        caption = "The longest leg of each model; each panel has a plane and a scale of its own."
        caption += f" {left} more models are not drawn." if left > 0 else ""
        pictures.append(EmbeddedPicture("tracks", "models", "Tracks side by side", caption, figure_png(figure)))
    return pictures


def _load(path: Path) -> ProjectedTracks | None:
    try:
        return ProjectedTracks.load(path)
    except TrackError:
        return None


def _mixed(models: Sequence[ScoredModel]) -> list[str]:
    # What differs between the models beside the model, and so may be why their scores do.
    found = {
        "data": {model.summary["data"]["name"] for model in models},
        "samples": {model.summary["probe"]["digest"] for model in models},
        "tokens": {model.summary["track"]["tokens"] for model in models},
        "pool": {model.summary["track"]["pool"] for model in models},
        "number of steps L": {str(leg["n_steps"]) for model in models for leg in model.long_legs},
        "dimension d": {str(leg["dim"]) for model in models for leg in model.long_legs},
        "final norm": {model.summary["track"]["final_norm"].partition(":")[0] for model in models},
    }
    return [key for key, values in found.items() if len(values) > 1]
