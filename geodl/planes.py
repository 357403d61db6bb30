"""From a track of two-dimensional states to what is drawn of it: the states as they are, and their optimal partners."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from geodl.figures.plane_tracks import PlaneTracks
from geodl.tracks import Track
from geodl.transport import solve_transport

SCORES = ("lss", "ots", "transport_ratio")


def is_planar(track: Track) -> bool:
    """Tell whether a track can be drawn in the plane without projection.

    Args:
        track: The track.

    Returns:
        True if it has one leg, of two or more states with two features each.
    """
    shapes = {tuple(state.shape[1:]) for state in track.states}
    return shapes == {(2,)} and track.n_states > 1


def plane_tracks(track: Track, scores: Mapping[str, float] | None = None) -> PlaneTracks:
    """Solve the transport between first and last states, and take what is drawn.

    Args:
        track: A track for which `is_planar` holds.
        scores: Scores of the track by name, of which LSS, OTS and transport ratio are kept where they are numbers.

    Returns:
        States, labels and partners; without partners, and with the reason, where no plan is certified optimal.

    Example:
        >>> import torch
        >>> x = torch.tensor([[0.0, 0.0], [1.0, 0.0]])
        >>> plane_tracks(Track(states=(x, x.flip(0)), names=("stem", "blocks.0"))).partners.tolist()  # each stays
        [1, 0]
    """
    xy = np.stack([state.double().numpy() for state in track.states])
    plan = solve_transport(xy[0], xy[-1])
    n = track.n_samples
    known = {key: float(value) for key in SCORES if np.isfinite(value := (scores or {}).get(key, np.nan))}
    return PlaneTracks(
        xy=xy,
        labels=np.zeros(n, dtype=np.int64) if track.labels is None else track.labels.numpy(),
        partners=plan.permutation if plan.optimal else None,
        reason=plan.reason,
        epoch=track.epoch or 0,
        scores=known,
    )
