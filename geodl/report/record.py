"""One run folder as the report sees it: what it says, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STATUSES = ("finished", "running", "interrupted", "failed", "unreadable")


@dataclass(frozen=True)
class InvalidScore:
    """A score that could not be computed, as `scores.jsonl` tells it.

    Attributes:
        epoch: Completed epochs.
        leg: Index of the leg.
        score: Name of the score.
        reason: Why there is no value.
    """

    epoch: int
    leg: int
    score: str
    reason: str


@dataclass(frozen=True)
class RunRecord:
    """What one run folder holds; whatever is missing is empty here and named in `problems`.

    Attributes:
        folder: The run folder.
        status: ``finished``, ``running``, ``interrupted``, ``failed`` or ``unreadable``.
        state: Content of ``status.json``.
        config: Content of ``config.yaml``, nested.
        settings: Scientific keys of the configuration, dotted, without the seed; values are numbers, strings, None.
        overrides: Overrides of the command line.
        provenance: Content of ``provenance.json``.
        history: (epoch, metric) -> value for every cell that was measured; NaN where the measurement gave none.
        final: Metric -> value after the last epoch, from ``summary.json``.
        summary: Content of ``summary.json``.
        invalid: Scores that could not be computed, with reasons.
        problems: What is missing or corrupt, one sentence each.
    """

    folder: Path
    status: str
    state: Mapping[str, Any]
    config: Mapping[str, Any]
    settings: Mapping[str, Any]
    overrides: tuple[str, ...]
    provenance: Mapping[str, Any]
    history: Mapping[tuple[int, str], float]
    final: Mapping[str, float]
    summary: Mapping[str, Any]
    invalid: tuple[InvalidScore, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name of the run folder."""
        return self.folder.name

    @property
    def counts(self) -> bool:
        """Whether the run enters the means: it finished and its final metrics and settings could be read."""
        return self.status == "finished" and bool(self.final) and bool(self.settings)

    @property
    def is_known_map(self) -> bool:
        """Whether a known map was scored in place of a network: no run of a network may be averaged with it."""
        return "calibration.map" in self.settings

    @property
    def seed(self) -> int | None:
        """Seed of the run, None where the configuration is unreadable."""
        seed = self.config.get("seed")
        return int(seed) if isinstance(seed, int | float | str) and str(seed).lstrip("-").isdigit() else None

    @property
    def error(self) -> str:
        """Type and message of the error that ended the run; empty where there is none."""
        kind, message = self.state.get("error_type") or "", self.state.get("error") or ""
        return f"{kind}: {message}" if kind and message else str(kind or message)

    @property
    def legs(self) -> tuple[Mapping[str, Any], ...]:
        """Legs of the track: index, names, dim, n_steps."""
        legs = self.summary.get("legs")
        return tuple(leg for leg in legs if isinstance(leg, Mapping)) if isinstance(legs, list) else ()

    @property
    def nulls(self) -> Mapping[str, float]:
        """Null values of the run, such as ``lss_sqrt_L``; from the legs' lengths where the summary has none."""
        stored = self.summary.get("null")
        values = {
            str(key): float(value)
            for key, value in (stored.items() if isinstance(stored, Mapping) else ())
            if isinstance(value, int | float)
        }
        steps = [float(leg["n_steps"]) for leg in self.legs if isinstance(leg.get("n_steps"), int | float)]
        steps = [step for step in steps if step > 1] or steps  # the legs over which the headline averages
        if "lss_sqrt_L" not in values and steps:
            values["lss_sqrt_L"] = sum(step**0.5 for step in steps) / len(steps)
        return values

    @property
    def probe(self) -> Mapping[str, Any]:
        """Probe set: n, split, seed, digest."""
        probe = self.summary.get("probe")
        return probe if isinstance(probe, Mapping) else {}

    @property
    def probe_digest(self) -> str:
        """Digest of the probe set's content; ``unknown`` where no file tells."""
        return str(self.provenance.get("probe_digest") or self.probe.get("digest") or "unknown")

    @property
    def code_state(self) -> tuple[str, str]:
        """Commit and digest of the uncommitted changes; ``unknown`` and ``clean`` where there are none."""
        commit = str(self.provenance.get("commit") or "unknown")
        trained = self.provenance.get("rescored")
        if isinstance(trained, Mapping):  # scored by one code, trained by another: both count
            by = " ".join(str(trained[key]) for key in ("commit", "diff_sha") if trained.get(key)) or "unknown"
            commit += f" (trained by {by})"
        diff = self.provenance.get("diff_sha")
        return commit, str(diff) if diff else ("changes not recorded" if self.provenance.get("dirty") else "clean")

    @property
    def track_files(self) -> tuple[Path, ...]:
        """Projected tracks of the run (``figures/tracks_epoch_*.npz``) by epoch."""
        return tuple(sorted((self.folder / "figures").glob("tracks_*epoch_*.npz")))

    @property
    def figure_files(self) -> tuple[Path, ...]:
        """Pictures that the run drew."""
        return tuple(sorted((self.folder / "figures").glob("*.png")))
