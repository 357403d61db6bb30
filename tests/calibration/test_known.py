"""Known maps against what is known of them: closed forms, optimality, shares that chance gives."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from geodl.calibration import arc_lss, gaussian_points, known_states
from geodl.calibration.convex import convex_gradient
from geodl.calibration.rotation import rotated
from geodl.config.calibration import KNOWN_MAPS
from geodl.errors import ConfigError
from geodl.scores import score_leg

AMOUNTS = {"convex": 1.0, "noise": 0.3, "walk": 0.3, "rotation": 40.0, "pairing": None}
SCORES = ["line_shape", "optimal_transport", "transport_ratio", "path_straightness", "kinetic_straightness"]


def values(kind, amount, **sizes):
    states = known_states(kind, amount, **{"n": 60, "dim": 3, "depth": 5, "seed": 0, **sizes})
    return {name: result.value for name, result in score_leg(states, scores=SCORES).items()}


def slow_lss(states):
    steps = [after - before for before, after in itertools.pairwise(states)]
    summed = sum(step / np.linalg.norm(step, axis=1, keepdims=True) for step in steps)
    return float(np.mean(len(steps) / np.linalg.norm(summed, axis=1)))


def test_every_known_map_has_an_amount_here():
    assert set(AMOUNTS) == set(KNOWN_MAPS)


@pytest.mark.parametrize("kind", KNOWN_MAPS)
def test_states_have_their_shape_start_at_the_points_and_are_the_same_twice(kind):
    sizes = {"n": 7, "dim": 5, "depth": 4, "seed": 3}
    states = known_states(kind, AMOUNTS[kind], **sizes)
    assert [state.shape for state in states] == [(7, 5)] * 5
    np.testing.assert_array_equal(states[0], gaussian_points(7, 5, 3))
    for state, again in zip(states, known_states(kind, AMOUNTS[kind], **sizes), strict=True):
        np.testing.assert_array_equal(state, again)
    other = known_states(kind, AMOUNTS[kind], **{**sizes, "seed": 4})
    assert all(np.abs(state - changed).max() > 0.1 for state, changed in zip(states[::4], other[::4], strict=True))


@pytest.mark.parametrize("kind", KNOWN_MAPS)
def test_given_points_are_the_start_and_are_left_as_they_were(kind):
    points = np.arange(12.0).reshape(4, 3)
    states = known_states(kind, AMOUNTS[kind], n=99, dim=99, depth=2, seed=0, points=points)
    np.testing.assert_array_equal(states[0], points)
    assert states[-1].shape == (4, 3)
    np.testing.assert_array_equal(points, np.arange(12.0).reshape(4, 3))


@pytest.mark.parametrize("kind", ["convex", "noise", "pairing"])
def test_straight_lines_have_score_1(kind):
    scores = values(kind, AMOUNTS[kind])
    for name in ("line_shape", "path_straightness", "kinetic_straightness"):
        assert scores[name] == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("dim", [2, 3, 8])
@pytest.mark.parametrize("amount", [0.01, 1.0, 100.0])
def test_the_gradient_of_a_convex_function_is_the_optimal_map(dim, amount):
    states = known_states("convex", amount, n=60, dim=dim, depth=2, seed=1)
    _, partner = linear_sum_assignment(cdist(states[0], states[-1], "sqeuclidean"))
    np.testing.assert_array_equal(partner, np.arange(60))
    scores = values("convex", amount, dim=dim)
    assert scores["optimal_transport"] == 1.0
    assert scores["transport_ratio"] == pytest.approx(1.0, abs=1e-12)


def test_the_convex_gradient_is_that_of_its_function():
    generator = np.random.default_rng(0)
    weights, x, amount = generator.standard_normal((4, 3)), generator.standard_normal(3), 0.7

    def phi(point):
        inner = weights @ point
        return point @ point / 2 + amount * (inner @ inner / 2 + np.log1p(np.exp(inner)).sum())

    numeric = [(phi(x + 1e-6 * unit) - phi(x - 1e-6 * unit)) / 2e-6 for unit in np.eye(3)]
    np.testing.assert_allclose(convex_gradient(x[None], amount, weights)[0], numeric, atol=1e-7)


@pytest.mark.parametrize("dim", [2, 5, 8])
@pytest.mark.parametrize("degrees", [1.0, 45.0, 90.0, 180.0])
@pytest.mark.parametrize("depth", [1, 2, 7])
def test_an_arc_has_the_line_shape_score_of_its_closed_form(dim, degrees, depth):
    states = known_states("rotation", degrees, n=20, dim=dim, depth=depth, seed=0)
    assert slow_lss(states) == pytest.approx(arc_lss(degrees, depth), rel=1e-9)
    assert values("rotation", degrees, dim=dim, depth=depth)["line_shape"] == pytest.approx(
        arc_lss(degrees, depth), rel=1e-9
    )


def test_the_closed_form_at_values_that_can_be_checked_by_hand():
    assert arc_lss(180.0, 1) == pytest.approx(1.0)
    assert arc_lss(180.0, 3) == pytest.approx(1.5)  # three sides of half a hexagon over its diameter of two sides
    assert arc_lss(90.0, 10_000) == pytest.approx((math.pi / 4) / math.sin(math.pi / 4), rel=1e-6)


def test_a_rotation_keeps_lengths_turns_by_its_angle_and_leaves_an_odd_coordinate():
    points = gaussian_points(50, 5, 0)
    turned = rotated(points, 30.0)
    np.testing.assert_allclose(np.linalg.norm(turned, axis=1), np.linalg.norm(points, axis=1))
    np.testing.assert_array_equal(turned[:, 4], points[:, 4])
    even, image = points[:, :4], turned[:, :4]
    cosine = (even * image).sum(1) / (even**2).sum(1)
    np.testing.assert_allclose(cosine, math.cos(math.radians(30.0)))


def test_ots_saturates_in_high_dimension_and_not_in_the_plane():
    """A rotation by 60 degrees has OTS 1 at d = 100, one by 10 degrees hardly any at d = 2, both at n = 1,000."""
    high = known_states("rotation", 60.0, n=1000, dim=100, depth=1, seed=0)
    low = known_states("rotation", 10.0, n=1000, dim=2, depth=1, seed=0)
    found = [score_leg(states, scores=["optimal_transport"])["optimal_transport"].value for states in (high, low)]
    assert found[0] == 1.0
    assert found[1] == pytest.approx(0.06, abs=0.03)


def test_a_random_pairing_has_score_1_over_n_on_average():
    found = [values("pairing", None, n=20, seed=seed)["optimal_transport"] for seed in range(200)]
    deviation = math.sqrt(1 / 200) / 20  # variance of fixed points of a random permutation is 1
    assert np.mean(found) == pytest.approx(1 / 20, abs=4 * deviation)


@pytest.mark.parametrize(("dim", "tolerance"), [(200, 0.02), (2000, 0.005)])
def test_a_random_walk_has_score_root_l_in_high_dimension(dim, tolerance):
    lss = values("walk", 3.0, n=50, dim=dim, depth=18)["line_shape"]
    assert lss == pytest.approx(math.sqrt(18), rel=tolerance)


def test_a_walk_of_one_step_is_the_noise_of_its_amount():
    walk, noise = (known_states(kind, 0.5, n=9, dim=4, depth=1, seed=2) for kind in ("walk", "noise"))
    np.testing.assert_allclose(walk[-1], noise[-1])


def test_the_length_of_a_walk_does_not_depend_on_its_steps():
    for depth in (1, 4, 16):
        states = known_states("walk", 2.0, n=4000, dim=5, depth=depth, seed=0)
        assert (states[-1] - states[0]).std() == pytest.approx(2.0, rel=0.02)


@pytest.mark.parametrize(
    ("kind", "amount", "message"),
    [
        ("shear", 1.0, "map: expected one of convex, noise, walk, rotation, pairing, found 'shear'"),
        ("pairing", 1.0, "amount: expected None with pairing, which has no amount, found 1.0"),
        ("rotation", 181.0, "amount: expected the angle in degrees, above 0 and at most 180 with rotation, found 181"),
        ("noise", None, "amount: expected the noise in standard deviations .* found None"),
        ("walk", 0.0, "amount: .* found 0.0"),
        ("convex", math.nan, "amount: .* found nan"),
    ],
)
def test_what_is_no_known_map_is_refused(kind, amount, message):
    with pytest.raises(ConfigError, match=message):
        known_states(kind, amount, n=3, dim=2, depth=1, seed=0)
