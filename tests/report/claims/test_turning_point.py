"""Curves over weight decays, whose turning point is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from geodl.report.claims.turning_point import best_on_others, turning_point

CURVE = np.array([3.0, 2.0, 1.2, 1.9])


def noisy(curve, spread=0.05, n=5, seed=0):
    return curve + np.random.default_rng(seed).normal(scale=spread, size=(n, len(curve)))


def test_a_minimum_inside_is_found_and_what_is_lost_after_it():
    point = turning_point(noisy(CURVE), lower_is_better=True)
    assert (point.index, point.inside, point.picked) == (2, True, 1.0)
    assert point.loss == pytest.approx(0.7, abs=0.1)
    assert 0 < point.loss_low < point.loss < point.loss_high


def test_a_score_that_should_be_high_is_the_mirror_image():
    low = turning_point(noisy(CURVE), lower_is_better=True)
    high = turning_point(-noisy(CURVE), lower_is_better=False)
    assert (high.index, high.loss, high.loss_low) == (low.index, low.loss, low.loss_low)
    assert high.best == -low.best


def test_a_slope_has_its_best_at_the_edge_and_loses_nothing():
    point = turning_point(noisy(CURVE[:3]), lower_is_better=True)
    assert (point.index, point.inside, point.loss) == (2, False, 0.0)


def test_two_decays_alike_are_picked_by_turns():
    point = turning_point(noisy(np.array([2.0, 1.0, 1.0]), spread=0.3), lower_is_better=True)
    assert 0.3 < point.picked < 1.0


def test_the_same_everywhere_is_flat():
    assert turning_point(np.ones((3, 4)), lower_is_better=False).flat
    assert turning_point(np.ones((3, 4)) * [1, 1, 0.997, 1], lower_is_better=False, resolution=0.005).flat
    assert not turning_point(np.ones((3, 4)) * [1, 1, 0.997, 1], lower_is_better=False).flat


def test_one_seed_has_a_best_and_no_interval():
    point = turning_point(CURVE[None], lower_is_better=True)
    assert point.index == 2
    assert math.isnan(point.picked)
    assert math.isnan(point.loss)


def test_choosing_on_the_other_seeds_does_not_flatter():
    generator = np.random.default_rng(0)
    crossed, naive = [], []
    for _ in range(400):
        cost = generator.normal(size=(5, 6))  # no decay is better than another
        chosen = best_on_others(cost)
        crossed.append(np.mean([cost[seed, chosen[seed]] for seed in range(5)]))
        naive.append(cost.mean(axis=0).min())
    assert np.mean(naive) < -0.4
    assert abs(np.mean(crossed)) < 0.06
