"""``geodl-report outputs/<sweep>``: one page with the figures, tables and commands of a sweep."""

from __future__ import annotations

import argparse
import sys
import webbrowser
from collections.abc import Sequence
from pathlib import Path

USER_ERROR = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Build the report of a sweep and print where it is.

    Args:
        argv: Arguments without the program's name; those of the process where None.

    Returns:
        0 when the report is written, 2 when the arguments or the folder do not allow one.
    """
    parser = _parser()
    arguments = parser.parse_args(_flags(sys.argv[1:] if argv is None else argv))
    if (arguments.sweep is None) == (arguments.source == "folder"):
        parser.error("expected a sweep's folder, or --source wandb --project <entity/project>, and not both")
    if arguments.source == "wandb" and not arguments.project:
        parser.error("--project: expected <entity/project> for --source wandb, found none")

    from geodl.errors import GeodlError  # after parsing, so that --help takes no second
    from geodl.report.build import build_report
    from geodl.report.collect import has_runs
    from geodl.report.verdict_parts import verdict_lines

    try:
        if arguments.source == "wandb":
            arguments.sweep = _fetched(arguments.project, arguments.group)
        only_models = not has_runs(arguments.sweep)
        page = _scored(arguments.sweep, arguments.out if only_models else None)
        if only_models:
            if page is not None and arguments.open == "yes":
                webbrowser.open(page.resolve().as_uri())
            return 0
        paths = build_report(
            arguments.sweep,
            out=arguments.out,
            allow_mixed=arguments.allow_mixed,
            pdf=arguments.pdf,
            min_accuracy=arguments.min_accuracy,
        )
    except GeodlError as error:
        print(f"geodl-report: {error}", file=sys.stderr)
        return USER_ERROR
    except OSError as error:
        print(f"geodl-report: out: expected a folder that can be written, found {error}; give --out", file=sys.stderr)
        return USER_ERROR
    print(paths.summary)
    print()
    print("\n".join(verdict_lines(paths.verdicts)))
    print()
    print(f"Runs: {paths.status}")
    print(f"Report: {paths.html}")
    if arguments.open == "yes":
        webbrowser.open(paths.html.resolve().as_uri())
    return 0


def _flags(argv: Sequence[str]) -> list[str]:
    # report.source=wandb project=entity/project group=name, as Hydra's users write it.
    names = {"report.source": "--source", "project": "--project", "group": "--group", "out": "--out"}
    split = [(word, *word.partition("=")) for word in argv]
    return [f"{names[key]}={value}" if equals and key in names else word for word, key, equals, value in split]


def _fetched(project: str, group: str | None) -> Path:
    from geodl.report.wandb_source import fetch_sweep

    folder, ignored = fetch_sweep(project, group, Path("outputs"))
    for line in ignored:
        print(f"left out: {line}", file=sys.stderr)
    print("From W&B: without tracks, profiles and scores.jsonl, whose figures are left out.", file=sys.stderr)
    return folder


def _scored(sweep: Path, out: Path | None) -> Path | None:
    # Models that geodl-score has scored have pages of their own: one each, and one that lays them side by side.
    from geodl.report.model_page import write_page
    from geodl.report.models import scored_folders, write_comparison
    from geodl.report.scored import is_scored

    if is_scored(sweep):
        page = write_page(sweep)
        print(f"Report: {page}")
        return page
    if not scored_folders(sweep):
        return None
    comparison = write_comparison(sweep, out)
    print(comparison.table)
    print()
    print(f"Models: {comparison.html}")
    return comparison.html


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="geodl-report",
        description="Write one self-contained report.html with figures (PNG, PDF) and tables (CSV) of a sweep's runs.",
    )
    parser.add_argument("sweep", type=Path, nargs="?", help="the sweep's folder, such as outputs/depth_and_decay")
    parser.add_argument(
        "--source",
        choices=("folder", "wandb"),
        default="folder",
        help="where the runs are: run folders, or a W&B project (also report.source=wandb project=... group=...)",
    )
    parser.add_argument("--project", default=None, help="of W&B: entity/project")
    parser.add_argument("--group", default=None, help="of W&B: the sweep's name; left out, all runs of the project")
    parser.add_argument("--out", type=Path, default=None, help="folder to write (default: <sweep>/report)")
    parser.add_argument(
        "--allow-mixed",
        action="store_true",
        help="average runs of different commits, code states or probe sets, and say so on the page",
    )
    parser.add_argument(
        "--min-accuracy",
        type=float,
        default=None,
        metavar="SHARE",
        help="training accuracy below which a network failed to train and is left out of the claims "
        "(default: half-way between chance and 1)",
    )
    parser.add_argument(
        "--pdf",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="write every figure as vector PDF too (default: yes; --no-pdf takes half of the time)",
    )
    parser.add_argument("--open", choices=("yes", "no"), default="no", help="show the page in a browser (default: no)")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
