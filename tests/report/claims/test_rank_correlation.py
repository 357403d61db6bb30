"""Rank correlations against SciPy and against the formula of three correlations."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from geodl.report.claims.rank_correlation import partial_rank_correlation, rank_correlation, rank_step


def test_it_is_spearmans_with_ties():
    x, y = [1.0, 2.0, 2.0, 5.0, 4.0], [3.0, 1.0, 1.0, 0.0, 2.0]
    assert rank_correlation(x, y) == pytest.approx(stats.spearmanr(x, y).statistic)


def test_it_is_nan_for_too_little():
    assert math.isnan(rank_correlation([1.0, 2.0, math.nan], [1.0, 2.0, 3.0]))
    assert math.isnan(rank_correlation([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]))


@pytest.mark.parametrize("seed", range(5))
def test_the_partial_one_follows_from_three_plain_ones(seed):
    x, y, z = np.random.default_rng(seed).normal(size=(3, 9)).round(1)
    xy, xz, yz = (stats.spearmanr(*pair).statistic for pair in ((x, y), (x, z), (y, z)))
    by_formula = (xy - xz * yz) / math.sqrt((1 - xz**2) * (1 - yz**2))
    assert partial_rank_correlation(x, y, z) == pytest.approx(by_formula)


def test_what_the_covariate_makes_alone_vanishes():
    generator = np.random.default_rng(0)
    z = generator.normal(size=2000)
    x, y = (z + generator.normal(size=2000) for _ in range(2))
    assert rank_correlation(x, y) > 0.4
    assert abs(partial_rank_correlation(x, y, z)) < 0.05


def test_nothing_is_left_of_a_copy_of_the_covariate():
    z = [1.0, 4.0, 2.0, 3.0]
    assert math.isnan(partial_rank_correlation(z, [2.0, 1.0, 3.0, 4.0], z))


def test_the_step_is_the_least_change_that_a_swap_makes():
    for n in (3, 4, 6):
        straight = np.arange(n, dtype=float)
        swapped = straight.copy()
        swapped[:2] = swapped[1::-1]
        assert rank_step(n) == pytest.approx(1 - stats.spearmanr(straight, swapped).statistic)
