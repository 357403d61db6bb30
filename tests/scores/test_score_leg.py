from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from geodl.errors import ConfigError
from geodl.scores import (
    SCORES,
    action,
    geodesic_deviation,
    geodesic_score,
    kinetic_straightness,
    line_shape_score,
    optimal_transport_score,
    path_straightness,
    score_leg,
    step_transport,
    track_distance,
    transport_ratio,
)
from geodl.scores import given_plan as given_plan_module
from geodl.transport import solve_transport
from tests.scores.tracks import random_tracks, straight_tracks


def test_all_scores_together_equal_each_by_itself():
    states, labels = random_tracks(), np.arange(20) % 2
    alone = {
        "line_shape": line_shape_score(states),
        "optimal_transport": optimal_transport_score(states[0], states[-1]),
        "transport_ratio": transport_ratio(states[0], states[-1]),
        "path_straightness": path_straightness(states),
        "kinetic_straightness": kinetic_straightness(states),
        "geodesic": geodesic_score(states),
        "geodesic_deviation": geodesic_deviation(states),
        "step_transport": step_transport(states),
        "track_distance": track_distance(states, labels),
        "action": action(states, [np.ones(3)]),
    }
    together = score_leg(states, labels, weights=[np.ones(3)])
    assert list(together) == list(SCORES)
    for name, result in together.items():
        assert result.value == alone[name].value
        assert result.details == alone[name].details


def test_the_plan_of_the_leg_is_solved_once(monkeypatch):
    calls = []

    def counted(x, y, method, **options):
        calls.append(1)
        return solve_transport(x, y, method, **options)

    monkeypatch.setattr(given_plan_module, "solve_transport", counted)
    score_leg(random_tracks(), scores=["optimal_transport", "transport_ratio", "geodesic", "geodesic_deviation"])
    assert len(calls) == 1
    score_leg(random_tracks(), scores=["line_shape", "action"])
    assert len(calls) == 1


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_half_precision_tensors_with_gradients_equal_their_float64_values(dtype):
    tensors = [torch.tensor(s, dtype=dtype).requires_grad_() for s in random_tracks(n=12)]
    exact = [tensor.detach().double().numpy() for tensor in tensors]
    for name, result in score_leg(tensors).items():
        assert result.value == score_leg(exact)[name].value
    assert score_leg(torch.stack(tensors), scores=["action"])["action"].value == action(exact).value


def test_a_failed_plan_reaches_all_that_need_it_and_no_other():
    states = random_tracks(n=60)
    failed = solve_transport(states[0], states[-1], max_iterations=1)
    results = score_leg(states, plan=failed)
    for name, result in results.items():
        needs_plan = name in {"optimal_transport", "transport_ratio", "geodesic", "geodesic_deviation"}
        assert result.valid != needs_plan
        assert math.isnan(result.value) == needs_plan


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ([np.eye(3), np.full((3, 3), np.nan)], "NaN"),
        ([np.ones((1, 3)), np.zeros((1, 3))], "at least 2"),
        ([np.eye(3)], "no step"),
    ],
)
def test_states_without_scores_give_every_score_its_reason(states, words):
    results = score_leg(states)
    assert list(results) == list(SCORES)
    for result in results.values():
        assert math.isnan(result.value)
        assert words in result.reason


def test_a_geodesic_has_the_best_value_of_every_score():
    for name, result in score_leg(straight_tracks()).items():
        best = SCORES[name].best
        assert math.isnan(best) or result.value == pytest.approx(best, abs=1e-14)


@pytest.mark.parametrize("seed", range(5))
def test_every_value_is_within_its_bounds(seed):
    for name, result in score_leg(random_tracks(seed, size=2.0)).items():
        assert SCORES[name].lower <= result.value <= SCORES[name].upper


@pytest.mark.parametrize("names", [["lss"], "action", ["action", "nothing"]])
def test_unknown_names_raise(names):
    with pytest.raises(ConfigError, match="scores: expected a list of names out of line_shape, optimal_transport"):
        score_leg(random_tracks(), scores=names)


def test_the_inputs_are_left_as_they_were():
    states = random_tracks()
    copies = [state.copy() for state in states]
    score_leg(states, np.zeros(20))
    assert all(np.array_equal(a, b) for a, b in zip(states, copies, strict=True))
