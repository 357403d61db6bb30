from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from geodl.transport import tie_flow
from geodl.transport.tie_flow import FlowCells, cheapest_flow, fewest_kept, most_kept


def random_cells(rng, n_left, n_right, density, largest):
    """Cells with a random flow on some of them, and random own counts within the groups' sizes."""
    rows, columns = np.nonzero(rng.random((n_left, n_right)) < density)
    flow = rng.integers(largest + 1, size=len(rows)) * (rng.random(len(rows)) < 0.6)
    supply = np.bincount(rows, flow, minlength=n_left).astype(np.int64)[rows]
    own = rng.integers(largest + 1, size=len(rows)) * (rng.random(len(rows)) < 0.5)
    return FlowCells(rows, columns, flow.astype(np.int64), np.minimum(own, supply).astype(np.int64), supply)


def least_excess(cells, reach):
    """The least Σ max(0, f - reach) of SciPy's linear program, with the excess as variables of their own."""
    e = len(cells.rows)
    sums = np.concatenate([
        cells.rows[None] == np.unique(cells.rows)[:, None],
        cells.columns[None] == np.unique(cells.columns)[:, None],
    ]).astype(float)
    result = linprog(
        np.repeat([0.0, 1.0], e),
        A_ub=np.hstack([np.eye(e), -np.eye(e)]),
        b_ub=reach,
        A_eq=np.hstack([sums, np.zeros_like(sums)]),
        b_eq=sums @ cells.flow,
    )
    return result.fun


@pytest.mark.parametrize("seed", range(150))
def test_the_excess_is_that_of_a_linear_program(seed):
    rng = np.random.default_rng(seed)
    n_left, n_right = rng.integers(1, 9, size=2)
    cells = random_cells(rng, n_left, n_right, rng.uniform(0.2, 1.0), int(rng.integers(1, 7)))
    if len(cells.rows) == 0:
        return
    for reach in (cells.own, cells.supply - cells.own):
        flow = cheapest_flow(cells, reach)
        assert np.maximum(flow - reach, 0).sum() == pytest.approx(least_excess(cells, reach), abs=1e-7)
        for ends in (cells.rows, cells.columns):
            assert np.array_equal(np.bincount(ends, flow), np.bincount(ends, cells.flow))
        assert flow.min() >= 0


def test_what_exceeds_the_reach_is_what_is_lost_or_kept():
    cells = random_cells(np.random.default_rng(0), 6, 6, 0.8, 9)
    flow = cheapest_flow(cells, cells.own)
    assert most_kept(flow, cells) == flow.sum() - np.maximum(flow - cells.own, 0).sum()
    flow = cheapest_flow(cells, cells.supply - cells.own)
    assert fewest_kept(flow, cells) == np.maximum(flow - (cells.supply - cells.own), 0).sum()


@pytest.mark.parametrize("seed", range(10))
def test_sparse_cells_where_units_must_make_way_for_each_other_take_several_rounds(monkeypatch, seed):
    rounds = []
    largest_flow = tie_flow._largest_flow
    monkeypatch.setattr(tie_flow, "_largest_flow", lambda *args: rounds.append(1) or largest_flow(*args))
    cells = random_cells(np.random.default_rng(seed), 50, 50, 0.05, 2)
    flow = cheapest_flow(cells, cells.own)
    assert np.maximum(flow - cells.own, 0).sum() == pytest.approx(least_excess(cells, cells.own), abs=1e-7)
    assert 2 <= len(rounds) <= 1 + np.sqrt(2 * flow.sum())
