from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from geodl.errors import ConfigError, DataError
from geodl.transport import TransportPlan, certify, solve_transport
from geodl.transport.emd import network_simplex
from tests.transport.references import loop_cost, scipy_cost


def rotation(rng, d):
    q, r = np.linalg.qr(rng.normal(size=(d, d)))
    return q * np.sign(np.diagonal(r))


@pytest.mark.parametrize("kind", ["random", "shifted", "lattice", "duplicates", "collapsed", "outlier", "tiny"])
@pytest.mark.parametrize(("n", "d"), [(2, 1), (5, 1), (30, 1), (30, 3), (60, 20)])
def test_the_cost_is_that_of_scipys_assignment(kind, n, d):
    for seed in range(3):
        rng = np.random.default_rng(seed)
        x, y = rng.normal(size=(n, d)), rng.normal(size=(n, d))
        if kind == "shifted":
            x, y = x + 1e6, y + 1e6
        if kind == "lattice":
            x, y = rng.integers(3, size=(n, d)) * 1.0, rng.integers(3, size=(n, d)) * 1.0
        if kind == "duplicates":
            x, y = np.repeat(x[: n // 2 + 1], 2, axis=0)[:n], np.repeat(y[: n // 2 + 1], 2, axis=0)[:n]
        if kind == "collapsed":
            y = rng.normal(size=(3, d))[rng.integers(3, size=n)]
        if kind == "outlier":
            y[0] *= 1e6
        if kind == "tiny":
            y = x + 1e-8 * y
        plan = solve_transport(x, y)
        assert plan.status == "optimal"
        assert plan.cost == pytest.approx(scipy_cost(x, y), rel=1e-10)
        assert sorted(plan.permutation.tolist()) == list(range(n))
        assert plan.gap <= 1e-9
        assert plan.slack <= 0.0
        assert plan.cost <= plan.identity_cost * (1 + 1e-9)


def test_the_certificate_can_be_checked_by_anyone():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 3)), rng.normal(size=(40, 3))
    plan = solve_transport(x, y)
    u, v = plan.potentials
    cost = loop_cost(x, y)
    assert (cost - u[:, None] - v).min() > -1e-12 * cost.max()
    assert u.mean() + v.mean() == pytest.approx(plan.cost, rel=1e-12)
    assert certify(cost, plan.permutation, u, v).gap < 1e-12


def test_an_outlier_does_not_cost_the_others_their_optimal_partners():
    # One run of the network simplex gets many partners wrong here: its potentials carry n times the largest cost.
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(300, 16)), rng.normal(size=(300, 16))
    y[3] *= 1e7
    plan = solve_transport(x, y)
    assert plan.status == "optimal"
    others = [i for i in range(300) if plan.permutation[i] != 3]
    targets = [int(plan.permutation[i]) for i in others]
    rest = solve_transport(x[others], y[targets])
    assert rest.kept.all()  # among themselves the others are paired optimally
    first_pass = network_simplex(loop_cost(x, y), 10**6)
    assert (first_pass.permutation != plan.permutation).any()


def test_displacements_of_all_sizes_are_resolved_pair_by_pair():
    rng = np.random.default_rng(0)
    x = np.concatenate([1e-9 * rng.normal(size=(20, 3)), rng.normal(size=(20, 3)) + 50.0])
    order = rng.permutation(20)
    y = x.copy()
    y[:20] = x[order]  # the tiny cluster is permuted within itself, far below the solver's own precision
    plan = solve_transport(x, y)
    assert plan.cost == 0.0
    assert np.array_equal(plan.kept[:20], order == np.arange(20))
    assert plan.kept[20:].all()


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_a_displacement_of_1e_minus_8_is_an_optimal_map(offset):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(100, 10)) + offset
    plan = solve_transport(x, x + 1e-8 * rng.normal(size=x.shape))
    assert plan.kept.all()
    assert plan.kept_low.all()
    assert plan.cost == plan.identity_cost > 0.0
    assert plan.gap < 1e-9


def test_a_chain_in_one_dimension_is_sorted():
    rng = np.random.default_rng(2)
    x, y = rng.uniform(size=(400, 1)), rng.uniform(size=(400, 1))
    plan = solve_transport(x, y)
    assert np.array_equal(np.argsort(y[plan.permutation, 0]), np.argsort(x[:, 0]))


