"""Scoring in the background: the same numbers under the same epochs, from the thread that trains, and none missing."""

from __future__ import annotations

import csv
import json
import threading
import time

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import EarlyStopping
from pytorch_lightning.loggers import CSVLogger, Logger

import geodl.callbacks.scoring as scoring_module
from geodl.callbacks import FigureCallback, ReadOutTable, ScoringCallback, TrackCallback, TrackWriter
from geodl.records.metrics import EpochMetricsLogger
from geodl.records.scores import ScoreRecord
from geodl.scores import SCORES
from geodl.tracks import Track
from tests.callbacks import foreign
from tests.callbacks.small import datamodule, fit

THREAD = "geodl-scoring"


@pytest.fixture(scope="module")
def probe():
    return datamodule().probe(30)


@pytest.fixture(autouse=True)
def no_thread_is_left():
    yield
    assert not [thread for thread in threading.enumerate() if thread.name.startswith(THREAD)]


def numbers(rows):
    return {epoch: {k: v for k, v in row.items() if not k.startswith("time/")} for epoch, row in rows.items()}


def run(folder, probe, *others, background, scores=None, **options):
    """Train with everything that listens; returns the module, the rows and the callback."""
    folder.mkdir()
    (folder / "figures").mkdir()
    table = EpochMetricsLogger(folder / "metrics.csv")
    record = ScoreRecord(folder / "scores.jsonl")
    scoring = ScoringCallback(scores or dict.fromkeys(SCORES, "always"), record=record, background=background)
    callbacks = [
        TrackCallback(probe, network="network"),
        scoring,
        ReadOutTable(folder / "read_outs.csv"),
        FigureCallback(folder / "figures", n_tracks=9),
        TrackWriter(folder / "tracks", keep="all"),
        *others,
    ]
    trainer, trained = fit(callbacks, folder=folder, logger=table, **options)
    return trainer, trained, table.rows, scoring


@pytest.fixture(scope="module")
def both(tmp_path_factory, probe):
    """The same training with scoring in the foreground and in the background."""
    folder = tmp_path_factory.mktemp("both")
    return folder, {
        name: (*run(folder / name, probe, background=name == "back"), torch.get_rng_state())
        for name in ("front", "back")
    }


def test_weights_and_generators_are_bit_identical(both):
    _, runs = both
    (_, front, _, _, rng_front), (_, back, _, _, rng_back) = runs["front"], runs["back"]
    assert all(torch.equal(value, back.state_dict()[name]) for name, value in front.state_dict().items())
    assert torch.equal(rng_front, rng_back)


def test_every_number_is_bit_identical_and_under_the_same_epoch(both):
    _, runs = both
    assert sorted(runs["back"][2]) == [0, 1, 2, 3]
    assert numbers(runs["back"][2]) == numbers(runs["front"][2])
    assert all(row.keys() >= {"geometry/lss", "time/score_s", "time/score_wait_s"} for row in runs["back"][2].values())


def test_the_record_tables_pictures_and_tracks_are_the_same(both):
    folder, _ = both
    files = sorted(path.relative_to(folder / "front") for path in (folder / "front").rglob("*") if path.is_file())
    assert {path.suffix for path in files} >= {".jsonl", ".csv", ".npz", ".png", ".safetensors"}
    for file in files:
        front, back = folder / "front" / file, folder / "back" / file
        if file.suffix == ".safetensors":  # whose header is in any order
            assert all(map(torch.equal, Track.load(front).states, Track.load(back).states)), file
        elif file.name != "metrics.csv":  # which holds times
            assert back.read_bytes() == front.read_bytes(), file


def test_after_training_the_last_scores_are_those_of_the_end(both):
    _, runs = both
    trainer, _, rows, scoring, _ = runs["back"]
    assert scoring.last.epoch == 3
    assert scoring.metrics["geometry/lss"] == rows[3]["geometry/lss"] == float(trainer.callback_metrics["geometry/lss"])
    assert [leg.index for leg, _ in scoring.results] == [0]


def test_in_the_foreground_training_waits_for_all_of_it(both):
    _, runs = both
    assert all(row["time/score_wait_s"] == row["time/score_s"] for row in runs["front"][2].values())


class Slow:
    """Takes the place of score_track: slow, and says who scored what."""

    def __init__(self, monkeypatch, seconds=0.0, until=lambda track: True, fails_at=None):
        self.original, self.seconds, self.until, self.fails_at = scoring_module.score_track, seconds, until, fails_at
        self.scored, self.threads = [], set()
        monkeypatch.setattr(scoring_module, "score_track", self)

    def __call__(self, track, names, **options):
        self.threads.add(threading.current_thread().name)
        deadline = time.monotonic() + 60
        while not self.until(track):
            assert time.monotonic() < deadline, "training stood still"
            time.sleep(0.01)
        time.sleep(self.seconds)
        if track.epoch == self.fails_at:
            raise ZeroDivisionError("a defect in a score")
        scores = self.original(track, names, **options)
        self.scored.append(track.epoch)
        return scores


