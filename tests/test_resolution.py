"""Scores that rounding has decided are refused, and no others."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from geodl import Track, line_shape_score, record_track, score_track
from geodl.resolution import OF_ENDS, OF_STEPS, rounding_share
from geodl.scores import SCORES


def tracks(length, dtype, *, seed=0):
    """Straight steps of some length away from far-out points, in float64 and rounded."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(200, 30, generator=generator, dtype=torch.float64)
    way = torch.randn(200, 30, generator=generator, dtype=torch.float64)
    exact = [x + k * length * way for k in range(5)]
    names = tuple(f"blocks.{k}" for k in range(5))
    return exact, Track(states=tuple(state.to(dtype) for state in exact), names=names)


@pytest.mark.parametrize(("dtype", "eps"), [(torch.float32, 2.0**-23), (torch.float16, 2.0**-10)])
def test_the_estimate_is_that_of_real_rounding(dtype, eps):
    exact, track = tracks(20 * eps, dtype)
    before, after = (track.states[k].double() for k in (0, 1))
    noise = ((after - before) - (exact[1] - exact[0])).norm(dim=1).median()
    measured = float(noise / (exact[1] - exact[0]).norm(dim=1).median())
    assert rounding_share(before, after, eps) == pytest.approx(measured, rel=0.2)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
def test_what_is_not_refused_is_right(dtype):
    eps = torch.finfo(dtype).eps
    for length in (0.5, 1.0, 2.0, 4.0, 8.0, 32.0, 1024.0):
        _, track = tracks(length * eps, dtype)
        scores = score_track(track, ["line_shape", "path_straightness", "optimal_transport"])
        (results,) = scores.results
        if results["line_shape"].valid:
            assert results["line_shape"].value == pytest.approx(1.0, abs=0.1)
            assert length >= 2.0
        else:
            assert length <= 4.0
            assert "rounding of" in results["line_shape"].reason
            assert math.isnan(scores.metrics["lss"])


def test_a_network_of_tiny_steps_is_refused_in_single_precision_and_scored_in_double():
    class Tiny(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(16, 16)

        def forward(self, x):
            return x + 1e-7 * self.linear(x)

    torch.manual_seed(0)
    model, x = nn.Sequential(*(Tiny() for _ in range(4))), torch.randn(50, 16)
    single = score_track(record_track(model, x))
    assert all(math.isnan(single.metrics[name]) for name in ("lss", "path_straightness", "geodesic_score"))
    assert any("record in a higher precision" in reason for _, _, reason in single.reasons)
    double = record_track(model.double(), x.double())
    assert score_track(double).metrics["lss"] == line_shape_score(double.legs()[0].states).value


def test_states_that_do_not_move_keep_their_own_reasons():
    x = torch.randn(10, 3, generator=torch.Generator().manual_seed(0))
    scores = score_track(Track(states=(x, x, x), names=("a", "b", "c")))
    assert rounding_share(x, x, 1.0) == 0.0
    assert not any("rounding" in reason for _, _, reason in scores.reasons)


def test_averages_remember_the_precision_they_came_from():
    model = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2, enable_nested_tensor=False)
    track = record_track(model.bfloat16(), torch.randn(4, 5, 8).bfloat16(), tokens="mean")
    assert track.states[0].dtype == torch.float32
    assert track.metadata["dtype"] == "bfloat16"


def test_every_score_of_states_is_covered():
    assert set(SCORES) - {"track_distance"} == OF_STEPS | OF_ENDS
