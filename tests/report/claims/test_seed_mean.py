"""The mean over seeds: SciPy's t-test and bootstrap as oracles."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from geodl.report.claims.seed_mean import seed_mean


@pytest.mark.parametrize("n", [2, 3, 5, 9])
def test_the_test_is_the_paired_t_test(n):
    generator = np.random.default_rng(n)
    a, b = generator.normal(size=n), generator.normal(size=n) + 0.5
    found = seed_mean(b - a)
    assert found.p == pytest.approx(stats.ttest_rel(b, a).pvalue)
    assert found.effect == pytest.approx((b - a).mean())


def test_the_interval_is_the_percentile_bootstraps():
    values = np.random.default_rng(3).normal(size=7)
    found = seed_mean(values)
    oracle = stats.bootstrap(
        (values,), np.mean, n_resamples=200_000, method="percentile", batch=50_000, rng=1
    ).confidence_interval
    assert (found.low, found.high) == pytest.approx((oracle.low, oracle.high), abs=0.03)


def test_pinned_values():
    found = seed_mean([0.1, 0.4, 0.2, 0.3, 0.35])
    assert (found.effect, found.p) == pytest.approx((0.27, 0.00741787), rel=1e-4)
    assert (found.low, found.high) == pytest.approx((0.17, 0.36), abs=0.011)


def test_turning_the_sign_turns_the_interval():
    values = np.random.default_rng(0).normal(size=5) + 1
    there, back = seed_mean(values), seed_mean(-values)
    assert (back.low, back.high, back.p) == pytest.approx((-there.high, -there.low, there.p))


def test_a_count_that_agrees_in_all_seeds_is_known_to_its_resolution():
    assert math.isnan(seed_mean([1.0] * 5).p)
    assert math.isnan(seed_mean([0.1 + 0.2] * 5).p)
    by_hand = 2 * stats.t.sf(1.0 * math.sqrt(5) / 0.005, 4)
    assert seed_mean([1.0] * 5, 0.005).p == pytest.approx(by_hand)
    assert seed_mean([0.005, 0.0, 0.0], 0.005).p > 0.05


def test_too_few_seeds_have_no_interval_and_no_p():
    one, none = seed_mean([1.5]), seed_mean([])
    assert (one.effect, one.n_seeds) == (1.5, 1)
    assert all(map(math.isnan, (one.low, one.high, one.p, none.effect, none.p)))


def test_the_interval_of_five_seeds_holds_the_mean_in_84_of_100_cases():
    generator = np.random.default_rng(0)
    found = [seed_mean(generator.normal(size=5)) for _ in range(600)]
    assert 0.79 < sum(mean.low <= 0 <= mean.high for mean in found) / 600 < 0.88
    assert 0.03 < sum(mean.p < 0.05 for mean in found) / 600 < 0.07
