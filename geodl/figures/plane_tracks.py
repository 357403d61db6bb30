"""Tracks of two-dimensional states as they are, with the optimal partners of their first states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geodl.errors import TrackError


@dataclass(frozen=True, eq=False)
class PlaneTracks:
    """Tracks in the plane at one epoch.

    Attributes:
        xy: States, (L+1, n, 2): nothing is projected.
        labels: Classes, (n,) int64; zeros where none are known.
        partners: π of the optimal plan between first and last states, (n,) int64: x_i^0 goes to x_{π(i)}^L. None where
            no plan is certified.
        reason: Why there is no plan; empty where there is one.
        epoch: Completed epochs.
        scores: ``lss``, ``ots`` and ``transport_ratio``, as far as they are known.
    """

    xy: NDArray[np.float64]
    labels: NDArray[np.int64]
    partners: NDArray[np.int64] | None
    reason: str
    epoch: int
    scores: Mapping[str, float]

    def __post_init__(self) -> None:
        """Check shapes.

        Raises:
            TrackError: The states are not two-dimensional, or labels or partners do not fit them.
        """
        if self.xy.ndim != 3 or self.xy.shape[2] != 2 or len(self.xy) < 2:
            raise TrackError(
                f"xy: expected states of shape (L+1, n, 2) with L >= 1, found {self.xy.shape}; other tracks are drawn "
                "by project_tracks"
            )
        n = self.xy.shape[1]
        for name, values in (("labels", self.labels), ("partners", self.partners)):
            if values is not None and values.shape != (n,):
                raise TrackError(f"{name}: expected shape ({n},), one a sample, found {values.shape}; give all of them")
        if (self.partners is None) != bool(self.reason):
            raise TrackError("reason: expected one exactly where there are no partners; say why there is no plan")

    @property
    def n_steps(self) -> int:
        """Number of steps L."""
        return len(self.xy) - 1

    def chords(self, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
        """Give the Wasserstein geodesic between first and last states: the segments from x_i^0 to x_{π(i)}^L.

        McCann's interpolation at time t is the set of the points (1-t) x_i^0 + t x_{π(i)}^L: those of the segments at
        share t.

        Args:
            chosen: Positions of the samples.

        Returns:
            (number of chosen samples, 2, 2): of each segment both ends. Empty without a plan.

        Example:
            >>> xy = np.array([[[0.0, 0.0], [1.0, 0.0]], [[1.0, 1.0], [0.0, 1.0]]])  # two samples that cross
            >>> tracks = PlaneTracks(xy, np.zeros(2, int), np.array([1, 0]), "", 0, {})
            >>> tracks.chords(np.array([0])).tolist()
            [[[0.0, 0.0], [0.0, 1.0]]]
        """
        if self.partners is None:
            return np.zeros((0, 2, 2))
        return np.stack([self.xy[0, chosen], self.xy[-1, self.partners[chosen]]], axis=1)

    def spread(self, n_tracks: int) -> NDArray[np.int64]:
        """Choose samples to draw in full, as many of each class: the first ones, so the same ones at every epoch.

        Args:
            n_tracks: Number of samples, at least one a class.

        Returns:
            Positions, ascending.

        Example:
            >>> PlaneTracks(np.zeros((2, 4, 2)), np.array([0, 0, 0, 1]), np.arange(4), "", 0, {}).spread(2).tolist()
            [0, 3]
        """
        classes = np.unique(self.labels)
        each = max(1, n_tracks // len(classes))
        return np.sort(np.concatenate([np.flatnonzero(self.labels == k)[:each] for k in classes]))


def score_line(tracks: PlaneTracks) -> str:
    """Say the scores that belong beside a plane.

    Args:
        tracks: The tracks.

    Returns:
        Such as ``LSS 1.20 · OTS 0.45 · ratio 0.990``; unknown ones are left out.
    """
    named = (("lss", "LSS", ".2f"), ("ots", "OTS", ".2f"), ("transport_ratio", "ratio", ".3f"))
    return " · ".join(f"{name} {tracks.scores[key]:{form}}" for key, name, form in named if key in tracks.scores)


def window(epochs: Sequence[PlaneTracks]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Find a square that holds all states of all epochs.

    Args:
        epochs: Tracks.

    Returns:
        Lower left and upper right corner, (2,) each, of equal sides.
    """
    points = np.concatenate([tracks.xy.reshape(-1, 2) for tracks in epochs])
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        return np.array([-1.0, -1.0]), np.array([1.0, 1.0])
    low, high = points.min(axis=0), points.max(axis=0)
    half = max(float((high - low).max()) / 2, 1e-9) * 1.06
    middle = (low + high) / 2
    return middle - half, middle + half
