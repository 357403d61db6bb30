from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodl.scores import optimal_transport_score, transport_ratio
from geodl.scores.transport_ratio import ratio_of_plan
from geodl.transport import TransportPlan, solve_transport
from tests.transport.references import brute_force, loop_cost


@pytest.mark.parametrize("seed", range(8))
def test_it_agrees_with_brute_force(seed):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(6, 2)), rng.normal(size=(6, 2))
    least, _, _ = brute_force(x, y)
    assert transport_ratio(x, y).value == pytest.approx(least / np.diagonal(loop_cost(x, y)).mean(), rel=1e-12)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.integers(0, 10**6), st.integers(2, 12), st.integers(1, 3), st.sampled_from([0.0, 1e-9, 0.01, 1.0, 30.0]))
def test_it_is_one_exactly_when_the_optimal_transport_score_is(seed, n, d, size):
    rng = np.random.default_rng(seed)
    x = np.round(rng.normal(size=(n, d)), 1)
    y = x + size * rng.normal(size=(n, d))
    ratio, ots = transport_ratio(x, y), optimal_transport_score(x, y)
    assert 0.0 <= ratio.value <= 1.0
    assert (ratio.value == 1.0) == (ots.value == 1.0)


def test_a_network_at_rest_has_one_as_the_limit_of_small_movements_has():
    x = np.random.default_rng(0).normal(size=(30, 4))
    rest = transport_ratio(x, x)
    assert (rest.value, rest.details["at_rest"]) == (1.0, 1)
    for size in (1e-3, 1e-6, 1e-9):
        moved = transport_ratio(x, x + size * np.random.default_rng(1).normal(size=x.shape))
        assert (moved.value, moved.details["at_rest"]) == (1.0, 0)


def test_outputs_that_are_a_permutation_of_the_inputs_have_zero():
    x = np.random.default_rng(0).normal(size=(30, 4))
    assert transport_ratio(x, np.roll(x, 1, axis=0)).value == 0.0


def test_a_gain_too_small_for_the_quotient_is_still_not_one():
    # Two samples exchange a displacement of 1e-9 beside one that moves by 1.
    x = np.array([[0.0], [1e-9], [5.0]])
    y = np.array([[1e-9], [0.0], [6.0]])
    result = transport_ratio(x, y)
    assert optimal_transport_score(x, y).value == pytest.approx(1 / 3)
    assert result.value == math.nextafter(1.0, 0.0)


def test_a_plan_that_contradicts_its_certificate_has_no_ratio():
    plan = solve_transport(np.eye(3), np.eye(3) + 1.0)
    fields = {**vars(plan), "cost": 1.01 * plan.identity_cost}
    result = ratio_of_plan(TransportPlan(**fields))
    assert math.isnan(result.value)
    assert "contradicts its certificate" in result.reason


def test_rounding_above_one_is_clipped_only_within_the_tolerance():
    plan = solve_transport(np.eye(3), np.eye(3) + 1.0)
    assert ratio_of_plan(TransportPlan(**{**vars(plan), "cost": plan.identity_cost * (1 + 1e-15)})).value == 1.0


def test_a_failed_plan_has_no_ratio():
    result = ratio_of_plan(TransportPlan(n=3, d=1, status="failed", reason="limit"))
    assert (math.isnan(result.value), result.reason) == (True, "limit")


def test_bad_input_has_a_reason():
    assert "target holds" in transport_ratio(np.eye(2), np.full((2, 2), np.nan)).reason