def test_training_goes_on_while_a_track_is_scored(tmp_path, probe, monkeypatch):
    class Opens(pl.Callback):
        def on_train_batch_end(self, trainer, pl_module, *args):
            if trainer.current_epoch == 1:
                gate.set()

    gate = threading.Event()
    slow = Slow(monkeypatch, until=lambda track: gate.is_set())
    _, _, rows, _ = run(tmp_path / "run", probe, Opens(), background=True, scores=["line_shape"])
    assert slow.scored == [0, 1, 2, 3]
    assert all("geometry/lss" in row for row in rows.values())
    assert {name.startswith(THREAD) for name in slow.threads} == {True}


def test_training_that_is_faster_waits_and_no_track_is_dropped(tmp_path, probe, monkeypatch):
    class Watch(pl.Callback):
        emitted, behind = 0, 0

        def on_track(self, trainer, pl_module, track):
            self.emitted = track.epoch + 1

        def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
            self.behind = max(self.behind, self.emitted - len(slow.scored))

    watch = Watch()
    # A track is not scored before training has recorded two more, and then takes its time.
    slow = Slow(monkeypatch, seconds=0.1, until=lambda track: watch.emitted >= min(track.epoch + 3, 7))
    track, scoring = TrackCallback(probe, network="network"), ScoringCallback(["line_shape"], background=True)
    table = EpochMetricsLogger(tmp_path / "metrics.csv")
    fit([watch, track, scoring], folder=tmp_path, logger=table, max_epochs=6)  # who watches hears first
    assert slow.scored == sorted(table.rows) == list(range(7))
    assert watch.behind == 2  # one in work, one waiting: training stood still while there were more
    assert all(row["time/score_s"] >= 0.1 for row in table.rows.values())
    assert all(table.rows[epoch]["time/score_wait_s"] >= 0.05 for epoch in (2, 3, 4, 5))
    assert table.rows[6]["time/score_wait_s"] >= 0.1  # the last epoch waits for all that is left


def test_nobody_but_the_thread_that_trains_logs(tmp_path, probe, monkeypatch):
    seen, heard = set(), []

    class Threads(Logger):
        name, version = "threads", ""

        def log_hyperparams(self, *args, **kwargs):
            pass

        def log_metrics(self, metrics, step=None):
            seen.add(threading.current_thread())

    class Hears(pl.Callback):
        def on_scores(self, trainer, pl_module, track, scores):
            assert threading.current_thread() is threading.main_thread()
            assert scores.epoch == track.epoch
            heard.append(track.epoch)

    Slow(monkeypatch, seconds=0.1)
    scoring = ScoringCallback(["line_shape"], background=True)
    fit([TrackCallback(probe, network="network"), scoring, Hears()], folder=tmp_path, logger=Threads())
    assert seen == {threading.main_thread()}
    assert heard == [0, 1, 2, 3]


@pytest.mark.filterwarnings(
    "ignore:.*does not have many workers.*", "ignore:.*treespec, LeafSpec.*", "ignore:.*Checkpoint directory.*"
)
def test_under_other_loggers_late_scores_stand_at_the_step_of_their_track(tmp_path, monkeypatch):
    Slow(monkeypatch, seconds=0.1)
    found = {}
    for background in (False, True):
        logger = CSVLogger(tmp_path, name=str(background))
        scoring = ScoringCallback(["line_shape"], background=background)
        callbacks = [TrackCallback(foreign.samples(12)[0]), scoring]
        foreign.fit(callbacks, logger=logger, folder=tmp_path, max_epochs=4)
        rows = csv.DictReader((tmp_path / str(background) / "version_0" / "metrics.csv").read_text().splitlines())
        keys = ("step", "epoch", "geometry/epoch", "geometry/lss", "geometry/leg0/lss")
        found[background] = [[row[key] for key in keys] for row in rows if row["geometry/lss"]]
    assert found[True] == found[False]
    assert [float(row[2]) for row in found[True]] == [0, 1, 2, 3, 4]


def test_scores_of_the_end_are_there_after_early_stopping(tmp_path, probe, monkeypatch):
    Slow(monkeypatch, seconds=0.1)
    stop = EarlyStopping("test/loss", mode="min", patience=1, min_delta=1e9, check_on_train_epoch_end=True)
    scores = {"line_shape": "always", "step_transport": "ends"}
    _, _, rows, _ = run(tmp_path / "run", probe, stop, background=True, scores=scores, max_epochs=9)
    assert [epoch for epoch in rows if "geometry/step_ots" in rows[epoch]] == [0, 2]
    lines = [json.loads(line) for line in (tmp_path / "run" / "scores.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines if line["score"] == "line_shape"] == [0, 1, 2]
