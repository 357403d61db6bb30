"""Each setting is compared at the learning rate that trains it best."""

from __future__ import annotations

import itertools
import math
import random

from geodl.report.aggregate import aggregate
from geodl.report.claims import find_verdicts
from geodl.report.learning_rate import choose_learning_rates
from tests.report.claims.synthetic import At, make_run


def runs_of(loss, rates=(0.01, 0.1, 1.0), seeds=(0, 1, 2), families=("plain", "resnet")):
    return [
        make_run(
            At(family, 4, 0.0, seed),
            {"train/loss": loss(family, rate, seed), "geometry/lss": rate + 0.01 * seed},
            **{"optimizer.lr": rate},
        )
        for family, rate, seed in itertools.product(families, rates, seeds)
    ]


def loss(family, rate, seed):
    return abs(math.log10(rate) + (1 if family == "plain" else 0)) + 0.01 * seed


def test_the_least_mean_loss_chooses_and_an_edge_is_told():
    found = choose_learning_rates(runs_of(loss))
    assert [(c.setting[0], c.chosen, c.remark) for c in found.choices] == [
        ("plain", 0.1, ""),
        ("resnet", 1.0, "at the upper edge of the grid"),
    ]
    assert found.was_tuned
    assert len(found.runs) == 6
    table = found.table()
    assert table.rows[1][-5:] == ("0.01, 0.1, 1", "1", "0.01", "3", "at the upper edge of the grid")
    assert len(table.headers) == len(table.rows[0])


def test_it_agrees_with_a_slow_search_and_not_with_the_order_of_runs():
    noisy = lambda family, rate, seed: random.Random(f"{family}{rate}{seed}").random()  # noqa: E731
    runs = runs_of(noisy, rates=(0.01, 0.02, 0.05, 0.1))
    expected = {
        family: min(
            (sum(noisy(family, rate, seed) for seed in range(3)) / 3, rate) for rate in (0.01, 0.02, 0.05, 0.1)
        )[1]
        for family in ("plain", "resnet")
    }
    found = choose_learning_rates(runs)
    assert {c.setting[0]: c.chosen for c in found.choices} == expected
    random.Random(1).shuffle(runs)
    again = choose_learning_rates(runs)
    assert again.choices == found.choices
    assert {run.folder for run in again.runs} == {run.folder for run in found.runs}


def test_a_rate_that_loses_a_seed_is_not_chosen_for_the_seeds_that_it_kept():
    found = choose_learning_rates(
        runs_of(lambda family, rate, seed: math.nan if (rate, seed) == (1.0, 2) else 1 - rate / 2)
    )
    assert {c.chosen for c in found.choices} == {0.1}


def test_where_nothing_varies_nothing_is_chosen():
    runs = runs_of(loss, rates=(0.1,))
    found = choose_learning_rates(runs)
    assert (found.runs, found.choices, found.was_tuned) == (tuple(runs), (), False)
    by_family = [run for run in runs_of(loss) if (run.settings["optimizer.lr"] == 0.1) == ("plain_" in str(run.folder))]
    assert choose_learning_rates([r for r in by_family if r.settings["optimizer.lr"] != 0.01]).choices == ()


def test_families_pair_though_their_rates_differ():
    found = choose_learning_rates(runs_of(loss))
    (verdict,) = (v for v in find_verdicts(aggregate(found.runs), tuned=found.was_tuned) if v.claim == "C3")
    assert verdict.n_runs == 6
    assert verdict.effect > 0.8  # 1.0 of the ResNets against 0.1 of the plain networks
    assert not any("Learning rate" in v.text for v in find_verdicts(aggregate(found.runs), tuned=True))


def test_a_setting_with_one_rate_is_told_and_the_caveat_stays():
    runs = [r for r in runs_of(loss) if r.settings["network.family"] == "plain" or r.settings["optimizer.lr"] == 0.1]
    found = choose_learning_rates(runs)
    assert [c.remark for c in found.choices] == ["", "the only one tried"]
    assert not found.was_tuned
