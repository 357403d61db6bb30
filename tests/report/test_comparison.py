"""Differences between settings, and what a few seeds allow to say of them."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from geodl.report.aggregate import interval
from geodl.report.comparison import difference, paired_difference, rank_correlation
from geodl.report.phrases import judge

A, B = [1.0, 1.4, 0.9, 1.2], [2.0, 2.9, 2.2, 2.4]


def test_the_interval_is_welchs():
    found = difference(interval(A), interval(B))
    reference = stats.ttest_ind(B, A, equal_var=False).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((reference.low, reference.high))


def test_the_paired_interval_is_students_on_differences():
    found = paired_difference(A, B)
    reference = stats.ttest_rel(B, A).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((reference.low, reference.high))


def test_seeds_that_agree_to_the_last_bit_are_no_certainty():
    found = difference(interval([0.0, 0.0]), interval([1.0, 1.0]))
    assert found.value == 1.0
    assert not found.has_interval
    assert not found.clear
    assert judge([found], 1) == "leans for"
    assert not paired_difference([1.0, 1.0], [2.0, 2.0]).clear


def test_a_difference_within_the_resolution_is_none():
    one_sample_of_sixty = difference(interval([1 / 60, 1 / 60]), interval([0.0, 0.0]), 2 / 60)
    assert one_sample_of_sixty.sign == 0
    assert judge([one_sample_of_sixty], 1) == "open"
    assert difference(interval([0.9, 0.91]), interval([0.1, 0.11]), 2 / 60).clear


def test_one_seed_has_no_interval():
    assert math.isnan(difference(interval([1.0]), interval([2.0, 3.0])).low)


def test_rank_correlation_is_spearmans():
    x, y = [1.0, 5.0, 2.0, 2.0, 7.0], [3.0, 1.0, 4.0, 4.0, 0.0]
    assert rank_correlation(x, y) == pytest.approx(stats.spearmanr(x, y).statistic)
