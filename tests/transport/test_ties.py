from __future__ import annotations

import numpy as np
import pytest

from geodl.transport import solve_transport
from geodl.transport.ties import tie_interval, tight_edges, value_groups
from tests.transport.references import brute_force


def clouds(kind, rng, n, d):
    x, y = rng.normal(size=(n, d)), rng.normal(size=(n, d))
    if kind == "lattice":
        x, y = rng.integers(2, size=(n, d)) * 1.0, rng.integers(2, size=(n, d)) * 1.0
    if kind == "equal sources":
        x[: n // 2] = x[0]
    if kind == "equal targets":
        y[: n // 2] = y[0]
    if kind == "all targets equal":
        y[:] = y[0]
    if kind == "collapsed classes":
        centres = rng.normal(size=(2, d))
        y = centres[rng.integers(2, size=n)]
    if kind == "identity":
        y = x.copy()
    if kind == "square":
        x = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]] * 2)[:n]
        turned = np.array([[1.0, 1.0], [-1.0, 1.0]])  # by 45 degrees: every corner has two nearest ones
        y = x[rng.permutation(n)] @ turned
    return x, y


KINDS = (
    "random",
    "lattice",
    "equal sources",
    "equal targets",
    "all targets equal",
    "collapsed classes",
    "identity",
    "square",
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [2, 3, 4, 6])
def test_the_interval_is_that_of_all_optimal_permutations(kind, n):
    for seed in range(4):
        x, y = clouds(kind, np.random.default_rng(seed), n, 2)
        plan = solve_transport(x, y)
        cost, fewest, most = brute_force(x, y)
        assert plan.status == "optimal"
        assert plan.cost == pytest.approx(cost, rel=1e-12, abs=1e-15)
        assert (int(plan.kept_low.sum()), int(plan.kept.sum())) == (fewest, most)


def test_a_unique_plan_has_equal_ends():
    plan = solve_transport([[0.0], [1.0], [5.0]], [[0.1], [1.1], [5.1]])
    assert plan.kept.all()
    assert plan.kept_low.all()


def test_fully_collapsed_outputs_are_kept_by_value_in_every_plan():
    x = np.random.default_rng(0).normal(size=(200, 5))
    plan = solve_transport(x, np.ones_like(x))
    assert plan.kept.all()
    assert plan.kept_low.all()
    assert plan.permutation.tolist() == list(range(200))  # and the index is the own one where the value is


def test_equal_inputs_with_unequal_outputs_can_lose_them_all():
    y = np.random.default_rng(1).normal(size=(50, 3))
    plan = solve_transport(np.zeros_like(y), y)
    assert (plan.kept.mean(), plan.kept_low.mean()) == (1.0, 0.0)


def test_signed_zeros_are_equal_values():
    assert value_groups(np.array([[0.0], [-0.0], [1.0]])).tolist() == [0, 0, 1]


def test_an_outlier_does_not_make_ties_of_the_others():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(30, 2))
    y = x + 0.01 * rng.normal(size=x.shape)
    y[0] += 1e7
    plan = solve_transport(x, y)
    rest = solve_transport(x[1:], y[1:])
    assert rest.kept.all()
    assert np.array_equal(plan.kept, plan.kept_low)


def test_tight_edges_are_found_in_blocks():
    n = 600
    cost = np.ones((n, n))
    np.fill_diagonal(cost, 0.0)
    rows, columns = tight_edges(cost, np.zeros(n), np.zeros(n), 1e-12)
    assert rows.tolist() == columns.tolist() == list(range(n))


def test_a_chain_of_tight_edges_without_a_cycle_leaves_no_choice():
    rows, columns = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 1, 2, 2])
    ends = tie_interval(rows, columns, np.arange(3), np.arange(3))
    assert ends.kept.tolist() == ends.kept_low.tolist() == [True, True, True]
