from __future__ import annotations

import numpy as np
import pytest
import torch

from geodl.tracks import Track


def track_of_shapes(*shapes: tuple[int, ...], dtype: torch.dtype = torch.float32) -> Track:
    states = tuple(torch.randn(3, *shape).to(dtype) for shape in shapes)
    return Track(states=states, names=tuple(f"s{index}" for index in range(len(shapes))))


def slow_legs(shapes: list[tuple[int, ...]]) -> list[list[int]]:
    legs = [[0]]
    for index in range(1, len(shapes)):
        if shapes[index] == shapes[legs[-1][-1]]:
            legs[-1].append(index)
        else:
            legs.append([index])
    return legs


@pytest.mark.parametrize(
    "shapes",
    [
        [(4,)],
        [(4,)] * 5,
        [(4,), (5,), (6,)],
        [(2, 4, 4)] * 3 + [(4, 2, 2)] * 2 + [(8, 1, 1)] * 2,
        [(4,), (4,), (2,), (4,), (4,)],  # a shape that comes back starts a new leg
        [(4, 1, 1), (4,)],  # as many features, but another space
    ],
)
def test_legs_are_the_maximal_runs_of_equal_shape(shapes):
    track = track_of_shapes(*shapes)
    legs = track.legs()
    assert [list(range(leg.start, leg.start + leg.n_steps + 1)) for leg in legs] == slow_legs(shapes)
    assert [leg.index for leg in legs] == list(range(len(legs)))
    assert sum((leg.names for leg in legs), ()) == track.names
    assert [leg.dim for leg in legs] == [int(np.prod(shapes[leg.start])) for leg in legs]
    assert {leg.n_samples for leg in legs} == {3}


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_leg_states_keep_values_and_dtype(dtype):
    track = track_of_shapes((2, 3, 3), (2, 3, 3), dtype=dtype)
    (leg,) = track.legs()
    for state, array in zip(track.states, leg.states, strict=True):
        assert array.shape == (3, 18)
        assert array.dtype == state.numpy().dtype
        assert np.array_equal(array, state.numpy().reshape(3, 18))


def test_bfloat16_widens_to_float32_without_loss():
    track = track_of_shapes((4,), dtype=torch.bfloat16)
    (array,) = track.legs()[0].states
    assert array.dtype == np.float32
    assert torch.equal(torch.tensor(array).to(torch.bfloat16), track.states[0])


def test_leg_states_cannot_be_written_so_that_no_score_changes_a_track():
    (leg,) = track_of_shapes((4,)).legs()
    with pytest.raises(ValueError, match="read-only"):
        leg.states[0][0, 0] = 1.0
