"""A run of a known map: its folder is that of any run, nothing is trained, and the report sets it apart."""

from __future__ import annotations

import copy
import json
import math
from pathlib import Path

import pandas as pd
import pytest

from geodl.calibration import arc_lss
from geodl.config import fingerprint, slug, validate
from geodl.errors import ConfigError
from geodl.report.collect import collect_sweep
from geodl.training import train


def known(config, **changes):
    changed = copy.deepcopy(config)
    changed["calibration"] = {"map": "rotation", "amount": 60.0, "dim": 3, "depth": 4, **changes}
    return changed


def read(folder, name):
    return json.loads((Path(folder) / name).read_text())


def test_a_run_writes_what_a_training_writes_without_data_or_network(compose_config, monkeypatch):
    monkeypatch.setattr("geodl.training.build_datamodule", None)
    monkeypatch.setattr("geodl.training.build_configured", None)
    summary = train(known(compose_config()))
    folder = Path(summary.folder)
    assert summary.status == "finished"
    assert summary.metrics["geometry/lss"] == pytest.approx(arc_lss(60.0, 4))
    table = pd.read_csv(folder / "metrics.csv")
    assert list(table["epoch"]) == [0]
    content = read(folder, "summary.json")
    assert content["network"]["family"] == "known map"
    assert content["probe"]["n"] == 60
    assert content["probe"]["digest"] == read(folder, "provenance.json")["probe_digest"]
    assert [(leg["dim"], leg["n_steps"]) for leg in content["legs"]] == [(3, 4)]
    assert content["null"]["leg0/lss_sqrt_L"] == 2.0
    assert (content["epochs"], content["metrics"]) == (0, summary.metrics)
    lines = [json.loads(line) for line in (folder / "scores.jsonl").read_text().splitlines()]
    assert {line["score"] for line in lines} >= {"step_transport", "geodesic_deviation"}  # those of the ends
    assert {(line["epoch"], line["n"], line["d"]) for line in lines} == {(0, 60, 3)}
    assert read(folder, "status.json")["status"] == "finished"
    assert train(known(compose_config())).skipped


def test_two_seeds_have_other_points_and_one_seed_the_same(compose_config):
    first, again, other = (
        train(known(compose_config(f"seed={seed}", f"sweep.name={name}"), map="noise", amount=1.0))
        for seed, name in ((0, "a"), (0, "b"), (1, "a"))
    )
    times = ("time/score_s",)
    assert {k: v for k, v in first.metrics.items() if k not in times} == {
        k: v for k, v in again.metrics.items() if k not in times
    }
    digests = [read(run.folder, "provenance.json")["probe_digest"] for run in (first, again, other)]
    assert digests[0] == digests[1] != digests[2]


def test_the_track_is_kept_and_logged_where_asked(compose_config):
    summary = train(known(compose_config("track.save=last", "logger=wandb"), map="pairing", amount=None))
    assert (Path(summary.folder) / "tracks" / "last.safetensors").exists()
    assert list((Path(summary.folder) / "wandb").glob("offline-run-*"))
    import wandb

    assert wandb.run is None


def test_null_is_the_run_of_before_and_a_known_map_depends_on_nothing_that_is_trained(compose_config):
    config = compose_config()
    before = {key: value for key, value in config.items() if key != "calibration"}
    assert "calibration" in config
    assert fingerprint(config) == fingerprint(before)
    rotation = fingerprint(known(config))
    assert rotation != fingerprint(config)
    for changes in ({"map": "noise"}, {"amount": 61.0}, {"dim": 4}, {"depth": 5}):
        assert fingerprint(known(config, **changes)) != rotation
    for override in ("seed=3", "track.n_samples=61", "score=[line_shape]"):
        assert fingerprint(known(compose_config(override))) != rotation
    for override in ("network=plain_cnn", "data=blobs", "optimizer.weight_decay=0.1", "track.seed=2"):
        assert fingerprint(known(compose_config(override))) == rotation


def test_the_name_says_map_amount_dimension_steps_n_and_seed(compose_config):
    config = compose_config("seed=2")
    assert slug(known(config, amount=12.5)) == "known_map-rotation12.5-d3-L4-n60-s2"
    assert slug(known(config, map="pairing", amount=None)) == "known_map-pairing-d3-L4-n60-s2"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"map": "rotatoin"}, r"calibration\.map: expected one of .*; did you mean 'rotation'"),
        ({"amount": 181.0}, r"calibration\.amount: expected the angle in degrees, above 0 and at most 180"),
        ({"amount": None}, r"calibration\.amount: .* found None"),
        ({"amount": 0.0}, r"a map that moves nothing has no steps"),
        ({"amount": math.nan}, r"calibration\.amount: .* found nan"),
        ({"map": "pairing"}, r"calibration\.amount: expected null with calibration\.map=pairing"),
        ({"dim": 0}, r"calibration\.dim: expected at least 1, found 0"),
        ({"depth": 0}, r"calibration\.depth: expected at least 1, found 0"),
    ],
)
def test_what_is_no_known_map_is_refused(compose_config, changes, message):
    with pytest.raises(ConfigError, match=message):
        validate(known(compose_config(), **changes))


def test_the_report_knows_which_runs_are_no_networks(compose_config):
    summary = train(known(compose_config()))
    (run,) = collect_sweep(Path(summary.folder).parent).runs
    assert run.is_known_map
    assert run.settings["network.family"] == "known map"
    assert run.problems == ()
