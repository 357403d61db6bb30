"""From a track to its profile: what the figures of a run need of every sample, without the states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from geodl.records.profile import QUANTILES, LegProfile, TrackProfile
from geodl.resolution import refuse_rounding
from geodl.scores import ScoreResult, bend_angles, line_shape_score, pair_distances, sample_pairs
from geodl.scores.states import as_states
from geodl.tracks import Leg, Track

N_PAIRS = 2000
"""Pairs of samples whose track distance is kept."""


def track_profile(track: Track, results: Sequence[tuple[Leg, Mapping[str, ScoreResult]]] | None = None) -> TrackProfile:
    """Reduce a track to its profile.

    Args:
        track: The track.
        results: Its legs with their results by score name, as `geodl.score_track` has them; LSS_i is taken from there.
            Without them, or where the line-shape score is not among them, it is computed.

    Returns:
        The profile of every leg of at least one step. Where steps cannot be told from rounding, or the states cannot be
        scored, numbers are NaN with the reason.

    Example:
        >>> import torch
        >>> x, step = torch.tensor([[0.0, 0.0], [4.0, 0.0]]), torch.tensor([0.0, 1.0])
        >>> (leg,) = track_profile(Track(states=(x, x + step, x + 2 * step), names=("a", "b", "c"), epoch=3)).legs
        >>> leg.lss.tolist(), leg.bend_mean.tolist(), leg.pair_distance.tolist()
        ([1.0, 1.0], [0.0], [4.0])
    """
    by_leg = [(leg, {}) for leg in track.legs() if leg.n_steps > 0] if results is None else results
    return TrackProfile(
        epoch=track.epoch or 0,
        labels=None if track.labels is None else track.labels.numpy().astype(np.int64),
        legs=tuple(_leg_profile(track, leg, scores) for leg, scores in by_leg),
    )


def _leg_profile(track: Track, leg: Leg, results: Mapping[str, ScoreResult]) -> LegProfile:
    line_shape = results.get("line_shape")
    if line_shape is None:
        line_shape = refuse_rounding(track, leg, {"line_shape": line_shape_score(leg.states)})["line_shape"]
    n, n_steps = leg.n_samples, leg.n_steps
    pairs = sample_pairs(n, N_PAIRS)
    step_length, angles = np.full(n_steps, np.nan), np.full((n_steps - 1, n), np.nan)
    distance = bound = np.full(len(pairs), np.nan)
    missing = np.zeros(n_steps - 1, dtype=np.int64)
    states = as_states(leg.states)
    if not states.fault:
        step_length = states.lengths.steps.mean(axis=1)
        distance, bound = pair_distances(states, pairs)
        if line_shape.valid:
            angles = bend_angles(states)
            missing = np.isnan(angles).sum(axis=1)
    mean, quantiles = _over_samples(angles)
    return LegProfile(
        index=leg.index,
        read_outs=tuple(leg.names),
        n=n,
        d=leg.dim,
        lss=np.full(n, np.nan) if line_shape.per_sample is None else line_shape.per_sample,
        step_length=step_length,
        bend_mean=mean,
        bend_quantiles=quantiles,
        bend_missing=missing,
        pairs=pairs,
        pair_distance=distance,
        pair_bound=bound,
        reason=line_shape.reason,
    )


def _over_samples(angles: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    # Mean and quantiles of each row over the samples that have an angle.
    mean, quantiles = np.full(len(angles), np.nan), np.full((len(QUANTILES), len(angles)), np.nan)
    for index, row in enumerate(angles):
        present = row[~np.isnan(row)]
        if present.size:
            mean[index], quantiles[:, index] = present.mean(), np.quantile(present, QUANTILES)
    return mean, quantiles
