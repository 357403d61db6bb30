"""Builds the report of a sweep: everything into a new folder first, which then takes the old one's place."""

from __future__ import annotations

import os
import shlex
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from geodl.errors import DataError
from geodl.figures.canvas import figure_png, save_figure, write_bytes
from geodl.report.aggregate import Aggregates, aggregate
from geodl.report.authors import SWEEP as AUTHORS_SWEEP
from geodl.report.authors_pictures import authors_pictures, authors_table
from geodl.report.calibration_pictures import calibration_pictures, calibration_table
from geodl.report.claims import Verdict, verdicts_frame
from geodl.report.collect import Sweep, collect_sweep
from geodl.report.frames import epochs_frame, runs_frame
from geodl.report.gallery import draw_gallery, draw_run_strip
from geodl.report.grid import Grid, find_grid
from geodl.report.judged import Judged, judge_sweep
from geodl.report.known_marks import known_maps_table
from geodl.report.mixing import origin_groups, refuse_mixed
from geodl.report.planes import write_planes
from geodl.report.render import EmbeddedPicture, Page, count_statuses, render_page
from geodl.report.tables import format_table, legs_table, nulls_table, results_table, runs_table, summary_table
from geodl.report.verdict_parts import verdict_pictures, verdict_table

_STRIP_DPI = 90  # a run's small pictures: a hundred of them have to fit into one page
_OURS = ("report.html", "runs.csv", "epochs.csv", "aggregate.csv", "verdicts.csv", "plane.html", "figures")


@dataclass(frozen=True)
class ReportPaths:
    """What a report consists of.

    Attributes:
        folder: The report's folder.
        html: The page.
        figures: PNG files of its figures, and PDF files unless they were left out.
        runs_csv: One row a run.
        epochs_csv: One row a run and epoch.
        aggregate_csv: One row a setting and metric.
        verdicts_csv: One row a verdict.
        verdicts: The verdicts on the claims.
        summary: Closing table in plain text.
        status: Runs by status and missing jobs, in one line.
    """

    folder: Path
    html: Path
    figures: tuple[Path, ...]
    runs_csv: Path
    epochs_csv: Path
    aggregate_csv: Path
    verdicts_csv: Path
    verdicts: tuple[Verdict, ...]
    summary: str
    status: str


