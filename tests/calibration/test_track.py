"""A known map as a track."""

from __future__ import annotations

import numpy as np
import torch

from geodl.calibration import known_states
from geodl.calibration.track import known_track, points_digest
from geodl.track_scores import score_track


def test_a_track_holds_the_states_of_the_map():
    track = known_track("rotation", 90.0, n=6, dim=4, depth=3, seed=5)
    for state, expected in zip(track.states, known_states("rotation", 90.0, n=6, dim=4, depth=3, seed=5), strict=True):
        assert state.dtype == torch.float64
        np.testing.assert_array_equal(state.numpy(), expected)
    assert track.epoch == 0
    assert track.metadata["model"] == "known map: rotation 90"
    (leg,) = track.legs()
    assert (leg.n_steps, leg.dim) == (3, 4)


def test_steps_far_below_the_points_are_still_scored():
    """States are double: rounding does not decide the scores of a small noise."""
    scores = score_track(known_track("noise", 1e-6, n=30, dim=3, depth=8, seed=0))
    assert scores.reasons == []
    assert scores.metrics["ots"] == 1.0


def test_the_digest_tells_points_apart_and_nothing_else():
    first, again, other = (known_track("noise", a, n=5, dim=2, depth=1, seed=s) for a, s in ((1, 0), (2, 0), (1, 1)))
    digests = [points_digest(track.legs()[0].states[0]) for track in (first, again, other)]
    assert digests[0] == digests[1] != digests[2]
    assert len(digests[0]) == 64
