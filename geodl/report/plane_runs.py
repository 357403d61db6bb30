"""Runs whose states lie in a plane: their whole tracks, read and paired, one panel a network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from geodl.errors import TrackError
from geodl.figures.decay_axis import decay_label
from geodl.figures.plane_tracks import PlaneTracks
from geodl.figures.style import family_look
from geodl.report.aggregate import Aggregates, Cell, cell_order
from geodl.report.record import RunRecord


@dataclass(frozen=True)
class PlaneSet:
    """Networks that are drawn together: those of one data set and depth, row by row.

    Attributes:
        name: For file names and addresses, such as ``spirals_depth4``.
        title: For readers, such as ``spirals, depth 4``.
        row_titles: Families, one a row.
        columns: Panels a row, one a weight decay.
        networks: Title of each panel -> tracks by epoch, in reading order; empty where a run is missing.
        caption: Which runs these are.
    """

    name: str
    title: str
    row_titles: tuple[str, ...]
    columns: int
    networks: dict[str, tuple[PlaneTracks, ...]]
    caption: str


def plane_sets(results: Aggregates) -> Iterator[PlaneSet]:
    """Find the runs that have kept tracks of two-dimensional states.

    Args:
        results: Counted runs by setting.

    Yields:
        One set for all settings that differ in family and weight decay alone.
    """
    together: dict[Cell, dict[Cell, RunRecord]] = {}
    for cell in results.cells:
        run = next((run for run in results.runs[cell] if _is_planar(run)), None)
        if run is not None:
            together.setdefault(results.without(cell, "family", "weight_decay"), {})[cell] = run
    for cells in together.values():
        first = next(iter(cells))
        data = _data(cells[first])
        # What a data set has of its own (classes, noise) goes without saying.
        beside = [next(iter(other)) for other in together.values() if _data(next(iter(other.values()))) == data]
        others = [key for key in results.keys if key not in ("family", "weight_decay")]
        telling = [key for key in others if len({results.value(cell, key) for cell in beside}) > 1]
        parts = [data, *(f"{key} {results.value(first, key)}" for key in telling)]
        find = {(results.value(cell, "family"), results.value(cell, "weight_decay")): cells[cell] for cell in cells}
        families = sorted({family for family, _ in find}, key=lambda value: cell_order((value,)))
        decays = sorted({decay for _, decay in find}, key=lambda value: cell_order((value,)))
        networks = {
            f"{family_look(str(family)).label}, decay {'?' if decay is None else decay_label(decay)}": _load(
                find.get((family, decay))
            )
            for family in families
            for decay in decays
        }
        seeds = sorted({str(run.seed) for run in cells.values()})
        yield PlaneSet(
            "_".join("".join(c if c.isalnum() or c in ".-" else "" for c in part) for part in parts),
            ", ".join(parts),
            tuple(family_look(str(family)).label for family in families),
            len(decays),
            networks,
            f"Seed {', '.join(seeds)}, the lowest that finished and kept its tracks.",
        )


def last_planes(networks: Sequence[Sequence[PlaneTracks]]) -> list[PlaneTracks | None]:
    """Take the last epoch of each network.

    Args:
        networks: Tracks by epoch.

    Returns:
        The last tracks; None where there are none.
    """
    return [found[-1] if found else None for found in networks]


def _data(run: RunRecord) -> str:
    return str(run.config.get("data", {}).get("name", "data"))


def _is_planar(run: RunRecord) -> bool:
    shapes = [(leg.get("dim"), leg.get("n_steps")) for leg in run.legs]
    return len(shapes) == 1 and shapes[0][0] == 2 and bool(shapes[0][1]) and bool(_files(run))


def _files(run: RunRecord) -> list[Path]:
    return sorted((run.folder / "tracks").glob("*.safetensors"))


def _load(run: RunRecord | None) -> tuple[PlaneTracks, ...]:
    if run is None:
        return ()
    from geodl.planes import SCORES, plane_tracks  # torch and the solver, which only planes need
    from geodl.tracks import Track

    found = {}
    for file in _files(run):
        try:
            track = Track.load(file)
        except TrackError:
            continue
        epoch = track.epoch or 0
        scores = {key: run.history.get((epoch, f"geometry/{key}"), float("nan")) for key in SCORES}
        found[epoch] = plane_tracks(track, scores)
    return tuple(found[epoch] for epoch in sorted(found))
