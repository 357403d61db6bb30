from __future__ import annotations

import math

import numpy as np
import pytest

from geodl.scores import geodesic_score, kinetic_straightness, transport_ratio
from geodl.transport import solve_transport
from tests.scores.tracks import random_tracks, straight_tracks
from tests.transport.references import scipy_cost


def test_it_agrees_with_scipys_transport_and_explicit_loops():
    states = random_tracks()
    energy = sum(((states[k + 1][i] - states[k][i]) ** 2).sum() for k in range(4) for i in range(20)) / 20
    assert geodesic_score(states).value == pytest.approx(scipy_cost(states[0], states[-1]) / (4 * energy), rel=1e-10)


def test_it_is_the_product_of_transport_ratio_and_kinetic_straightness():
    states = random_tracks(steps=3, size=3.0)
    product = transport_ratio(states[0], states[-1]).value * kinetic_straightness(states).value
    assert geodesic_score(states).value == pytest.approx(product, rel=1e-14)
    assert 0.0 < product < 1.0


def test_a_constant_speed_geodesic_has_exactly_one():
    assert geodesic_score(straight_tracks()).value == 1.0


def test_closed_tracks_have_zero_and_a_network_at_rest_none():
    x = np.eye(3)
    assert geodesic_score([x, x + 1.0, x]).value == 0.0
    assert "kinetic energy is zero" in geodesic_score([x, x, x]).reason


def test_a_failed_plan_gives_its_reason():
    states = random_tracks(n=60)
    result = geodesic_score(states, plan=solve_transport(states[0], states[-1], max_iterations=1))
    assert math.isnan(result.value)
    assert "iterations" in result.reason
