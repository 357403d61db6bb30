"""Fills the page: one HTML file without scripts and without any address outside of it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from geodl.figures.canvas import PRINT_DPI
from geodl.report.authors import UNKNOWN
from geodl.report.caveats import HOW_TO_READ, NOT_SHOWN
from geodl.report.grid import Grid
from geodl.report.judged import Judged
from geodl.report.provenance import origins, run_command
from geodl.report.record import STATUSES, RunRecord
from geodl.report.tables import Table, format_seconds
from geodl.report.templates import render_template
from geodl.report.verdict_parts import VerdictRow

SECTIONS = (
    ("verdict", "Verdicts"),
    ("tracks", "Tracks side by side"),
    ("plane", "In the plane"),
    ("axis", "Scores over what else varies"),
    ("lss", "Line-shape score"),
    ("ots", "Optimal-transport score"),
    ("geodesic", "Towards the geodesic"),
    ("blocks", "Along the depth"),
    ("samples", "Sample by sample"),
    ("weights", "Action against the weights"),
    ("accuracy", "Accuracy"),
    ("relation", "Straightness against accuracy"),
    ("authors", "The authors' figures beside ours"),
    ("calibration", "Calibration: what a value means"),
)


@dataclass(frozen=True)
class EmbeddedPicture:
    """A figure inside the page.

    Attributes:
        name: File name of the same figure without suffix.
        section: Key of `SECTIONS`.
        title: Title above it.
        caption: Text below it.
        png: PNG file's bytes; a GIF file's of an animation.
    """

    name: str
    section: str
    title: str
    caption: str
    png: bytes

    @property
    def width(self) -> int:
        """Width in pixels at which the figure has its printed size."""
        if self.suffix == "gif":
            return int.from_bytes(self.png[6:8], "little")
        pixels = int.from_bytes(self.png[16:20], "big")  # of a PNG file's header
        return round(pixels / PRINT_DPI * 96 * 1.15)

    @property
    def suffix(self) -> str:
        """What the file is: ``png`` or ``gif``."""
        return "gif" if self.png.startswith(b"GIF8") else "png"

    @property
    def address(self) -> str:
        """The picture as a data address."""
        return data_address(self.png, self.suffix)


@dataclass(frozen=True)
class Page:
    """All that the page shows.

    Attributes:
        title: Name of the sweep.
        runs: All runs.
        verdicts: Rows of the table of verdicts.
        judged: What the verdicts rest on: chosen learning rates, trained networks, notes.
        pictures: The figures.
        strips: Run name -> PNG of its tracks.
        results: Table of results.
        nulls: Table of null values.
        known_maps: Table of the scores of known maps at the sweep's n and d.
        authors: Table of the authors' numbers beside ours; no rows where they do not belong here.
        legs: Table of scores by leg.
        runs_overview: Table of runs.
        grid: What is missing.
        mixed: Origins that were mixed on purpose, with counts; empty where nothing was.
        ignored: Folders that are no runs.
        moving_together: Keys that vary with others.
        command: Command that writes this report.
        written: When it was written.
        pdf: Whether the figures lie beside the page as PDF too.
    """

    title: str
    runs: tuple[RunRecord, ...]
    verdicts: tuple[VerdictRow, ...]
    judged: Judged
    pictures: tuple[EmbeddedPicture, ...]
    strips: dict[str, bytes]
    results: Table
    nulls: Table
    known_maps: Table
    authors: Table
    legs: Table
    runs_overview: Table
    grid: Grid
    mixed: tuple[tuple[str, int], ...]
    ignored: tuple[str, ...]
    moving_together: tuple[str, ...]
    command: str
    written: str
    pdf: bool = False

    @property
    def hero(self) -> EmbeddedPicture | None:
        """The picture at the top: tracks in training, at the middle depth."""
        tracks = [picture for picture in self.pictures if picture.name.startswith("tracks_training")]
        return tracks[len(tracks) // 2] if tracks else None

    @property
    def counted(self) -> list[RunRecord]:
        """Runs that enter the means."""
        return [run for run in self.runs if run.counts]


def render_page(page: Page) -> str:
    """Write the page as HTML.

    Args:
        page: Its content.

    Returns:
        A complete document; text is escaped, pictures and style are inside.
    """
    return render_template(
        "report.html.j2",
        page=page,
        sections=[
            (key, title, shown)
            for key, title in SECTIONS[1:]
            if (shown := [p for p in page.pictures if p.section == key and p is not page.hero])
        ],
        verdict_pictures=[p for p in page.pictures if p.section == SECTIONS[0][0]],
        status_counts=count_statuses(page.runs),
        not_finished=[run for run in page.runs if not run.counts],
        with_problems=[run for run in page.runs if run.counts and run.problems],
        with_invalid=[run for run in page.runs if run.invalid],
        not_finite=_not_finite(page.counted),
        origins=origins(page.counted),
        how_to_read=HOW_TO_READ,
        not_shown=NOT_SHOWN,
        authors_unknown=UNKNOWN,
        command=run_command,
        seconds=format_seconds,
        data_address=data_address,
    )


def count_statuses(runs: Sequence[RunRecord]) -> list[tuple[str, int]]:
    """Count runs by status, in a fixed order.

    Args:
        runs: The runs.

    Returns:
        (status, count) of every status that occurs; finished runs that cannot be used count as unreadable.
    """
    statuses = ["unreadable" if run.status == "finished" and not run.counts else run.status for run in runs]
    return [(status, statuses.count(status)) for status in STATUSES if status in statuses]


def data_address(png: bytes, kind: str = "png") -> str:
    """Turn a picture's file into an address that holds it.

    Args:
        png: The file's bytes.
        kind: ``png`` or ``gif``.

    Returns:
        The address.

    >>> data_address(b"abc")
    'data:image/png;base64,YWJj'
    """
    return f"data:image/{kind};base64,{base64.b64encode(png).decode('ascii')}"


def _not_finite(runs: Sequence[RunRecord]) -> list[tuple[str, int]]:
    counts: dict[str, int] = {}
    for run in runs:
        for metric, value in run.final.items():
            if value != value or value in (float("inf"), float("-inf")):
                counts[metric] = counts.get(metric, 0) + 1
    return sorted(counts.items())
