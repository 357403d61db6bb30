"""The files of a scored model: every number, the table of its read-outs, and the figures."""

from __future__ import annotations

import csv
import io
import logging
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from geodl.errors import TrackError
from geodl.figures import draw_depth, draw_histograms, draw_track_panels, project_tracks, save_figure
from geodl.figures.projection import ProjectedTracks
from geodl.read_out_table import read_out_rows
from geodl.records.atomic import write_text
from geodl.records.scores import ScoreRecord
from geodl.scores import leg_metrics
from geodl.track_scores import TrackScores
from geodl.tracks import Description, Leg, Track

log = logging.getLogger(__name__)

MOST_LEGS = 9
"""Legs that one figure shows: the longest."""


def leg_records(scores: TrackScores) -> list[dict[str, Any]]:
    """Describe each leg with all that must be known to read its scores.

    Args:
        scores: The scores of a track.

    Returns:
        One plain dictionary a leg: index, names, n, dim, n_steps, and its metrics by name.
    """
    return [
        {
            "index": leg.index,
            "names": list(leg.names),
            "n": leg.n_samples,
            "dim": leg.dim,
            "n_steps": leg.n_steps,
            "metrics": leg_metrics(results),
        }
        for leg, results in zip(scores.legs, scores.results, strict=True)
    ]


def write_tables(folder: Path, description: Description, track: Track, scores: TrackScores) -> None:
    """Write ``describe.txt``, ``scores.txt``, ``scores.jsonl``, ``scores.csv`` and ``read_outs.csv``.

    Args:
        folder: The run folder.
        description: The read-outs.
        track: The track.
        scores: Its scores.
    """
    write_text(folder / "describe.txt", f"{description}\n")
    write_text(folder / "scores.txt", f"{scores}\n")
    ScoreRecord(folder / "scores.jsonl").append(scores.lines())
    records = leg_records(scores)
    names = list(dict.fromkeys(name for leg in records for name in leg["metrics"]))
    _write_csv(
        folder / "scores.csv",
        [
            {
                "leg": leg["index"],
                "from": leg["names"][0],
                "to": leg["names"][-1],
                "n": leg["n"],
                "d": leg["dim"],
                "L": leg["n_steps"],
                "lss_null": math.sqrt(leg["n_steps"]),
                "ots_null": 1 / leg["n"],
                **{name: leg["metrics"].get(name, math.nan) for name in names},
            }
            for leg in records
        ],
    )
    by_leg = {leg.index: results for leg, results in zip(scores.legs, scores.results, strict=True)}
    rows = [row for leg in track.legs() for row in read_out_rows(leg, by_leg.get(leg.index, {}))]
    about = {row["read_out"]: row for row in description.rows}
    _write_csv(
        folder / "read_outs.csv",
        [
            {
                "read_out": row["read_out"],
                "type": about.get(row["read_out"], {}).get("type", ""),
                "shape": about.get(row["read_out"], {}).get("shape", ""),
                **{key: value for key, value in row.items() if key != "read_out"},
            }
            for row in rows
        ],
    )


def write_figures(
    folder: Path, track: Track, scores: TrackScores, *, title: str, n_tracks: int, class_names: Sequence[str]
) -> dict[str, Path]:
    """Draw the tracks in the plane, the line-shape scores, and what happens along the depth.

    Args:
        folder: The run folder.
        track: The track.
        scores: Its scores.
        title: The model's name.
        n_tracks: Samples drawn.
        class_names: Names of the classes by label; empty for their numbers.

    Returns:
        Name of each figure and its file.
    """
    figures = folder / "figures"
    written = {}
    legs = dict(zip((leg.index for leg in scores.legs), zip(scores.legs, scores.results, strict=True), strict=True))
    longest = sorted(sorted(legs, key=lambda index: -legs[index][0].n_steps)[:MOST_LEGS])
    several = len(legs) > 1
    panels: list[ProjectedTracks | None] = []
    titles = []
    for index in longest:
        leg, results = legs[index]
        projected = _project(leg, track, leg_metrics(results), n_tracks)
        if projected is None:
            continue
        projected.save(figures / f"tracks_leg{index}.npz")
        panels.append(projected)
        titles.append(f"leg {index}, L = {leg.n_steps}" if several else title)
    if panels:
        columns = min(3, len(panels))
        drawn = draw_track_panels(
            panels,
            columns=columns,
            titles=titles,
            heading=title if several else None,
            class_names=list(class_names) or None,
            panel_size=4.0 if not several else 2.9,
        )
        written["tracks"] = save_figure(drawn, figures / "tracks.png")
    histograms = [
        (f"leg {index}" if several else title, legs[index][1]["line_shape"].per_sample, legs[index][0].n_steps)
        for index in longest
        if legs[index][0].n_steps > 1
        and "line_shape" in legs[index][1]
        and legs[index][1]["line_shape"].per_sample is not None
    ]
    if histograms:
        written["lss"] = save_figure(draw_histograms(histograms), figures / "lss.png")
    with (folder / "read_outs.csv").open(encoding="utf-8", newline="") as file:
        rows: list[Mapping[str, Any]] = [{**row, "leg": int(row["leg"])} for row in csv.DictReader(file)]
    written["depth"] = save_figure(draw_depth(rows, title=title), figures / "depth.png")
    return written


def _project(leg: Leg, track: Track, metrics: Mapping[str, float], n_tracks: int) -> ProjectedTracks | None:
    try:
        return project_tracks(
            leg.states,
            track.labels,
            n_tracks=n_tracks,
            sample_ids=track.sample_ids,
            names=leg.names,
            lss=metrics.get("lss"),
            ots=metrics.get("ots"),
            transport_ratio=metrics.get("transport_ratio"),
        )
    except TrackError as error:
        log.warning("leg %d: no picture of the tracks: %s", leg.index, error)
        return None


def _write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())
