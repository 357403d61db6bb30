"""The scores that are logged are those of the track, on the right epoch, for every logger."""

from __future__ import annotations

import json
import logging
import math

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint

from geodl.callbacks import FigureCallback, ScoringCallback, TrackCallback
from geodl.records.metrics import EpochMetricsLogger
from geodl.records.scores import ScoreRecord
from geodl.scores import line_shape_score, optimal_transport_score, transport_ratio
from tests.callbacks.small import datamodule, fit


class Keep(pl.Callback):
    def __init__(self):
        self.tracks = {}

    def on_track(self, trainer, pl_module, track):
        self.tracks[track.epoch] = track


@pytest.fixture(scope="module")
def probe():
    return datamodule().probe(30)


@pytest.fixture
def scored(tmp_path, probe):
    csv, keep = EpochMetricsLogger(tmp_path / "metrics.csv"), Keep()
    scoring = ScoringCallback(
        {"line_shape": "always", "optimal_transport": "always", "transport_ratio": "always", "step_transport": "ends"},
        record=ScoreRecord(tmp_path / "scores.jsonl"),
    )
    trainer, _ = fit([TrackCallback(probe, network="network"), scoring, keep], folder=tmp_path, logger=csv)
    return csv.rows, keep.tracks, trainer, scoring


def test_each_epoch_has_the_scores_of_its_track(scored):
    rows, tracks, _, _ = scored
    assert sorted(rows) == sorted(tracks) == [0, 1, 2, 3]
    for epoch, track in tracks.items():
        (leg,) = track.legs()
        first, last = leg.states[0], leg.states[-1]
        assert rows[epoch]["geometry/lss"] == line_shape_score(leg.states).value
        assert rows[epoch]["geometry/ots"] == optimal_transport_score(first, last).value
        assert rows[epoch]["geometry/transport_ratio"] == transport_ratio(first, last).value
        assert rows[epoch]["geometry/leg0/lss"] == rows[epoch]["geometry/lss"]
        assert rows[epoch]["geometry/n_samples"] == 30


def test_scores_of_the_ends_are_there_at_the_ends_only(scored):
    rows, _, _, _ = scored
    assert [epoch for epoch in rows if "geometry/step_ots" in rows[epoch]] == [0, 3]


def test_numbers_reach_the_logger_in_double_precision(scored):
    rows, _, _, _ = scored
    value = rows[2]["geometry/lss"]
    assert float(torch.tensor(value, dtype=torch.float32)) != value


def test_accuracy_and_scores_stand_in_the_same_row(scored):
    rows, _, _, _ = scored
    for epoch in (1, 2, 3):
        assert {"test/accuracy", "train/loss", "train_running/loss", "time/epoch_s"} <= rows[epoch].keys()
        assert rows[epoch]["gap/accuracy"] == rows[epoch]["train/accuracy"] - rows[epoch]["test/accuracy"]
    assert rows[1]["optimizer/lr"] == pytest.approx(0.1)  # that of the epoch, not of the next one


def test_how_each_score_was_obtained_is_on_disk(scored, tmp_path):
    lines = [json.loads(line) for line in (tmp_path / "scores.jsonl").read_text().splitlines()]
    line = next(line for line in lines if line["epoch"] == 1 and line["score"] == "optimal_transport")
    assert (line["leg"], line["read_outs"]) == (0, ["stem", "blocks.0", "blocks.1"])
    assert (line["n"], line["d"], line["valid"], line["reason"]) == (30, 8, True, "")


def test_scores_can_be_monitored(tmp_path, probe):
    checkpoint = ModelCheckpoint(tmp_path, monitor="geometry/lss", mode="min", save_on_train_epoch_end=True)
    stop = EarlyStopping("geometry/ots", mode="max", patience=9, check_on_train_epoch_end=True)
    scoring = ScoringCallback({"line_shape": "always", "optimal_transport": "always"})
    fit([TrackCallback(probe, network="network"), scoring, checkpoint, stop], folder=tmp_path)
    assert checkpoint.best_model_score is not None
    assert math.isfinite(float(checkpoint.best_model_score))
    assert torch.load(checkpoint.best_model_path, weights_only=True)["epoch"] in (0, 1, 2)


def test_a_score_that_cannot_be_computed_is_nan_with_a_reason_and_training_goes_on(tmp_path, probe, caplog):
    class Spoil(pl.Callback):
        def on_track(self, trainer, pl_module, track):
            track.states[1][3, 0] = math.nan

    csv = EpochMetricsLogger(tmp_path / "metrics.csv")
    scoring = ScoringCallback(
        {"line_shape": "always", "optimal_transport": "always"}, record=ScoreRecord(tmp_path / "scores.jsonl")
    )
    with caplog.at_level(logging.WARNING):
        callbacks = [Spoil(), TrackCallback(probe, network="network"), scoring, FigureCallback(tmp_path / "figures")]
        fit(callbacks, folder=tmp_path, logger=csv, max_epochs=1)
    assert math.isnan(csv.rows[1]["geometry/lss"])
    lines = [json.loads(line) for line in (tmp_path / "scores.jsonl").read_text().splitlines()]
    assert all(line["reason"] for line in lines if line["score"] == "line_shape")
    assert "line_shape is NaN" in caplog.text
    assert "no picture of the tracks" in caplog.text
