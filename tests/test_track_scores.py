"""All legs of a track at once: the same numbers as leg by leg, and a table that can be read by itself."""

from __future__ import annotations

import json
import math
import re

import pytest
import torch

from geodl.errors import ConfigError
from geodl.scores import SCORES, leg_metrics, score_leg
from geodl.track_scores import COSTLY, score_track
from geodl.tracks import Track

METADATA = {
    "model": "ResNet",
    "read_outs": "named by the caller",
    "tokens": "all",
    "pool": "mean",
    "final_norm": "left out: ln_f (LayerNorm)",
}


def walk(n_states, n=12, d=4, seed=0):
    torch.manual_seed(seed)
    states = [torch.randn(n, d)]
    while len(states) < n_states:
        states.append(states[-1] + 0.3 * torch.randn(n, d))
    return states


def track_of(*legs, **fields):
    states = [state for leg in legs for state in leg]
    return Track(states=tuple(states), names=tuple(f"layer{i}" for i in range(len(states))), **fields)


def test_a_leg_has_the_results_of_score_leg():
    track = track_of(walk(4), labels=torch.arange(12) % 3)
    scores = score_track(track, list(SCORES))
    (leg,) = track.legs()
    expected = leg_metrics(score_leg(leg.states, labels=track.labels.numpy()))
    assert {name.removeprefix("leg0/"): value for name, value in scores.metrics.items() if "leg0/" in name} == expected
    assert {name: scores.metrics[name] for name in expected} == expected
    assert (scores.metrics["n_samples"], scores.metrics["n_legs"]) == (12, 1)


def test_the_default_leaves_out_what_is_costly():
    names = set(score_track(track_of(walk(4))).results[0])
    assert names == set(SCORES) - set(COSTLY)


def test_labels_may_be_given_for_a_track_that_has_none():
    track = track_of(walk(3))
    assert math.isnan(score_track(track, ["track_distance"]).metrics["track_margin"])
    labelled = score_track(track, ["track_distance"], labels=[0, 1] * 6)
    assert labelled.metrics["track_margin"] > 0


def test_with_several_legs_the_headline_is_the_mean_of_the_longer_and_nan_if_one_is():
    scores = score_track(track_of(walk(3), walk(4, d=2, seed=1)))
    assert scores.metrics["lss"] == pytest.approx((scores.metrics["leg0/lss"] + scores.metrics["leg1/lss"]) / 2)
    short = score_track(track_of(walk(3), walk(2, d=2))).metrics  # a single step is straight by definition
    assert short["leg1/lss"] == 1
    assert short["lss"] == short["leg0/lss"]
    broken = track_of(walk(3), walk(4, d=2, seed=1))
    broken.states[4][0, 0] = math.nan
    metrics = score_track(broken).metrics
    assert math.isnan(metrics["lss"])
    assert not math.isnan(metrics["leg0/lss"])


def test_a_leg_of_one_step_has_no_geodesic_deviation():
    scores = score_track(track_of(walk(2), walk(3, d=2)), ["geodesic_deviation", "line_shape"])
    assert set(scores.results[0]) == {"line_shape"}
    assert set(scores.results[1]) == {"geodesic_deviation", "line_shape"}


@pytest.mark.parametrize("scores", ["line_shape", ["line_shap"], ["lss"]])
def test_unknown_scores_are_refused(scores):
    with pytest.raises(ConfigError, match="expected a list of names out of line_shape"):
        score_track(track_of(walk(3)), scores)


def test_lines_are_plain_and_say_how_the_states_were_made():
    scores = score_track(track_of(walk(3), epoch=4, metadata=METADATA), ["line_shape", "optimal_transport"])
    first, second = json.loads(json.dumps(scores.lines()))
    assert (first["epoch"], first["leg"], first["score"]) == (4, 0, "line_shape")
    assert (first["read_outs"], first["n"], first["d"]) == (["layer0", "layer1", "layer2"], 12, 4)
    assert (first["valid"], first["reason"], first["details"]["L"]) == (True, "", 2)
    assert second["final_norm"] == METADATA["final_norm"]
    assert second["tokens"] == METADATA["tokens"]
    assert scores.lines(epoch=7)[0]["epoch"] == 7
    assert "tokens" not in score_track(track_of(walk(3))).lines()[0]


