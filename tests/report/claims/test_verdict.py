"""Verdicts follow the numbers, whatever the order of the runs, and chance alone rarely makes one."""

from __future__ import annotations

import itertools
import math
import random

import numpy as np
import pytest
from scipy import stats

from geodl.report.aggregate import aggregate
from geodl.report.claims import find_verdicts, verdicts_frame
from tests.report.claims.synthetic import At, make_run, make_runs

KEYS = (
    "geometry/lss",
    "geometry/ots",
    "geometry/kinetic_straightness",
    "geometry/track_bound_share",
    "geometry/track_margin",
    "geometry/action",
    "geometry/weight_norm",
    "train/accuracy",
    "test/accuracy",
    "gap/accuracy",
)


def noise(seed):
    generator = np.random.default_rng(seed)

    def value(at):
        found = dict(zip(KEYS, generator.normal(size=len(KEYS)), strict=True))
        return {key: v if "accuracy" not in key else 0.8 + 0.01 * v for key, v in found.items()}

    return value


def verdicts_of(runs, **options):
    return find_verdicts(aggregate(runs), **options)


def one(runs, claim, words=""):
    (found,) = (v for v in verdicts_of(runs) if v.claim == claim and words in v.statement)
    return found


def slow_pairing(runs, key):
    # ResNet minus plain by explicit loops over all pairs of runs.
    effects = {}
    for a, b in itertools.product(runs, runs):
        same = all(a.settings[k] == b.settings[k] for k in ("network.depth", "network.width", "optimizer.weight_decay"))
        families = (a.settings["network.family"], b.settings["network.family"])
        if families == ("plain", "resnet") and same and a.seed == b.seed:
            effects.setdefault(a.seed, []).append(b.final[key] - a.final[key])
    return [sum(found) / len(found) for _, found in sorted(effects.items())]


@pytest.mark.parametrize("seed", range(3))
def test_pairing_and_test_agree_with_loops_and_scipy(seed):
    runs = make_runs(noise(seed), depths=(2, 4, 8))
    for claim, key in (("C3", "geometry/lss"), ("C7b", "geometry/track_margin")):
        effects = slow_pairing(runs, key)
        found = one(runs, claim)
        assert found.effect == pytest.approx(np.mean(effects))
        assert found.p == pytest.approx(stats.ttest_1samp(effects, 0).pvalue)
        assert (found.n_runs, found.n_seeds) == (2 * 3 * 2 * 5, 5)


def test_the_order_of_runs_does_not_matter():
    runs = make_runs(noise(0), depths=(2, 4, 8), decays=(0.0, 1e-4, 1e-3, 1e-2, 1e-1), before=noise(1))
    expected = verdicts_frame(verdicts_of(runs))
    shuffled = list(runs)
    random.Random(0).shuffle(shuffled)
    assert verdicts_frame(verdicts_of(shuffled)).equals(expected)
    assert set(expected["claim"].str[:2]) == {f"C{k}" for k in range(1, 9)}
    assert expected["effect"].notna().all()


def test_swapping_the_families_turns_every_comparison_round():
    value = noise(0)
    runs = make_runs(value, depths=(2, 4))
    other = {"plain": "resnet", "resnet": "plain"}
    swapped = []
    for run in runs:
        family = other[run.settings["network.family"]]
        at = At(family, run.settings["network.depth"], run.settings["optimizer.weight_decay"], run.seed)
        swapped.append(make_run(at, run.final))
    for claim in ("C3", "C4", "C7a", "C7b"):
        there, back = one(runs, claim), one(swapped, claim)
        assert (back.effect, back.low, back.high) == pytest.approx((-there.effect, -there.high, -there.low))
        assert back.p == pytest.approx(there.p)


@pytest.mark.parametrize(("resnet", "expected"), [(1.2, "supported"), (4.0, "contradicted"), (3.0, "undecided")])
def test_a_verdict_turns_with_the_numbers(resnet, expected):
    generator = np.random.default_rng(0)
    runs = make_runs(lambda at: {"geometry/lss": (3.0 if at.family == "plain" else resnet) + 0.02 * generator.normal()})
    found = one(runs, "C3")
    assert found.verdict == expected
    assert {"supported": "support", "contradicted": "contradict", "undecided": "Undecided: p is not below 0.05"}[
        expected
    ] in found.text


def test_ots_of_one_against_zero_in_every_seed_is_decided():
    found = one(make_runs(lambda at: {"geometry/ots": float(at.family == "resnet")}), "C4")
    assert (found.verdict, found.effect, found.low, found.high) == ("supported", 1.0, 1.0, 1.0)
    assert found.p == pytest.approx(2 * stats.t.sf(math.sqrt(5) * 200, 4))  # s = one of 200 samples


