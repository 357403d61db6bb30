"""``geodl-rescore outputs/<sweep> track.n_samples=2000``: new scores on the checkpoints of a sweep, no training.

Exit codes: 0 done (or already done), 1 a run could not be scored, 2 a mistake in the command, 130 interrupted.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

USER_ERROR = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Score the finished runs of a sweep anew, into a sweep folder of its own.

    Args:
        argv: Arguments without the program's name; those of the process where None.

    Returns:
        The exit code: 0, 1, 2 or 130 as the module says.
    """
    arguments = _parser().parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)

    from geodl.config.rescored import rescored_config  # after parsing, so that --help takes no second
    from geodl.config.settle import read_run_config
    from geodl.errors import GeodlError

    try:
        runs = _runs(arguments.sweep)
        target = _target(arguments.sweep, arguments.name, arguments.which)
        first, _ = read_run_config(str(runs[0]))
        rescored_config(first, arguments.overrides)  # a mistake is answered before torch is imported
    except GeodlError as error:
        print(f"geodl-rescore: {error}", file=sys.stderr)
        return USER_ERROR

    from geodl.rescoring import rescore

    done, skipped, failed = 0, 0, []
    try:
        for run in runs:
            try:
                config, _ = read_run_config(str(run))
                config = rescored_config(config, arguments.overrides)
                config["sweep"] = {**config["sweep"], "name": target.name}
                config["paths"] = {**config["paths"], "outputs": str(target.parent.resolve())}
                summary = rescore(run, config, target, which=arguments.which)
            except (GeodlError, OSError) as error:
                failed.append(f"{run.name}: {error}")
                continue
            done, skipped = done + (not summary.skipped), skipped + summary.skipped
            print(summary.line(), file=sys.stderr)
    except KeyboardInterrupt:
        print("interrupted; what is finished is kept, and the same command goes on from there", file=sys.stderr)
        return 130
    print(f"{len(runs)} runs: {done} scored, {skipped} already scored, {len(failed)} failed -> {target}")
    for line in failed:
        print(f"  failed: {line}", file=sys.stderr)
    if not failed:
        print(f"Next: geodl-report {target}")
    return int(bool(failed))


def _runs(sweep: Path) -> list[Path]:
    from geodl.errors import DataError

    if (sweep / "status.json").is_file():
        return [sweep]
    found = sorted(path.parent for path in sweep.glob("*/status.json")) if sweep.is_dir() else []
    if not found:
        raise DataError(
            f"sweep: expected a folder such as outputs/<sweep> with runs of geodl-train, found none in {sweep}; check "
            "the name, or train first"
        )
    return found


def _target(sweep: Path, name: str | None, which: str) -> Path:
    from geodl.config.validate import check_sweep_name
    from geodl.errors import ConfigError

    folder = sweep.resolve()
    folder = folder.parent if (folder / "status.json").is_file() else folder
    name = name or f"{folder.name}-rescored" + ("" if which == "last" else f"-{which}")
    check_sweep_name(name)
    if name == folder.name:
        raise ConfigError(f"--name: expected another name than the sweep's own, found {name}; leave it out")
    return folder.parent / name


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="geodl-rescore",
        description="Score the checkpoints of a sweep anew, without training: with another probe, another sample size "
        "or other scores. The sweep stays as it is; a new one beside it is read by geodl-report.",
    )
    parser.add_argument("sweep", type=Path, help="the sweep's folder, such as outputs/weight_decay, or one run's")
    parser.add_argument(
        "overrides", nargs="*", help="of the track and score groups: track.n_samples=2000 track.split=test score=fast"
    )
    parser.add_argument("--which", choices=("last", "best"), default="last", help="which checkpoint (default: last)")
    parser.add_argument("--name", default=None, help="name of the new sweep (default: <sweep>-rescored)")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
