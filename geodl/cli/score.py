"""``geodl-score``: compose a configuration with Hydra and score a model as it is, or several beside each other.

Exit codes: 0 done (or already done), 1 at least one model failed, 2 a mistake in the command, 130 interrupted.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from geodl.cli.hydra_command import run_command
from geodl.config import SCORE, settle, validate_score
from geodl.sweeps import ClosingTable


def main() -> int:
    """Run the command line of ``geodl-score``.

    Returns:
        The exit code: 0, 1, 2 or 130 as the module says.
    """
    outcomes: list[dict[str, Any]] = []
    # The keys of model.args are the user's own, and Hydra takes new keys with a prefix only.
    sys.argv[1:] = [f"++{word}" if word.startswith("model.args.") else word for word in sys.argv[1:]]

    def score(config: dict[str, Any], overrides: list[str], multirun: bool) -> dict[str, Any]:
        config = settle(config)
        validate_score(config)  # before the import below: a mistake is answered at once
        from geodl.scoring import score_model  # torch: seconds that --help must not pay

        outcome = score_model(config, overrides=overrides, multirun=multirun).as_dict()
        outcomes.append(outcome)
        if not multirun:
            _show(Path(outcome["folder"]), described=not outcome["skipped"])
        return outcome

    code = run_command(SCORE, score, _rerun)
    if outcomes and ClosingTable.current is not None:
        _compare(Path(outcomes[0]["folder"]).parent)
    return code


def _show(folder: Path, *, described: bool) -> None:
    for name in ("scores.txt",) if described else ("describe.txt", "scores.txt"):
        print((folder / name).read_text(encoding="utf-8"))
    print(f"Report: {folder / 'report.html'}")


def _compare(sweep: Path) -> None:
    from geodl.report.models import write_comparison

    written = write_comparison(sweep)
    print(written.table)
    print()
    print(f"Side by side: {written.html}")


def _rerun(folder: Path) -> int:
    from geodl.cli.rerun import rerun_scoring

    return rerun_scoring(folder)
