"""Label noise: how many labels change, to what, and that larger shares contain smaller ones."""

from __future__ import annotations

import numpy as np
import pytest

from geodl.data.label_noise import redraw_labels

CLEAN = np.arange(20_000) % 5


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_share_of_wrong_labels_is_the_share_redrawn_less_the_lucky_ones(share):
    noisy = redraw_labels(CLEAN, 5, share, noise_seed=0)
    # n·share draws, each wrong with probability 4/5: five standard deviations
    tolerance = 5 * np.sqrt(share * 0.8 * 0.2 / len(CLEAN))
    assert abs(np.mean(noisy != CLEAN) - 0.8 * share) <= tolerance


def test_random_labels_are_uniform_and_know_nothing_of_the_true_ones():
    noisy = redraw_labels(CLEAN, 5, 1.0, noise_seed=0)
    table = np.zeros((5, 5))
    np.add.at(table, (CLEAN, noisy), 1)
    assert np.abs(table / 4000 - 0.2).max() < 5 * np.sqrt(0.2 * 0.8 / 4000)


def test_larger_shares_contain_smaller_ones():
    small, large = (redraw_labels(CLEAN, 5, share, noise_seed=3) for share in (0.2, 0.6))
    changed = small != CLEAN
    assert np.array_equal(large[changed], small[changed])


def test_seed_changes_the_noise_and_input_is_kept():
    before = CLEAN.copy()
    first, again, other = (redraw_labels(CLEAN, 5, 0.5, noise_seed=seed) for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.array_equal(CLEAN, before)
