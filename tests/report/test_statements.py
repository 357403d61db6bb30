"""Sentences follow the numbers: turn the numbers round and the sentences turn too."""

from __future__ import annotations

import pytest

from geodl.report.aggregate import aggregate
from geodl.report.collect import collect_sweep
from geodl.report.statements import find_statements

LSS_CLAIM = "A ResNet's tracks are straighter than a plain network's"


def sweep_of(folder, make_run, value, *, families=("plain", "resnet"), decays=(0.0, 0.01), seeds=(0, 1, 2)):
    def filled(metric, family, depth, decay, seed):
        found = value(metric, family, decay)
        return 0.5 if found is None else found + 0.01 * seed

    for family in families:
        for decay in decays:
            for seed in seeds:
                make_run(folder, family=family, depth=9, decay=decay, seed=seed, value=filled)
    return {s.claim: s for s in find_statements(aggregate(collect_sweep(folder).counted))}


def lss(plain, resnet):
    def value(metric, family, decay):
        return {"plain": plain, "resnet": resnet}[family](decay) if metric == "geometry/lss" else None

    return value


@pytest.mark.parametrize(
    ("plain", "resnet", "verdict", "count"), [(3.0, 1.2, "supported", "2 of 2"), (1.2, 3.0, "contradicted", "0 of 2")]
)
def test_family_statement_flips_with_the_data(tmp_path, make_run, plain, resnet, verdict, count):
    said = sweep_of(tmp_path, make_run, lss(lambda decay: plain, lambda decay: resnet))[LSS_CLAIM]
    assert said.verdict == verdict
    assert f"lower in {count} settings" in said.text
    assert ("contradict the claim" in said.text) == (verdict == "contradicted")
    assert "leaves out zero in 2 of 2" in said.text


def test_differences_within_noise_are_left_open(tmp_path, make_run):
    said = sweep_of(tmp_path, make_run, lss(lambda decay: 2.0, lambda decay: 1.999))[LSS_CLAIM]
    assert said.verdict == "open"
    assert "leaves out zero in 0 of 2" in said.text


def test_one_seed_says_that_it_is_a_sketch(tmp_path, make_run):
    said = sweep_of(tmp_path, make_run, lss(lambda decay: 3.0, lambda decay: 1.2), seeds=(0,))[LSS_CLAIM]
    assert said.verdict == "leans for"
    assert "One seed: no interval, so treat as a sketch." in said.text


@pytest.mark.parametrize(("slope", "verdict"), [(-50.0, "supported"), (50.0, "contradicted")])
def test_decay_statement_flips_with_the_data(tmp_path, make_run, slope, verdict):
    said = sweep_of(tmp_path, make_run, lss(lambda decay: 3 + slope * decay, lambda decay: 2.0))
    assert said["Weight decay lowers LSS of plain networks"].verdict == verdict
    assert said["Weight decay lowers LSS of ResNets"].verdict == "open"


def test_a_curve_that_turns_back_is_called_not_monotone_with_its_best_value(tmp_path, make_run):
    values = {0.0: 3.0, 0.001: 1.5, 0.01: 2.5}
    said = sweep_of(tmp_path, make_run, lss(values.get, values.get), decays=tuple(values))
    text = said["Weight decay lowers LSS of plain networks"].text
    assert "LSS 3.01 at 0 to 2.51 at 0.01, means not monotone: best 1.51 at 1e-3" in text


@pytest.mark.parametrize(
    ("plain", "resnet", "verdict", "says"),
    [
        (2.9, 1.2, "supported", "support version 3"),
        (1.3, 1.2, "contradicted", "contradict version 3"),
        (2.9, 2.9, "mixed", "settle neither"),
    ],
)
def test_versions_of_the_paper_are_told_apart(tmp_path, make_run, plain, resnet, verdict, says):
    statements = sweep_of(tmp_path, make_run, lss(lambda decay: plain, lambda decay: resnet))  # sqrt(L) = 3
    said = next(s for claim, s in statements.items() if claim.startswith("Only ResNets"))
    assert said.verdict == verdict
    assert says in said.text


@pytest.mark.parametrize(("after", "says"), [(0.99, "tells the architecture"), (0.5, "Training moves it by -0.4")])
def test_untrained_ots_is_compared_with_the_trained_one(tmp_path, make_run, after, says):
    def value(metric, family, decay):
        return None if metric != "geometry/ots" else 0.9 if decay == 0.0 else after

    if after == 0.99:
        value = lambda metric, family, decay: 0.9 if metric == "geometry/ots" else None  # noqa: E731
        said = sweep_of(tmp_path, make_run, value, families=("resnet",))
    else:
        said = sweep_of(tmp_path, make_run, value, families=("resnet",), decays=(0.01,))
    assert says in said["OTS of untrained ResNets"].text


def test_nothing_is_said_of_families_that_a_sweep_lacks(tmp_path, make_run):
    said = sweep_of(tmp_path, make_run, lss(lambda decay: 2.0, lambda decay: 2.0), families=("plain",))
    assert LSS_CLAIM not in said
    assert not any("ResNet" in statement.text for statement in said.values())


def test_no_finished_run_is_said():
    assert find_statements(aggregate([]))[0].text.startswith("No run of this sweep has finished")


def test_nan_values_are_counted_in_the_sentence(tmp_path, make_run):
    make_run(tmp_path, family="plain", seed=0)
    make_run(tmp_path, family="plain", seed=1, changed={"geometry/lss": float("nan")})
    make_run(tmp_path, family="resnet", seed=0)
    statements = find_statements(aggregate(collect_sweep(tmp_path).counted))
    said = next(s for s in statements if s.claim == LSS_CLAIM)
    assert "Left out as NaN or infinite: 1 value." in said.text
