from __future__ import annotations

import numpy as np

from geodl.transport.candidates import Candidates, greedy_matching


def test_new_arcs_join_and_known_ones_do_not():
    candidates = Candidates(2, 4)
    candidates.set(np.array([[0, 1], [1, 2]], np.int32), np.array([[1.0, 2.0], [3.0, 4.0]]))
    added = candidates.add(
        *(np.array([[1, 3], [0, 9]], np.int32), np.array([[2.0, 5.0], [6.0, 0.0]])),
        *(np.array([2, 1], np.int32), np.zeros(4)),
    )
    assert added == 2
    assert candidates.counts.tolist() == [3, 3]
    assert candidates.columns[0, :3].tolist() == [0, 1, 3]
    assert candidates.columns[1, :3].tolist() == [1, 2, 0]
    assert candidates.costs[1, 2] == 6.0


def test_a_full_row_gives_up_its_arc_of_largest_reduced_cost():
    candidates = Candidates(1, 3)
    candidates.set(np.array([[0, 1, 2]], np.int32), np.array([[1.0, 2.0, 3.0]]))
    v = np.array([-9.0, 0.0, 0.0, 0.0])
    candidates.add(np.array([[3]], np.int32), np.array([[2.5]]), np.array([1], np.int32), v)
    assert candidates.columns.tolist() == [[3, 1, 2]]
    assert candidates.costs.tolist() == [[2.5, 2.0, 3.0]]


def test_greedy_matching_takes_the_best_free_arcs():
    columns = np.array([[0, 1], [0, 1], [1, 0]], np.int32)
    match, owner = np.full(3, -1, np.int32), np.full(4, -1, np.int32)
    greedy_matching(np.array([2, 0, 4, 1, 3, 5]), columns, match, owner)
    assert match.tolist() == [-1, 0, 1]
    assert owner.tolist() == [1, 2, -1, -1]
