from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from geodl.transport.certificate import certify
from geodl.transport.potentials import c_transform, tighten_potentials


def random_cost(seed, n=6):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(n, 2)), rng.normal(size=(n, 2))
    return ((x[:, None] - y[None]) ** 2).sum(-1)


@pytest.mark.parametrize("seed", range(10))
def test_no_potentials_certify_more_than_the_best_permutation(seed):
    cost = random_cost(seed, n=5)
    best = min(np.mean([cost[i, p[i]] for i in range(5)]) for p in permutations(range(5)))
    rng = np.random.default_rng(seed)
    for _ in range(20):
        certificate = certify(cost, np.arange(5), rng.normal(size=5), rng.normal(size=5))
        assert 0.0 <= certificate.dual <= best * (1 + 1e-12)
        assert certificate.slack <= 0.0
        assert 0.0 <= certificate.gap <= 1.0


@pytest.mark.parametrize("seed", range(10))
def test_tightened_potentials_prove_exactly_the_best_permutation(seed):
    cost = random_cost(seed, n=5)
    orders = list(permutations(range(5)))
    totals = [sum(cost[i, p[i]] for i in range(5)) for p in orders]
    for order, total in zip(orders, totals, strict=True):
        permutation = np.array(order)
        u, v = tighten_potentials(cost, permutation, np.zeros(5))
        gap = certify(cost, permutation, u, v).gap
        if total <= min(totals) * (1 + 1e-12):
            assert gap < 1e-12
        else:
            assert gap >= (1 - min(totals) / total) * (1 - 1e-9)


def test_potentials_are_feasible_for_every_start():
    cost = random_cost(0, n=90)
    rng = np.random.default_rng(0)
    u, v = tighten_potentials(cost, rng.permutation(90), rng.normal(size=90), sweeps=3)
    assert (cost - u[:, None] - v).min() >= -1e-13


def test_infeasible_potentials_are_charged_for_their_violation():
    cost = np.array([[1.0, 4.0], [4.0, 1.0]])
    certificate = certify(cost, np.array([0, 1]), np.array([1.5, 1.5]), np.zeros(2))
    assert certificate.slack == pytest.approx(-0.5 / 4.0)
    assert certificate.dual == pytest.approx(1.0)  # 1.5 lowered by the violation of 0.5


def test_a_free_plan_needs_no_proof():
    certificate = certify(np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([0, 1]), np.array([-5.0, 3.0]), np.zeros(2))
    assert (certificate.primal, certificate.gap) == (0.0, 0.0)


def test_shifting_both_potentials_oppositely_changes_nothing():
    cost = random_cost(1)
    u = c_transform(cost, np.zeros(6))
    plain = certify(cost, np.arange(6), u, np.zeros(6))
    moved = certify(cost, np.arange(6), u + 8.0, np.full(6, -8.0))
    assert moved.gap == pytest.approx(plain.gap, abs=1e-12)
