"""Refuses to average runs that different code, or different probe samples, produced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from geodl.errors import DataError
from geodl.report.record import RunRecord


def origin_groups(runs: Sequence[RunRecord]) -> dict[str, list[str]]:
    """Group runs by where they come from: commit, uncommitted changes and probe set.

    Probe digests are compared among runs that ask for the same data and the same probe: whoever sweeps over the number
    of samples, the split or the data gets several, which are never averaged. Known maps have points of their own.

    Args:
        runs: Runs that enter the means.

    Returns:
        Description of each group -> names of its runs; one group where nothing is mixed.
    """
    code = {run.code_state for run in runs}
    digests: dict[Any, set[str]] = {}
    for run in runs:
        if not run.is_known_map:
            digests.setdefault(_asked(run), set()).add(run.probe_digest)
    split_probe = any(len(found) > 1 for found in digests.values())
    if len(code) < 2 and not split_probe:
        return {"all runs": [run.name for run in runs]}
    groups: dict[str, list[str]] = {}
    for run in runs:
        commit, changes = run.code_state
        text = f"commit {commit}, changes {changes}"
        if split_probe and not run.is_known_map:
            text += f", {_data(run)} probe {run.probe_digest}"
        groups.setdefault(text, []).append(run.name)
    return groups


def refuse_mixed(runs: Sequence[RunRecord]) -> None:
    """Stop where runs of several origins would be averaged.

    Args:
        runs: Runs that enter the means.

    Raises:
        DataError: There is more than one group of `origin_groups`.
    """
    groups = origin_groups(runs)
    if len(groups) > 1:
        listed = "; ".join(f"[{text}] {len(names)} run(s), e.g. {names[0]}" for text, names in groups.items())
        raise DataError(
            "sweep: expected finished runs of one commit, one state of the code and one probe set, "
            f"found {len(groups)} groups: {listed}; run the older ones again, move them to a sweep of their own, "
            "or pass --allow-mixed"
        )


def _asked(run: RunRecord) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted(item for item in run.settings.items() if item[0].startswith(("data.", "track."))))


def _data(run: RunRecord) -> str:
    return str(run.settings.get("data.name", "data"))
