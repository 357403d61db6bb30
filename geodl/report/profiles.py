"""The profiles of a sweep's runs: what each kept of its samples before and after training."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from geodl.errors import RunFolderError
from geodl.records.profile import LegProfile, TrackProfile, profile_files, read_profile
from geodl.report.record import RunRecord


@dataclass(frozen=True)
class RunProfiles:
    """Both ends of one run.

    Attributes:
        before: Epoch 0; None if it is not there.
        after: The last epoch above 0; None if it is not there.
    """

    before: TrackProfile | None
    after: TrackProfile | None


def read_profiles(runs: Iterable[RunRecord]) -> dict[str, RunProfiles]:
    """Read the profiles of some runs; a file that cannot be read is as good as none.

    Args:
        runs: The runs.

    Returns:
        Run name -> profiles, without the runs that have none.
    """
    found = {}
    for run in runs:
        files = profile_files(run.folder)
        last = max(files, default=0)
        ends = RunProfiles(
            _read(run, 0) if 0 in files else None,
            _read(run, last) if last > 0 else None,
        )
        if ends.before is not None or ends.after is not None:
            found[run.name] = ends
    return found


def longest_leg(profile: TrackProfile) -> LegProfile:
    """The leg with the most steps, which the pictures of the tracks show too.

    Args:
        profile: A profile with a leg.

    Returns:
        The first of the longest legs.
    """
    return max(profile.legs, key=lambda leg: leg.n_steps)


def _read(run: RunRecord, epoch: int) -> TrackProfile | None:
    try:
        profile = read_profile(profile_files(run.folder)[epoch])
    except RunFolderError:
        return None
    return profile if profile.legs else None