def test_the_table_stands_by_itself():
    positions = torch.arange(12) % 4
    track = track_of(walk(3), walk(2, d=2), walk(1, d=3), epoch=4, metadata=METADATA, positions=positions)
    scores = score_track(track)
    title, *lines = str(scores).splitlines()
    assert title == "Scores of ResNet: 12 tokens, 2 legs, epoch 4"
    first, second, mean = lines[2:5]
    metrics = scores.metrics
    cells = first.split()
    assert cells[:6] == ["0", "layer0", "layer2", "12", "4", "2"]
    assert cells[6:8] == [f"{metrics['leg0/lss']:.4f}", "1.4142"]
    assert f"[{metrics['leg0/ots_low']:.4f}, {metrics['leg0/ots']:.4f}]" in first
    assert f"{metrics['leg0/geodesic_score']:.4f}" in first
    assert second.split()[6:8] == ["1.0000", "1.0000"]
    assert mean.startswith("all  mean of the legs  of 2 or more steps")
    text = " ".join(" ".join(lines).split())
    assert "Final norm: left out: ln_f (LayerNorm)." in text
    assert "Read-outs: named by the caller." in text
    assert "Tokens: all; each one that is no padding is a sample." in text
    assert "Pool: mean." in text
    assert "no neighbour has their shape: layer5" in text
    assert "Leg 1: one step, which is straight by definition." in text
    assert "logged: high" in text


def test_the_rule_for_tokens_is_left_out_where_there_are_none():
    assert "Tokens" not in str(score_track(track_of(walk(3), metadata={"tokens": "all", "pool": "none"})))
    assert "Tokens: mean over each sequence" in str(score_track(track_of(walk(3), metadata={"tokens": "mean"})))
    assert "Tokens: my_rule." in str(score_track(track_of(walk(3), metadata={"tokens": "my_rule"})))


def test_every_nan_has_its_reason_in_the_table_once():
    track = track_of(walk(3))
    track.states[1][0, 0] = math.nan
    scores = score_track(track, ["line_shape", "geodesic"])
    assert str(scores).count("state 1 holds 1 value that is NaN or infinite") == 1
    assert "NaN: leg 0, line_shape, geodesic: " in str(scores)
    assert scores.reasons[0] == (0, "line_shape", "state 1 holds 1 value that is NaN or infinite")


def test_what_is_left_out_of_lss_is_said():
    still = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    there = still + torch.tensor([1.0, 0.0, 0.0])
    there[0] = still[0]
    back = there.clone()
    back[1] = still[1]
    text = str(score_track(track_of([still, there, back])))
    assert "Leg 0: 5 steps of length zero." in text
    assert "Leg 0: 2 samples without a direction, left out of LSS." in text


def test_what_is_nearly_one_is_not_shown_as_one():
    from geodl.score_table import _number

    assert _number(1.0) == "1.0000"
    assert _number(1 + 2e-16) == "1.0000"
    assert _number(1 - 2e-5) == "1-2e-05"
    assert _number(0.99994) == "0.9999"
    assert _number(123456.0) == "1.235e+05"
    assert _number(math.nan) == "NaN"


def test_a_track_without_a_step_says_so():
    scores = score_track(track_of(walk(1), walk(1, d=2)))
    assert scores.metrics == {"n_samples": 12, "n_legs": 0}
    assert "there is no step" in str(scores)
    assert scores.lines() == []


def test_a_saved_track_is_scored_alike(tmp_path):
    track = track_of(walk(3), walk(3, d=2), metadata=METADATA)
    loaded = Track.load(track.save(tmp_path / "track.safetensors"))
    assert str(score_track(loaded)) == str(score_track(track))
    assert score_track(loaded).metrics == score_track(track).metrics


def test_what_will_take_minutes_is_said_before(caplog, monkeypatch):
    monkeypatch.setattr("geodl.track_scores.LARGE", 10)
    score_track(track_of(walk(3)), ["line_shape"])
    assert caplog.text == ""
    score_track(track_of(walk(3), positions=torch.arange(12)))
    assert re.search(r"12 samples, 1 transport problem: about \S+ s \(own pairings optimal\) to \S+ s", caplog.text)
    assert 'record tokens="mean" or fewer samples' in caplog.text
