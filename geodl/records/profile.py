"""``profiles/epoch_0012.npz``: what the figures need of one track, small enough to keep of every run."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodl.errors import RunFolderError
from geodl.records.atomic import write_bytes

QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
"""Levels at which the samples' angles are kept."""


@dataclass(frozen=True, eq=False)
class LegProfile:
    """One leg: n samples, L steps, m pairs, q quantiles. All numbers are float64, lengths in units of the states.

    Attributes:
        index: Number of the leg on its track.
        read_outs: Names of its L + 1 states.
        n: Samples.
        d: Features.
        lss: (n,) LSS_i in [1, inf], or NaN throughout, with the reason.
        step_length: (L,) mean over samples of ‖Δ_i^l‖.
        bend_mean: (L - 1,) mean over samples of the angle between steps l and l + 1, degrees; NaN if none has one.
        bend_quantiles: (q, L - 1) its quantiles over samples at the levels `QUANTILES`.
        bend_missing: (L - 1,) samples without an angle, one of whose steps has length zero.
        pairs: (m, 2) samples i < j.
        pair_distance: (m,) track distance.
        pair_bound: (m,) its geodesic bound.
        reason: Why numbers are NaN; empty if they are not.
    """

    index: int
    read_outs: tuple[str, ...]
    n: int
    d: int
    lss: NDArray[np.float64]
    step_length: NDArray[np.float64]
    bend_mean: NDArray[np.float64]
    bend_quantiles: NDArray[np.float64]
    bend_missing: NDArray[np.int64]
    pairs: NDArray[np.int64]
    pair_distance: NDArray[np.float64]
    pair_bound: NDArray[np.float64]
    reason: str = ""

    @property
    def n_steps(self) -> int:
        """Number of steps L."""
        return len(self.step_length)


@dataclass(frozen=True, eq=False)
class TrackProfile:
    """A track.

    Attributes:
        epoch: Completed epochs when it was recorded.
        labels: (n,) classes; None if unknown.
        legs: Its legs of at least one step.
    """

    epoch: int
    labels: NDArray[np.int64] | None = None
    legs: Sequence[LegProfile] = field(default_factory=tuple)

    def save(self, path: Path) -> None:
        """Write the file at once: it is the old one, or whole.

        Args:
            path: The file; its folder is made if it is missing.
        """
        arrays: dict[str, Any] = {
            "epoch": np.array(self.epoch),
            "legs": np.array([leg.index for leg in self.legs], dtype=np.int64),
        }
        if self.labels is not None:
            arrays["labels"] = self.labels
        for leg in self.legs:
            for one in fields(LegProfile):
                arrays[f"leg{leg.index}/{one.name}"] = np.asarray(getattr(leg, one.name))
        content = io.BytesIO()
        np.savez_compressed(content, **arrays)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, content.getvalue())


def read_profile(path: Path) -> TrackProfile:
    """Read the file.

    Args:
        path: The file.

    Returns:
        What was saved.

    Raises:
        RunFolderError: If it cannot be read.
    """
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            legs = [
                LegProfile(**{one.name: _plain(file[f"leg{index}/{one.name}"]) for one in fields(LegProfile)})
                for index in file["legs"]
            ]
            return TrackProfile(int(file["epoch"]), file.get("labels"), tuple(legs))
    except (OSError, KeyError, TypeError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise RunFolderError(
            f"{path}: expected a profile that a run has written, found one that cannot be read ({error}); delete it, "
            "and the report is made without it"
        ) from error


def profile_files(run: Path) -> dict[int, Path]:
    """Find the profiles of a run.

    Args:
        run: The run folder.

    Returns:
        The files by epoch, in order; empty for runs that wrote none.
    """
    return {int(path.stem.removeprefix("epoch_")): path for path in sorted((run / "profiles").glob("epoch_*.npz"))}


def _plain(array: NDArray[Any]) -> Any:
    # Names come back as a tuple, single numbers and texts as what they are.
    if array.ndim == 0:
        return array.item()
    return tuple(str(name) for name in array) if array.dtype.kind == "U" else array
