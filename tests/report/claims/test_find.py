"""Each claim on data that are made to have it, or its opposite."""

from __future__ import annotations

import numpy as np
import pytest

from geodl.report.aggregate import aggregate
from geodl.report.claims import find_verdicts
from tests.report.claims.synthetic import At, make_run, make_runs

DECAYS = (0.0, 1e-4, 1e-3, 1e-2, 1e-1)


def jitter(at: At, size=0.01):
    return size * np.random.default_rng([at.seed, at.depth, int(at.decay * 1e6), len(at.family)]).normal()


def one(runs, claim):
    found = [v for v in find_verdicts(aggregate(runs)) if v.claim == claim]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(("before", "expected"), [(5.0, "supported"), (1.0, "contradicted")])
def test_training_is_judged_run_by_run(before, expected):
    runs = make_runs(
        lambda at: {"geometry/lss": 2 + jitter(at)},
        families=("resnet",),
        before=lambda at: {"geometry/lss": before + at.seed},
    )
    found = one([shifted_by_seed(run) for run in runs], "C1a")
    assert found.verdict == expected
    assert (found.n_runs, found.n_seeds) == (10, 5)


def shifted_by_seed(run):
    # Seeds differ much more than training moves them: only pairs within a run can tell.
    at = At("resnet", 4, run.settings["optimizer.weight_decay"], run.seed)
    before = {key: value for (_, key), value in run.history.items()}
    return make_run(at, {"geometry/lss": run.final["geometry/lss"] + run.seed}, before)


@pytest.mark.parametrize(("slope", "expected"), [(-0.1, "supported"), (0.1, "contradicted")])
def test_accuracy_where_lss_is_low(slope, expected):
    def value(at):
        lss = 1 + (np.log10(at.decay + 1e-5) + 2) ** 2 / 4 + jitter(at)
        return {"geometry/lss": lss, "train/accuracy": 0.9 + slope * lss / 3}

    found = one(make_runs(value, families=("resnet",), decays=DECAYS), "C1b")
    assert found.verdict == expected
    assert found.effect == pytest.approx(1 if slope > 0 else -1)


def test_a_curve_over_decays_has_its_turning_point_in_the_text():
    lss = dict(zip(DECAYS, (3.0, 2.9, 1.5, 1.1, 1.6), strict=True))
    found = one(
        make_runs(lambda at: {"geometry/lss": lss[at.decay] + jitter(at, 1e-3)}, families=("plain",), decays=DECAYS),
        "C2a",
    )
    assert found.verdict == "supported"
    assert found.effect == pytest.approx(-1.9, abs=0.05)
    for words in (
        "LSS 3 at decay 0, 1.6 at 0.1; best mean 1.1 at 0.01, picked by 100 % of bootstrap samples of seeds: inside",
        "From there to 0.1 LSS rises by 0.",
    ):
        assert words in found.text


def test_a_curve_without_a_turn_says_that_the_best_is_at_the_edge():
    value = lambda at: {"geometry/lss": 3 - at.decay + jitter(at, 1e-4)}  # noqa: E731
    assert (
        "at the upper edge of the grid, so no turning point was seen"
        in one(make_runs(value, families=("plain",), decays=(0.0, 0.5, 1.0)), "C2a").text
    )


def test_decay_that_only_harms_contradicts_the_claim():
    value = lambda at: {"geometry/ots": 1 - 5 * at.decay - 0.005 * (at.seed % 2) * (at.decay > 0)}  # noqa: E731
    found = one(make_runs(value, families=("resnet",), decays=(0.0, 0.01, 0.1)), "C2b")
    assert found.verdict == "contradicted"
    assert "at the lower edge of the grid" in found.text


@pytest.mark.parametrize(("power", "words"), [(0.5, "It rises"), (-0.5, "It falls")])
def test_depth_moves_a_score_in_either_direction(power, words):
    value = lambda at: {"geometry/lss": at.depth**power + jitter(at, 1e-3)}  # noqa: E731
    found = one(make_runs(value, families=("plain",), depths=(2, 4, 8, 16)), "C5a")
    assert found.verdict == "supported"
    assert found.text.startswith(words)
    assert "at depth 2, " in found.text


def test_three_depths_in_one_order_are_too_coarse_to_decide_among_several_tests():
    value = lambda at: {"geometry/lss": at.depth + jitter(at), "geometry/ots": 1.0}  # noqa: E731
    found = one(make_runs(value, families=("plain",), depths=(2, 4, 8)), "C5a")
    assert found.effect == 1.0
    assert found.p == pytest.approx(0.0111, abs=1e-4)  # t = sqrt(5) / 0.5


@pytest.mark.parametrize(("samples", "expected"), [(1, "undecided"), (40, "supported")])
def test_a_share_that_moves_by_a_sample_or_two_has_not_moved_with_depth(samples, expected):
    n = make_run(At("plain", 4, 0.0, 0), {"geometry/lss": 1.0}).probe["n"]
    value = lambda at: {"geometry/ots": 0.5 - samples / n * np.log2(at.depth) / 4}  # noqa: E731
    found = one(make_runs(value, families=("plain",), depths=(2, 4, 8, 16)), "C5d")
    assert found.verdict == expected
    if expected == "undecided":
        assert "within two samples of the probe set" in found.text
        assert np.isnan(found.effect)


@pytest.mark.parametrize(("own", "expected"), [(1.0, "supported"), (0.0, "undecided")])
def test_straightness_counts_beyond_training_accuracy_only(own, expected):
    def value(at):
        draw = np.random.default_rng([7, at.seed, int(1e4 * at.decay), at.depth]).normal(size=2)
        train = 0.8 + 0.05 * draw[0]
        lss = 3 - 10 * train + draw[1] * 0.5
        test = train - own * 0.05 * draw[1] + 0.002 * jitter(at, 1.0)
        return {"geometry/lss": lss, "train/accuracy": train, "test/accuracy": test, "gap/accuracy": train - test}

    runs = make_runs(value, families=("resnet",), decays=tuple(k / 100 for k in range(12)), depths=(2, 4, 8))
    found = one(runs, "C6a")
    assert found.verdict == expected
    assert "Without holding training accuracy equal the mean rank correlation is -0." in found.text


def test_the_action_follows_the_weights():
    value = lambda at: {"geometry/action": 5 - at.decay + jitter(at), "geometry/weight_norm": 9 - at.decay}  # noqa: E731
    found = one(make_runs(value, families=("resnet",), decays=(0.0, 1.0, 2.0, 3.0, 4.0)), "C8")
    assert (found.verdict, found.effect) == ("supported", 1.0)


def test_twins_are_found_by_name_where_two_kinds_of_network_are_in_a_sweep():
    runs = []
    for kind, shift in (("mlp", 0.0), ("cnn", 1.0)):
        for family, depth, seed in (("plain", 4, 0), ("resnet", 4, 0), ("plain", 4, 1), ("resnet", 4, 1)):
            at = At(family, depth, 0.0, seed)
            value = {"geometry/lss": (1.0 if family == "resnet" else 2.0) + shift + jitter(at)}
            runs.append(make_run(at, value, **{"network.name": f"{family}_{kind}"}))
    found = one(runs, "C3")
    assert found.n_runs == 8
    assert found.effect == pytest.approx(-1, abs=0.05)
