"""Settings that all seeds have, against a search over all subsets of seeds."""

from __future__ import annotations

import itertools
import random

import pytest

from geodl.report.claims.complete_block import complete_block


def test_a_full_grid_is_kept_whole():
    jobs = list(itertools.product([("a",), ("b",), ("c",)], [2, 0, 1]))
    block = complete_block(jobs)
    assert (block.seeds, block.settings, block.left_out) == ((0, 1, 2), (("a",), ("b",), ("c",)), ())


@pytest.mark.parametrize("seed", range(20))
def test_it_has_no_hole_and_loses_few_pairs(seed):
    generator = random.Random(seed)
    full = list(itertools.product([(k,) for k in range(4)], range(5)))
    jobs = {job for job in full if generator.random() < 0.85}
    block = complete_block(jobs)
    inside = set(itertools.product(block.settings, block.seeds))
    assert inside <= jobs
    assert inside | set(block.left_out) == jobs
    best = max(
        len(chosen) * sum(all((at, s) in jobs for s in chosen) for at in {at for at, _ in jobs})
        for k in range(1, 6)
        for chosen in itertools.combinations(range(5), k)
    )
    assert len(inside) >= 0.75 * best
    shuffled = list(jobs)
    generator.shuffle(shuffled)
    assert complete_block(shuffled) == block


def test_one_lost_run_costs_its_setting_or_its_seed_and_no_more():
    jobs = set(itertools.product([(k,) for k in range(3)], range(5))) - {((1,), 4)}
    block = complete_block(jobs)
    assert (block.seeds, block.settings) == ((0, 1, 2, 3), ((0,), (1,), (2,)))
    assert block.left_out == (((0,), 4), ((2,), 4))


def test_nothing_gives_nothing():
    assert complete_block([]).seeds == ()


def test_means_are_over_the_same_settings_in_every_seed():
    values = {(("a",), 0): 1.0, (("b",), 0): 3.0, (("a",), 1): 2.0, (("b",), 1): 4.0}
    assert complete_block(values).by_seed(values) == [2.0, 3.0]