def test_translation_rotation_scale_and_order_change_no_partner():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(50, 6)), rng.normal(size=(50, 6))
    plan = solve_transport(x, y)
    q = rotation(rng, 6)
    moved = solve_transport(x @ q * 3.0 + 100.0, y @ q * 3.0 + 100.0)
    assert np.array_equal(moved.permutation, plan.permutation)
    assert moved.cost == pytest.approx(9.0 * plan.cost, rel=1e-10)
    order = rng.permutation(50)
    shuffled = solve_transport(x[order], y[order])
    assert np.array_equal(order[shuffled.permutation], plan.permutation[order])


@pytest.mark.parametrize("offset", [1e3, 1e6, 1e9])
def test_a_translation_between_the_clouds_changes_no_partner_and_makes_no_tie(offset):
    rng = np.random.default_rng(8)
    x, y = rng.normal(size=(40, 3)), rng.normal(size=(40, 3))
    near, far = solve_transport(x, y), solve_transport(x, y + offset)
    assert np.array_equal(far.permutation, near.permutation)
    assert np.array_equal(far.kept, near.kept)
    assert np.array_equal(far.kept_low, near.kept_low)
    assert far.cost == pytest.approx(scipy_cost(x, y + offset), rel=1e-12)
    u, v = far.potentials
    assert u.mean() + v.mean() == pytest.approx(far.cost, rel=1e-12)
    assert (loop_cost(x, y + offset) - u[:, None] - v).min() > -1e-12 * far.cost


def test_transport_backwards_is_the_inverse_plan():
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(40, 3)), rng.normal(size=(40, 3))
    there, back = solve_transport(x, y), solve_transport(y, x)
    assert np.array_equal(back.permutation, np.argsort(there.permutation))
    assert back.cost == pytest.approx(there.cost, rel=1e-12)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.lists(st.tuples(*[st.integers(-3, 3)] * 4), min_size=2, max_size=9))
def test_whole_numbers_with_many_ties_are_solved_exactly(points):
    data = np.array(points, dtype=float)
    x, y = data[:, :2], data[:, 2:]
    plan = solve_transport(x, y)
    assert plan.status == "optimal"
    assert plan.cost == pytest.approx(scipy_cost(x, y), rel=1e-12, abs=1e-15)
    assert 0 <= plan.kept_low.sum() <= plan.kept.sum() <= len(x)
    assert plan.kept.all() == (plan.cost == pytest.approx(plan.identity_cost, rel=1e-12, abs=1e-15))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("where", ["source", "target"])
def test_nan_and_inf_fail_with_a_reason_before_the_solver(bad, where):
    clouds = {"source": np.eye(3), "target": np.eye(3)}
    clouds[where] = np.full((3, 3), bad)
    plan = solve_transport(**clouds)
    assert plan.status == "failed"
    assert plan.reason == f"{where} holds 9 values that are NaN or infinite"
    assert_no_numbers(plan)


def test_one_sample_fails_with_a_reason():
    plan = solve_transport([[1.0, 2.0]], [[1.0, 2.0]])
    assert "at least 2" in plan.reason
    assert_no_numbers(plan)


def test_squares_beyond_float64_fail_with_a_reason():
    assert "overflow" in solve_transport([[1e200], [0.0]], [[0.0], [1.0]]).reason
    assert "underflow" in solve_transport([[1e-200], [0.0]], [[0.0], [2e-200]]).reason


@pytest.mark.parametrize("method", ["auto", "lazy", "emd", "sinkhorn"])
def test_pairs_whose_squares_underflow_beside_others_fail_with_a_reason(method):
    plan = solve_transport([[1e-200], [0.0], [1.0], [3.0]], [[0.0], [2e-200], [1.1], [3.2]], method=method)
    assert "pairs" in plan.reason
    assert "underflow" in plan.reason
    assert_no_numbers(plan)


def test_the_iteration_limit_is_tried_again_and_then_a_reason():
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(60, 3)), rng.normal(size=(60, 3))
    plan = solve_transport(x, y, max_iterations=2)
    assert plan.status == "failed"
    assert "limit of 20 iterations" in plan.reason
    assert_no_numbers(plan)
    assert solve_transport(x, y, max_iterations=400).status == "optimal"


