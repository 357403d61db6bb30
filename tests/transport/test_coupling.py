from __future__ import annotations

import numpy as np
import pytest

from geodl.transport.coupling import optimal_coupling


def random_problem(seed, n, m):
    rng = np.random.default_rng(seed)
    cost = ((rng.normal(size=(n, 1, 2)) - rng.normal(size=(1, m, 2))) ** 2).sum(-1)
    return cost, rng.dirichlet(np.ones(n)), rng.dirichlet(np.ones(m))


@pytest.mark.parametrize("seed", range(20))
def test_the_certificate_can_be_checked_by_anyone(seed):
    cost, a, b = random_problem(seed, 7, 4)
    found = optimal_coupling(cost, a, b, 10_000)
    np.testing.assert_allclose(np.bincount(found.rows, found.mass, minlength=7), a, atol=1e-14)
    np.testing.assert_allclose(np.bincount(found.columns, found.mass, minlength=4), b, atol=1e-14)
    assert (cost - found.u[:, None] - found.v).min() >= -1e-14
    assert a @ found.u + b @ found.v == pytest.approx(found.mass @ cost[found.rows, found.columns], rel=1e-12)
    assert 0.0 <= found.gap < 1e-12
    assert found.slack <= 0.0
    assert len(found.mass) <= 7 + 4 - 1  # a basic solution


def test_a_plan_that_is_not_the_best_has_a_gap(monkeypatch):
    answer = {"result_code": 1, "warning": None, "u": np.zeros(2), "v": np.zeros(2)}
    monkeypatch.setattr("ot.emd", lambda *args, **kwargs: (np.array([[0.0, 1.0], [1.0, 0.0]]), answer))
    found = optimal_coupling(np.array([[1.0, 4.0], [4.0, 1.0]]), np.full(2, 0.5), np.full(2, 0.5), 10)
    assert found.gap >= 0.75


def test_the_iteration_limit_is_tried_again_and_then_a_reason():
    reason = optimal_coupling(*random_problem(0, 60, 50), 2)
    assert reason == "the network simplex reached its limit of 20 iterations"


@pytest.mark.parametrize(
    ("plan", "log", "words"),
    [
        (np.array([[1.0, 0.0], [0.0, 0.9]]), {}, "marginals are off by 5.0e-02"),
        (np.array([[1.5, -0.5], [-0.5, 1.5]]), {}, "marginals"),
        (np.array([[np.nan, 0.0], [0.0, 1.0]]), {}, "not finite"),
        (np.eye(2), {"result_code": 0, "warning": "Problem infeasible"}, "result code 0: Problem infeasible"),
        (np.eye(2), {"u": np.array([np.nan, 0.0])}, "not finite"),
    ],
)
def test_a_wrong_answer_of_the_solver_is_refused(monkeypatch, plan, log, words):
    answer = {"result_code": 1, "warning": None, "u": np.zeros(2), "v": np.zeros(2), **log}
    monkeypatch.setattr("ot.emd", lambda *args, **kwargs: (plan, answer))
    assert words in optimal_coupling(np.ones((2, 2)), np.full(2, 0.5), np.full(2, 0.5), 10)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_cost_that_would_crash_the_solver_never_reaches_it(bad):
    with pytest.raises(AssertionError, match="finite"):
        optimal_coupling(np.full((2, 3), bad), np.full(2, 1 / 2), np.full(3, 1 / 3), 100)
