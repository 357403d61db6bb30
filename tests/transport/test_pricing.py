from __future__ import annotations

import numpy as np
import pytest

from geodl.transport.pricing import count_tight, least_of_rows, list_tight, nearest_columns, price_rows

N, M = 40, 300


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    return rng.uniform(size=(N, M)), rng.normal(size=N), rng.normal(size=M)


@pytest.mark.parametrize("k", [1, 5, 64, M])
def test_nearest_columns_are_those_of_a_sort(problem, k):
    cost, _, v = problem
    columns, costs = np.empty((N, k), np.int32), np.empty((N, k))
    for start in range(0, N, 7):
        nearest_columns(cost[start : start + 7], start, v, columns, costs)
    assert np.array_equal(columns, np.argsort(cost - v, axis=1, kind="stable")[:, :k])
    assert np.array_equal(costs, np.take_along_axis(cost, columns.astype(int), 1))


def test_least_of_rows_is_the_c_transform(problem):
    cost, _, v = problem
    result = np.empty(N)
    least_of_rows(cost, 0, v, result)
    assert np.array_equal(result, (cost - v).min(axis=1))


@pytest.mark.parametrize("level", [-0.5, -2.5, -6.0])
def test_pricing_finds_what_a_full_matrix_shows(problem, level):
    cost, u, v = problem
    u = u + level
    match = np.argsort(np.random.default_rng(1).uniform(size=M))[:N].astype(np.int32)
    reduced = cost - u[:, None] - v
    size = cost + np.abs(u)[:, None] + np.abs(v)
    noise, tie, k, room = 1e-3, 0.1, 6, 4
    violated, costs, counts = np.zeros((N, k), np.int32), np.zeros((N, k)), np.zeros(N, np.int32)
    n_tight, tight = np.zeros(N, np.int64), np.zeros((N, room), np.int32)
    lowest, largest = np.zeros(N), np.zeros(N)
    for start in range(0, N, 13):
        price_rows(
            *(cost[start : start + 13], start, u, v, match, noise, tie),
            *(violated, costs, counts, n_tight, tight, lowest, largest),
        )
    own = np.zeros((N, M), bool)
    own[np.arange(N), match] = True
    bad = (reduced < -noise * size) & ~own
    near = (reduced <= tie * size) & ~own
    assert np.array_equal(counts, np.minimum(bad.sum(axis=1), k))
    assert np.array_equal(n_tight, near.sum(axis=1))
    assert lowest == pytest.approx(np.where(own, np.inf, reduced).min(axis=1), abs=1e-14)
    assert np.array_equal(largest, cost.max(axis=1))
    for i in range(N):
        order = np.argsort(np.where(bad[i], reduced[i], np.inf), kind="stable")
        assert np.array_equal(violated[i, : counts[i]], order[: counts[i]])
        assert np.array_equal(costs[i, : counts[i]], cost[i, violated[i, : counts[i]]])
        listed = min(n_tight[i], room)
        assert np.array_equal(tight[i, :listed], np.flatnonzero(near[i])[:listed])


def test_tight_arcs_are_listed_for_the_rows_and_columns_asked_for(problem):
    cost, u, v = problem
    row_asked, column_asked = np.arange(N) % 3 == 0, np.arange(M) % 2 == 0
    counts = np.zeros(N, np.int64)
    which = (u, v, 0.5, row_asked, column_asked)
    count_tight(cost[:20], 0, *which, counts)
    count_tight(cost[20:], 20, *which, counts)
    size = cost + np.abs(u)[:, None] + np.abs(v)
    expected = (cost - u[:, None] - v <= 0.5 * size) & row_asked[:, None] & column_asked
    assert np.array_equal(counts, expected.sum(axis=1))
    columns = np.empty(counts.sum(), np.int64)
    list_tight(cost, 0, *which, np.concatenate([[0], np.cumsum(counts)[:-1]]), columns)
    assert np.array_equal(columns, np.nonzero(expected)[1])
