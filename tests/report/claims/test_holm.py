"""Holm's correction against the textbook and against its own properties."""

from __future__ import annotations

import math

import numpy as np
import pytest

from geodl.report.claims.holm import holm


def slow(p):
    # By the definition: reject step by step at every level, and note the level at which each falls.
    levels = np.linspace(0, 1, 20001)
    first = np.full(len(p), 1.0)
    order = np.argsort(p, kind="stable")
    for level in levels[::-1]:
        for rank, index in enumerate(order):
            if p[index] > level / (len(p) - rank):
                break
            first[index] = level
    return first


@pytest.mark.parametrize("seed", range(5))
def test_it_agrees_with_the_step_down_procedure(seed):
    p = np.random.default_rng(seed).uniform(size=7) ** 3
    assert holm(p) == pytest.approx(slow(p), abs=2e-4)


@pytest.mark.parametrize("seed", range(5))
def test_it_keeps_the_order_lowers_nothing_and_is_below_bonferroni(seed):
    p = np.random.default_rng(seed).uniform(size=12) ** 4
    found = np.array(holm(p))
    assert (np.diff(found[np.argsort(p)]) >= 0).all()
    assert (found >= p).all()
    assert (found <= np.minimum(1, p * 12) + 1e-15).all()


def test_it_follows_a_permutation():
    p = np.random.default_rng(1).uniform(size=9)
    shuffled = np.random.default_rng(2).permutation(9)
    assert np.array(holm(p[shuffled])).tolist() == np.array(holm(p))[shuffled].tolist()


def test_what_was_not_tested_is_no_test():
    with_nan = holm([0.01, math.nan, 0.04])
    assert with_nan[0] == 0.02
    assert math.isnan(with_nan[1])
    assert holm([]) == []
