from __future__ import annotations

import time

import numpy as np
import pytest

from geodl.transport import tie_groups as tie_groups_module
from geodl.transport.tie_groups import row_groups, tie_groups


def loop_groups(cloud):
    numbers = {}
    return [numbers.setdefault(tuple(row), len(numbers)) for row in cloud.tolist()]  # -0.0 == 0.0 in Python too


@pytest.mark.parametrize("seed", range(20))
def test_groups_are_those_of_a_loop_over_values(seed):
    rng = np.random.default_rng(seed)
    cloud = rng.integers(-1, 2, size=(rng.integers(1, 40), rng.integers(1, 4))) * rng.choice([1.0, 0.1, -0.0])
    groups = row_groups(cloud)
    assert groups.group.tolist() == loop_groups(cloud)
    assert np.array_equal(cloud[groups.first][groups.group], cloud)
    assert np.array_equal(groups.group[groups.first], np.arange(len(groups.first)))
    assert np.array_equal(groups.count, np.bincount(groups.group))
    assert groups.distinct == (len(set(groups.group.tolist())) == len(cloud))


def test_distinct_rows_are_their_own_groups_across_blocks():
    cloud = np.random.default_rng(0).normal(size=(3000, 2))
    groups = tie_groups(cloud, cloud[::-1])
    assert groups.distinct
    assert np.array_equal(groups.source.group, np.arange(3000))
    assert np.array_equal(groups.target.first, np.arange(3000))
    cloud[2999] = cloud[0]
    assert not tie_groups(cloud, cloud).distinct
    assert row_groups(cloud).group[2999] == 0


def test_the_last_bit_makes_a_difference_and_memory_layout_none():
    cloud = np.ones((4, 3))
    cloud[2, 1] = np.nextafter(1.0, 2.0)
    assert row_groups(cloud).group.tolist() == [0, 0, 1, 0]
    assert row_groups(np.asfortranarray(cloud)).group.tolist() == [0, 0, 1, 0]
    assert row_groups(np.repeat(cloud, 2, axis=0)[::2]).group.tolist() == [0, 0, 1, 0]


def test_a_digest_that_two_values_share_is_noticed(monkeypatch):
    class Same:
        def __init__(self, data, digest_size):
            pass

        def digest(self):
            return b""

    monkeypatch.setattr(tie_groups_module.hashlib, "blake2b", Same)
    with pytest.raises(AssertionError, match="digest"):
        row_groups(np.array([[1.0], [2.0], [2.0]]))


def test_ten_thousand_wide_rows_take_less_than_seconds():
    cloud = np.zeros((10_000, 256))
    cloud[:, 255] = np.arange(10_000) // 2
    started = time.perf_counter()
    assert len(row_groups(cloud).first) == 5000
    assert time.perf_counter() - started < 5.0
