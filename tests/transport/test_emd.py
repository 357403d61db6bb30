from __future__ import annotations

import numpy as np
import pytest

from geodl.transport.emd import network_simplex


def test_it_finds_the_permutation_with_its_potentials():
    cost = np.array([[9.0, 1.0, 9.0], [9.0, 9.0, 2.0], [3.0, 9.0, 9.0]])
    outcome = network_simplex(cost, 1000)
    assert outcome.permutation.tolist() == [1, 2, 0]
    assert outcome.u.sum() + outcome.v.sum() == pytest.approx(6.0)
    assert not outcome.reason


def test_the_iteration_limit_leaves_a_reason_and_no_numbers():
    cost = np.random.default_rng(0).uniform(size=(40, 40))
    outcome = network_simplex(cost, 2)
    assert "limit of 2 iterations" in outcome.reason
    assert outcome.iteration_limit
    assert len(outcome.permutation) == len(outcome.u) == len(outcome.v) == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_cost_that_would_crash_the_solver_never_reaches_it(bad):
    with pytest.raises(AssertionError, match="finite"):
        network_simplex(np.full((3, 3), bad), 1000)


@pytest.mark.parametrize(
    ("plan", "log", "words"),
    [
        (np.full((2, 2), 0.5), {}, "fractional"),
        (np.array([[1.0, 0.0], [1.0, 0.0]]), {}, "marginals"),
        (np.eye(2), {"result_code": 0, "warning": "Problem infeasible"}, "result code 0: Problem infeasible"),
        (np.eye(2), {"warning": "unexpected"}, "unexpected"),
        (np.eye(2), {"u": np.array([np.nan, 0.0])}, "potentials"),
    ],
)
def test_a_wrong_answer_of_the_solver_is_refused(monkeypatch, plan, log, words):
    answer = {"result_code": 1, "warning": None, "u": np.zeros(2), "v": np.zeros(2), **log}
    monkeypatch.setattr("ot.emd", lambda *args, **kwargs: (plan, answer))
    outcome = network_simplex(np.ones((2, 2)), 10)
    assert words in outcome.reason
    assert len(outcome.permutation) == 0
