from __future__ import annotations

import numpy as np
import pytest

from geodl.transport import tiles as tiles_module
from geodl.transport.tiles import CostTiles
from tests.transport.clouds_of_kinds import KINDS, clouds
from tests.transport.references import loop_cost


def matrix_of(tiles):
    result = np.full(tiles.shape, np.nan)

    def visit(block, start):
        result[start : start + len(block)] = block

    tiles.sweep(visit)
    return result


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stored", [True, False])
def test_every_entry_is_right_by_itself(kind, stored):
    x, y = clouds(kind, 23, 4, seed=1)
    found, expected = matrix_of(CostTiles(x, y, stored=stored)), loop_cost(x, y)
    assert found == pytest.approx(expected, rel=1e-12, abs=0.0)
    assert (found[expected == 0.0] == 0.0).all()


def test_clouds_of_unequal_sizes_have_no_diagonal():
    x, y = clouds("random", 9, 3, seed=0)
    assert matrix_of(CostTiles(x, y[:4], stored=False)) == pytest.approx(loop_cost(x, y[:4]), rel=1e-12)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_neither_storage_nor_threads_nor_a_second_pass_change_a_bit(monkeypatch, threads):
    monkeypatch.setattr(tiles_module, "_SMALL", 0)
    monkeypatch.setattr(tiles_module, "BLOCK_BYTES", 8 * 50 * 7)  # blocks of seven rows
    x, y = clouds("classes", 50, 20, seed=2)
    expected = matrix_of(CostTiles(x, y, stored=False, threads=1))
    for stored in (True, False):
        tiles = CostTiles(x, y, stored=stored, threads=threads)
        assert np.array_equal(matrix_of(tiles), expected)
        assert np.array_equal(matrix_of(tiles), expected)


def test_single_entries_are_those_of_the_matrix():
    x, y = clouds("far", 30, 5, seed=3)
    rows = np.arange(30)
    tiles = CostTiles(x, y, stored=False)
    assert tiles.entries(rows, rows) == pytest.approx(np.diagonal(matrix_of(tiles)), rel=1e-14)


def test_an_error_in_a_pass_is_not_lost(monkeypatch):
    monkeypatch.setattr(tiles_module, "_SMALL", 0)

    def fail(block, start):
        raise RuntimeError("in a thread")

    with pytest.raises(RuntimeError, match="in a thread"):
        CostTiles(np.eye(4), np.eye(4), stored=True, threads=2).sweep(fail)