def test_one_sample_of_the_probe_set_is_no_difference():
    found = one(make_runs(lambda at: {"geometry/ots": 0.005 * (at.family == "resnet")}), "C4")
    assert found.verdict == "undecided"
    assert "does not exceed the measure's resolution of 0.005" in found.text


def test_equal_differences_of_a_measure_that_does_not_count_decide_nothing():
    found = one(make_runs(lambda at: {"geometry/lss": 1.0 if at.family == "resnet" else 2.0}), "C3")
    assert found.verdict == "undecided"
    assert "the same in all 5 seeds to the last bit" in found.text


def test_one_seed_is_a_sketch_and_its_effect_is_told():
    found = one(make_runs(lambda at: {"geometry/lss": 1.0 if at.family == "resnet" else 2.0}, seeds=(3,)), "C3")
    assert (found.verdict, found.effect, found.n_seeds) == ("undecided", -1.0, 1)
    assert math.isnan(found.low)
    assert found.text.startswith("Undecided: one seed: a sketch.")


def test_pairs_without_a_partner_and_seeds_with_holes_are_left_out_and_told():
    runs = make_runs(noise(0), depths=(2, 4, 8))
    at = lambda run: (run.settings["network.family"], run.settings["network.depth"], run.seed)  # noqa: E731
    runs = [run for run in runs if at(run) not in {("plain", 8, 4), ("resnet", 2, 3)}]
    found = one(runs, "C3")
    assert found.n_seeds == 3  # of seeds 3 and 4 four pairs each remain, of the others six
    assert found.effect == pytest.approx(np.mean(slow_pairing([run for run in runs if run.seed < 3], "geometry/lss")))
    assert "Left out: 8 pairs of setting and seed that not all seeds have (of seeds 3, 4)." in found.text


def test_the_only_seed_with_a_value_is_a_sketch_too():
    value = lambda at: {"geometry/lss": math.nan if at.seed else 1.0 + (at.family == "plain")}  # noqa: E731
    found = one(make_runs(value), "C3")
    assert found.text.startswith("Undecided: only one of 5 seeds has it: a sketch.")
    assert "Left out in 8 cases" in found.text


def test_nan_is_left_out_and_told():
    runs = make_runs(noise(0), depths=(2, 4))
    runs[0] = make_run(At("plain", 2, 0.0, 0), {**runs[0].final, "geometry/lss": math.nan})
    assert "Left out in 1 case: LSS is NaN or infinite, or was not measured." in one(runs, "C3").text


def test_every_claim_that_a_sweep_cannot_test_says_what_it_takes():
    found = verdicts_of(make_runs(noise(0), families=("resnet",), decays=(0.0,)))
    assert all(v.verdict == "undecided" and v.n_runs == 0 for v in found)
    assert [v.claim for v in found] == ["C1a", "C1b", "C2", "C3", "C4", "C5", "C6", "C7a", "C7b", "C8"]
    assert "takes a plain network and a ResNet that share seed" in found[3].text
    assert verdicts_of([])[0].verdict == "undecided"


def test_more_tests_make_every_verdict_harder():
    few = make_runs(lambda at: {"geometry/lss": noise(at.seed + 50 * (at.family == "plain"))(at)["geometry/lss"]})
    many = [make_run(At(*_place(run)), {**noise(9)(None), **run.final}) for run in few]
    assert one(many, "C3").p == pytest.approx(one(few, "C3").p)
    assert one(many, "C3").p_adjusted >= one(few, "C3").p_adjusted


def test_the_learning_rate_is_a_caveat_unless_it_was_tuned():
    runs = make_runs(noise(0), before=noise(1))
    told = {v.claim: "Learning rate as configured" in v.text for v in verdicts_of(runs) if v.n_runs}
    assert told["C3"]
    assert told["C2a"]
    assert not told["C1a"]  # the same run before and after
    assert not any("Learning rate as configured" in v.text for v in verdicts_of(runs, tuned=True))


def test_chance_alone_makes_a_verdict_in_one_report_of_twenty_at_most(monkeypatch):
    monkeypatch.setattr("geodl.report.claims.seed_mean.RESAMPLES", 200)
    n, false = 100, 0
    for seed in range(n):
        runs = make_runs(noise(seed), depths=(2, 4, 8), decays=(0.0, 0.01, 0.1, 1.0), before=noise(seed + 10_000))
        false += any(v.verdict != "undecided" for v in verdicts_of(runs))
    assert false / n < 0.05 + 2 * math.sqrt(0.05 * 0.95 / n)


def _place(run):
    s = run.settings
    return s["network.family"], s["network.depth"], s["optimizer.weight_decay"], run.seed