def build_report(
    sweep_folder: Path | str,
    out: Path | str | None = None,
    allow_mixed: bool = False,
    *,
    pdf: bool = True,
    min_accuracy: float | None = None,
) -> ReportPaths:
    """Write the report of a sweep.

    An old report stays as it is until the new one is complete.

    Args:
        sweep_folder: ``outputs/<sweep>``, or a single run folder.
        out: Folder to write; ``<sweep>/report`` where None.
        allow_mixed: Average runs of different commits, code states or probe sets; the page then says so.
        pdf: Write every figure as vector PDF too; without, it takes half of the time.
        min_accuracy: Least training accuracy of a network that claims about trained networks use; half-way between
            chance and 1 where None.

    Returns:
        The files.
    """
    folder = Path(sweep_folder)
    sweep = collect_sweep(folder)
    if not allow_mixed:
        refuse_mixed(sweep.counted)
    judged = judge_sweep(sweep, min_accuracy)
    target = Path(out) if out is not None else folder / "report"
    _check_target(target)
    results = aggregate([run for run in sweep.counted if not run.is_known_map])
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        draft.chmod(0o755)  # mkdtemp's 0700 would hide the report from a colleague on a shared machine
        command = _command(folder, out, allow_mixed, min_accuracy, pdf=pdf)
        figures = _write_draft(draft, sweep, results, judged, command, pdf=pdf)
        _replace(draft, target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    known = [run for run in sweep.counted if run.is_known_map]
    table = summary_table(results) if results.cells else calibration_table(known)
    return ReportPaths(
        folder=target,
        html=target / "report.html",
        figures=tuple(target / "figures" / name for name in figures),
        runs_csv=target / "runs.csv",
        epochs_csv=target / "epochs.csv",
        aggregate_csv=target / "aggregate.csv",
        verdicts_csv=target / "verdicts.csv",
        verdicts=judged.verdicts,
        summary=format_table(table.headers, table.rows) if table.rows else "No run has finished: no means.",
        status=_status_line(sweep),
    )


def _write_draft(
    draft: Path, sweep: Sweep, results: Aggregates, judged: Judged, command: str, *, pdf: bool
) -> list[str]:
    pictures, names = [], []
    known = [run for run in sweep.counted if run.is_known_map]
    theirs = sweep.folder.resolve().name == AUTHORS_SWEEP
    added = (*authors_pictures(results, everything=theirs), *calibration_pictures(known))
    for picture in (*verdict_pictures(judged.verdicts), *draw_gallery(judged.shown), *added):
        png = figure_png(picture.figure)
        write_bytes(draft / "figures" / f"{picture.name}.png", png)
        names.append(f"{picture.name}.png")
        if pdf:
            save_figure(picture.figure, draft / "figures" / f"{picture.name}.pdf")
            names.append(f"{picture.name}.pdf")
        pictures.append(EmbeddedPicture(picture.name, picture.section, picture.title, picture.caption, png))
    for drawn in write_planes(draft, results, title=sweep.folder.resolve().name, pdf=pdf):
        pictures.append(drawn)
        names += [
            f"{drawn.name}.{suffix}" for suffix in (drawn.suffix, *(["pdf"] if pdf and drawn.suffix == "png" else []))
        ]
    strips = {}
    for run in sweep.runs:
        strip = draw_run_strip(run)
        if strip is not None:
            strips[run.name] = figure_png(strip, dpi=_STRIP_DPI)
    groups = origin_groups(sweep.counted)
    page = Page(
        title=sweep.folder.resolve().name,
        runs=sweep.runs,
        verdicts=verdict_table(judged.verdicts),
        judged=judged,
        pictures=tuple(pictures),
        strips=strips,
        results=results_table(results) if results.cells else calibration_table(known),
        nulls=nulls_table(results),
        known_maps=known_maps_table(results),
        authors=authors_table(results, everything=theirs),
        legs=legs_table(results),
        runs_overview=runs_table(sweep.runs),
        grid=_grid(sweep),
        mixed=tuple((text, len(members)) for text, members in groups.items()) if len(groups) > 1 else (),
        ignored=sweep.ignored,
        moving_together=results.moving_together,
        command=command,
        pdf=pdf,
        written=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
    )
    runs_frame(sweep.runs).to_csv(draft / "runs.csv", index=False)
    epochs_frame(sweep.runs).to_csv(draft / "epochs.csv", index=False)
    results.frame().to_csv(draft / "aggregate.csv", index=False)
    verdicts_frame(judged.verdicts).to_csv(draft / "verdicts.csv", index=False)
    write_bytes(draft / "report.html", render_page(page).encode("utf-8"))
    return names


def _check_target(target: Path) -> None:
    # The old report is removed as a whole, so it must hold nothing that somebody else put there.
    if target.exists() and not target.is_dir():
        raise DataError(f"out: expected a folder, found the file {target}; give another --out")
    foreign = sorted({path.name for path in target.iterdir()} - set(_OURS)) if target.is_dir() else []
    if foreign:
        raise DataError(
            f"out: expected an empty folder or an old report, found {foreign[0]} in {target}; "
            "give another --out or move that file away"
        )


def _replace(draft: Path, target: Path) -> None:
    old = target.with_name(f".{target.name}-old-{os.getpid()}")
    if target.exists():
        target.rename(old)
    try:
        draft.rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _command(folder: Path, out: Path | str | None, allow_mixed: bool, min_accuracy: float | None, *, pdf: bool) -> str:
    words = ["geodl-report", str(folder)]
    words += [] if out is None else ["--out", str(out)]
    words += [] if min_accuracy is None else ["--min-accuracy", f"{min_accuracy:g}"]
    words += ["--allow-mixed"] if allow_mixed else []
    return shlex.join(words if pdf else [*words, "--no-pdf"])


def _grid(sweep: Sweep) -> Grid:
    # Known maps vary in what networks do not have, and the other way round.
    return find_grid([run for run in sweep.runs if not run.is_known_map] or sweep.runs)


def _status_line(sweep: Sweep) -> str:
    parts = [f"{count} {status}" for status, count in count_statuses(sweep.runs)]
    absent = len(_grid(sweep).absent)
    return ", ".join([*parts, f"{absent} of the grid without a run"] if absent else parts)
