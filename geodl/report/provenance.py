"""Where the numbers come from: versions, commits, devices, seeds, probe samples, commands."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from geodl.report.record import RunRecord


def run_command(run: RunRecord) -> str:
    """Command line that gives a run again, ready to paste.

    Args:
        run: The run.

    Returns:
        ``geodl-train`` with the run's overrides, and its seed where these leave it out; empty where they are unknown.
    """
    if not run.overrides and any(problem.startswith("overrides.yaml") for problem in run.problems):
        return ""
    words = list(run.overrides)
    if run.seed is not None and not any(word.lstrip("+").startswith("seed=") for word in words):
        words.append(f"seed={run.seed}")
    return shlex.join(["geodl-train", *words])


def origins(runs: Sequence[RunRecord]) -> list[tuple[str, str]]:
    """What produced the runs: every fact with all its values, so that a difference shows.

    Args:
        runs: Runs that enter the means.

    Returns:
        (fact, values) pairs.
    """
    facts: dict[str, list[str]] = {}

    def add(fact: str, value: object) -> None:
        if value not in (None, "", "None"):
            values = facts.setdefault(fact, [])
            if str(value) not in values:
                values.append(str(value))

    for run in runs:
        commit, diff = run.code_state
        add("commit", commit)
        add("uncommitted changes", diff)
        for fact in ("python", "platform", "device", "threads"):
            add(fact, run.provenance.get(fact))
        packages = run.provenance.get("packages")
        for name, version in sorted(packages.items()) if isinstance(packages, Mapping) else ():
            add(str(name), version)
    for run in runs:
        add("seeds", run.seed)
        add("data", run.settings.get("data.name"))
        add("epochs", run.settings.get("trainer.max_epochs"))
        for fact in ("n", "split", "seed"):
            add(f"probe {fact}", run.probe.get(fact))
        add("probe digest", None if run.is_known_map else run.probe_digest)
    return [(fact, ", ".join(values)) for fact, values in facts.items()]