def test_a_plan_that_cannot_be_certified_fails(monkeypatch):
    rng = np.random.default_rng(6)
    x, y = rng.normal(size=(20, 3)), rng.normal(size=(20, 3))

    def wrong(cost, max_iterations):
        outcome = network_simplex(cost, max_iterations)
        swapped = outcome.permutation.copy()
        swapped[[0, 1]] = swapped[[1, 0]]
        return type(outcome)(swapped, outcome.u, outcome.v)

    monkeypatch.setattr("geodl.transport.refinement.network_simplex", wrong)
    plan = solve_transport(x, y, method="emd")
    assert plan.status == "failed"
    assert "could not be certified" in plan.reason
    assert_no_numbers(plan)


def test_points_that_all_coincide_are_transported_for_nothing():
    plan = solve_transport(np.full((4, 2), 7.0), np.full((4, 2), 7.0))
    assert (plan.cost, plan.identity_cost, plan.gap) == (0.0, 0.0, 0.0)
    assert plan.kept.all()


def test_tensors_and_arrays_give_the_same_plan():
    x, y = torch.randn(20, 3, generator=torch.Generator().manual_seed(0)), torch.eye(20)[:, :3]
    plan = solve_transport(x.requires_grad_(), y.to(torch.bfloat16))
    assert np.array_equal(plan.permutation, solve_transport(x.detach().numpy(), y.numpy()).permutation)


def test_clouds_of_different_spaces_raise():
    with pytest.raises(DataError, match="target: expected the 2 features of source, found 3"):
        solve_transport(np.zeros((3, 2)), np.zeros((3, 3)))


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"max_iterations": 0}, "max_iterations: expected an integer >= 1, found 0"),
        ({"max_iterations": 1.5}, "max_iterations"),
        ({"max_iterations": True}, "max_iterations"),
        ({"gap_tolerance": 0.0}, r"gap_tolerance: expected a number in \(0, 1\)"),
        ({"tie_tolerance": 1.0}, "tie_tolerance"),
    ],
)
def test_options_out_of_range_raise(options, match):
    with pytest.raises(ConfigError, match=match):
        solve_transport(np.eye(2), np.eye(2), **options)


@pytest.mark.parametrize(("method", "matrices"), [("simplex", 1.5), ("emd", 5)])
def test_a_problem_that_does_not_fit_into_memory_is_not_begun(method, matrices):
    cloud = np.random.default_rng(0).normal(size=(300, 2))
    plan = solve_transport(cloud, cloud + 1.0, method=method, max_memory=matrices * 8 * 299**2)
    assert_no_numbers(plan)
    assert re.search(
        f"method {method} needs about 0.00[0-9]+ GiB of memory for 300 samples, and may take 0.00[0-9]+ GiB",
        plan.reason,
    )
    assert solve_transport(cloud, cloud + 1.0, method=method, max_memory=matrices * 8 * 300**2).optimal


def test_auto_computes_the_matrix_anew_where_it_does_not_fit():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(300, 2)), rng.normal(size=(300, 2))
    small, large = solve_transport(x, y, max_memory=1e5), solve_transport(x, y)
    assert (small.method, large.method) == ("lazy", "simplex")
    assert np.array_equal(small.permutation, large.permutation)
    assert np.array_equal(small.potentials, large.potentials)


def test_pinned_plan():
    x = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 3.0]])
    y = np.array([[2.0, 1.0], [0.0, 1.0], [1.0, 3.0]])
    plan = solve_transport(x, y)
    assert plan.permutation.tolist() == [1, 0, 2]
    assert plan.cost == pytest.approx(1.0)
    assert plan.identity_cost == pytest.approx(11.0 / 3.0)
    assert plan.kept.tolist() == plan.kept_low.tolist() == [False, False, True]
    assert (plan.n, plan.d, plan.method) == (3, 2, "simplex")
    assert (plan.lower, plan.upper) == (pytest.approx(3.0 / 11.0), pytest.approx(3.0 / 11.0))


def assert_no_numbers(plan: TransportPlan):
    assert not plan.optimal
    assert len(plan.permutation) == len(plan.kept) == len(plan.kept_low) == 0
    assert np.isnan([plan.cost, plan.identity_cost, plan.gap, plan.slack]).all()
