from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.optimize import linprog

from geodl.errors import DataError
from geodl.transport import solve_transport
from geodl.transport.weighted import solve_weighted
from tests.transport.references import loop_cost


def linear_program(source, target, a, b):
    """Least cost of a coupling by SciPy's linear program."""
    cost = loop_cost(source, target)
    n, m = cost.shape
    unit = cost.max() or 1.0
    sums = np.concatenate([np.kron(np.eye(n), np.ones(m)), np.kron(np.ones(n), np.eye(m))])
    return unit * linprog(cost.ravel() / unit, A_eq=sums[:-1], b_eq=np.concatenate([a, b])[:-1]).fun


KINDS = ("random", "lattice", "translated", "outlier", "tiny", "uneven")


def problem(kind, rng):
    (n, m), d = rng.integers(1, 14, size=2), int(rng.integers(1, 4))
    x, y = rng.normal(size=(n, d)), rng.normal(size=(m, d))
    a, b = rng.random(n) + 0.01, (rng.random(m) + 0.01) * (rng.random(m) < 0.8)
    b[0] += 1.0
    if kind == "lattice":
        x, y = rng.integers(3, size=(n, d)) * 1.0, rng.integers(3, size=(m, d)) * 1.0
    if kind == "translated":
        y = y + 1e4
    if kind == "outlier":
        x[0] *= 1e4
    if kind == "tiny":
        y = np.resize(x, (m, d)) + 1e-3 * y
    if kind == "uneven":
        a = a**12
    return x, y, a, b


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(8))
def test_the_cost_is_that_of_a_linear_program(kind, seed):
    x, y, a, b = problem(kind, np.random.default_rng([seed, KINDS.index(kind)]))
    plan = solve_weighted(x, y, a, b)
    shares, target_shares = a / a.sum(), b / b.sum()
    cost = loop_cost(x, y)
    assert plan.status == "optimal"
    assert plan.cost == pytest.approx(linear_program(x, y, shares, target_shares), rel=1e-5, abs=1e-9)
    assert plan.gap <= 1e-9
    coupling = plan.coupling.toarray()
    np.testing.assert_allclose(coupling.sum(axis=1), shares, atol=1e-13)
    np.testing.assert_allclose(coupling.sum(axis=0), target_shares, atol=1e-13)
    assert (coupling * cost).sum() == pytest.approx(plan.cost, rel=1e-12)
    u, v = plan.potentials
    assert (cost - u[:, None] - v).min() >= -1e-12 * max(cost.max(), 1.0)
    assert shares @ u + target_shares @ v == pytest.approx(plan.cost, rel=1e-9, abs=1e-12 * cost.max())


@pytest.mark.parametrize("seed", range(5))
def test_equal_sizes_without_weights_cost_what_a_permutation_costs(seed):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(40, 3)), rng.normal(size=(40, 3))
    plan = solve_weighted(x, y)
    assert plan.cost == pytest.approx(solve_transport(x, y).cost, rel=1e-12)
    rows, columns = plan.coupling.nonzero()
    assert np.array_equal(columns[np.argsort(rows)], solve_transport(x, y).permutation)


def test_a_repeated_point_is_a_point_of_twice_the_weight():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(6, 2)), rng.normal(size=(4, 2))
    times = np.array([1, 3, 2, 1, 1, 2])
    repeated, weighted = solve_weighted(np.repeat(x, times, axis=0), y), solve_weighted(x, y, times)
    assert repeated.cost == pytest.approx(weighted.cost, rel=1e-12)


def test_a_sample_of_weight_zero_changes_nothing_but_has_a_feasible_potential():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(6, 2)), rng.normal(size=(5, 2))
    far = solve_weighted(np.vstack([x, 1e3 * x[:1]]), np.vstack([y, 50 * y[:1]]), [1] * 6 + [0], [1] * 5 + [0])
    assert far.cost == pytest.approx(solve_weighted(x, y).cost, rel=1e-12)
    assert far.coupling.shape == (7, 6)
    assert far.coupling[6].nnz == far.coupling[:, 5].nnz == 0
    u, v = far.potentials
    cost = loop_cost(np.vstack([x, 1e3 * x[:1]]), np.vstack([y, 50 * y[:1]]))
    assert (cost - u[:, None] - v).min() >= -1e-12 * cost.max()


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 5), (5, 1)])
def test_a_single_point_sends_to_or_takes_from_all(n, m):
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(n, 2)), rng.normal(size=(m, 2))
    assert solve_weighted(x, y).cost == pytest.approx(loop_cost(x, y).mean(), rel=1e-12)


def test_what_has_no_meaning_without_an_own_pairing_is_absent():
    plan = solve_weighted(torch.zeros(3, 2), torch.zeros(2, 2))
    assert (plan.cost, plan.gap, plan.optimal) == (0.0, 0.0, True)
    assert np.isnan([plan.identity_cost, plan.lower, plan.upper]).all()
    assert len(plan.permutation) == len(plan.kept) == len(plan.kept_low) == 0
    assert "no outputs of their own" in plan.ties


def test_scale_and_translation_change_no_mass():
    rng = np.random.default_rng(3)
    x, y, a = rng.normal(size=(9, 2)), rng.normal(size=(7, 2)), rng.random(9)
    plan, moved = solve_weighted(x, y, a), solve_weighted(2.0**-300 * x, 2.0**-300 * y, 7.0 * a)
    assert moved.cost == pytest.approx(2.0**-600 * plan.cost, rel=1e-12)
    np.testing.assert_allclose(moved.coupling.toarray(), plan.coupling.toarray(), atol=1e-14)


def test_numbers_that_cannot_be_measured_fail_with_a_reason(monkeypatch):
    assert solve_weighted([[np.nan]], [[0.0], [1.0]]).reason == "source holds 1 value that is NaN or infinite"
    assert "overflow" in solve_weighted([[0.0]], [[1e200]]).reason
    assert "underflow" in solve_weighted([[1e-200], [0.0]], [[0.0]]).reason
    plan = solve_weighted(np.zeros((30, 1)), np.ones((20, 1)), max_memory=1000.0)
    assert "a coupling of 30 and 20 samples needs about" in plan.reason
    assert plan.coupling is None
    assert np.isnan(plan.cost)
    uncertified = solve_weighted(np.eye(3)[:2], np.eye(3) + 0.1, gap_tolerance=1e-300)
    assert uncertified.optimal or "could not be certified" in uncertified.reason


def test_clouds_of_different_spaces_raise():
    with pytest.raises(DataError, match="target: expected the 2 features of source, found 3"):
        solve_weighted(np.zeros((3, 2)), np.zeros((3, 3)))
    with pytest.raises(DataError, match="target_weights: expected one weight for each sample"):
        solve_weighted(np.zeros((3, 2)), np.zeros((4, 2)), None, [1.0, 1.0, 1.0])
