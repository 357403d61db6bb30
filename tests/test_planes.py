"""From recorded tracks to planes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment

from geodl.planes import is_planar, plane_tracks
from geodl.tracks import Track


def track(*shapes, n=9, **fields):
    generator = torch.Generator().manual_seed(0)
    states = tuple(torch.randn(n, *shape, generator=generator) for shape in shapes)
    return Track(states=states, names=tuple(f"s{k}" for k in range(len(shapes))), **fields)


@pytest.mark.parametrize(
    ("shapes", "planar"),
    [([(2,), (2,)], True), ([(2,)], False), ([(2,), (3,)], False), ([(3,), (3,)], False), ([(1, 2), (1, 2)], False)],
)
def test_a_track_is_planar_if_all_of_two_or_more_states_are_points_of_a_plane(shapes, planar):
    assert is_planar(track(*shapes)) is planar


def test_partners_are_those_of_an_independent_solver_and_states_keep_their_values():
    recorded = track((2,), (2,), (2,), labels=torch.arange(9) % 3, epoch=4)
    planes = plane_tracks(recorded, {"lss": 1.5, "ots": float("nan"), "leg0/lss": 1.5})
    x, y = recorded.states[0].double().numpy(), recorded.states[-1].double().numpy()
    _, expected = linear_sum_assignment(((x[:, None] - y[None]) ** 2).sum(-1))
    assert planes.partners.tolist() == expected.tolist()
    assert np.array_equal(planes.xy[1], recorded.states[1].double().numpy())
    assert (planes.epoch, planes.labels.tolist(), planes.scores) == (4, (np.arange(9) % 3).tolist(), {"lss": 1.5})


def test_a_plan_that_cannot_be_certified_leaves_a_reason_and_no_partners():
    recorded = track((2,), (2,))
    recorded.states[1][3, 0] = float("nan")
    planes = plane_tracks(recorded)
    assert planes.partners is None
    assert "NaN" in planes.reason or "finite" in planes.reason
    assert planes.labels.tolist() == [0] * 9
