"""Balanced draws and stratified splits, class by class."""

from __future__ import annotations

import numpy as np
import pytest

from geodl.data.balance import balanced_indices, stratified_split
from geodl.errors import ConfigError

LABELS = np.random.default_rng(0).permutation(np.repeat(np.arange(4), [30, 25, 40, 20]))


@pytest.mark.parametrize("n", [4, 11, 78, 80])
def test_class_sizes_differ_by_at_most_one(n):
    chosen = balanced_indices(LABELS, n, 4, np.random.default_rng(1), key="n")
    counts = np.bincount(LABELS[chosen], minlength=4)
    assert counts.sum() == n
    assert np.ptp(counts) <= 1
    assert np.array_equal(chosen, np.unique(chosen))


def test_the_remainder_goes_to_random_classes():
    favoured = {
        int(np.argmax(np.bincount(LABELS[balanced_indices(LABELS, 5, 4, np.random.default_rng(s), key="n")])))
        for s in range(40)
    }
    assert favoured == {0, 1, 2, 3}


def test_larger_draws_contain_smaller_ones():
    small, large = (set(balanced_indices(LABELS, n, 4, np.random.default_rng(2), key="n")) for n in (20, 60))
    assert small < large


@pytest.mark.parametrize(("n", "fix"), [(7, "raise"), (81, "lower")])
def test_a_draw_that_cannot_be_balanced_is_refused(n, fix):
    with pytest.raises(
        ConfigError,
        match=rf"track\.n_samples: expected an integer in 8\.\.80 \(from 2 to 20 .*class 3 is the smallest\), "
        rf"found {n}; {fix} track\.n_samples",
    ):
        balanced_indices(LABELS, n, 4, np.random.default_rng(0), key="track.n_samples", least_per_class=2)


@pytest.mark.parametrize("fraction", [0.01, 0.2, 0.5, 0.99])
def test_splits_are_disjoint_complete_and_stratified(fraction):
    train, test = stratified_split(LABELS, fraction, np.random.default_rng(0))
    assert np.array_equal(np.sort(np.concatenate([train, test])), np.arange(len(LABELS)))
    for k in range(4):
        size = int((k == LABELS).sum())
        assert int((LABELS[test] == k).sum()) == min(max(round(size * fraction), 1), size - 1)
