from __future__ import annotations

import threading

import numpy as np
import pytest

from geodl.transport import many as many_module
from geodl.transport import solve_transport
from geodl.transport.many import solve_many
from tests.transport.clouds_of_kinds import clouds


def pairs(count=5, n=60):
    return [lambda seed=seed: clouds("random", n, 3, seed) for seed in range(count)]


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_plans_are_those_of_one_problem_after_the_other(monkeypatch, threads):
    monkeypatch.setattr(many_module, "n_threads", lambda: threads)
    for pair, plan in zip(pairs(), solve_many(pairs(), n_samples=60), strict=True):
        alone = solve_transport(*pair())
        assert np.array_equal(plan.permutation, alone.permutation)
        assert np.array_equal(plan.potentials, alone.potentials)


@pytest.mark.parametrize(("matrices", "expected"), [(0.5, 1), (3.1, 2), (100.0, 3)])
def test_no_more_problems_are_in_memory_than_fit(monkeypatch, matrices, expected):
    monkeypatch.setattr(many_module, "n_threads", lambda: 3)
    inside, most, lock = 0, 0, threading.Lock()
    full = threading.Barrier(expected)

    def solve(x, y, method, **options):
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        full.wait(timeout=30)  # as many as are expected get here together, or this fails
        with lock:
            inside -= 1

    monkeypatch.setattr(many_module, "solve_transport", solve)
    solve_many(pairs(6), n_samples=60, max_memory=matrices * 8 * 60**2)
    assert most == expected


def test_a_failed_problem_leaves_the_others_alone():
    bad = (np.full((60, 3), np.nan), np.zeros((60, 3)))
    plans = solve_many([*pairs(2), lambda: bad], n_samples=60)
    assert [plan.status for plan in plans] == ["optimal", "optimal", "failed"]
    assert "NaN" in plans[2].reason
