"""Scoring in the background when something goes wrong: training, scoring, the user's patience, the configuration."""

from __future__ import annotations

import traceback
from types import SimpleNamespace

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint

from geodl.callbacks import ScoringCallback, TrackCallback
from geodl.callbacks.scoring_rules import check_neighbours
from geodl.errors import ConfigError, TrainingDivergedError
from geodl.records.metrics import EpochMetricsLogger
from tests.callbacks import foreign
from tests.callbacks.small import fit
from tests.callbacks.test_background import Slow, no_thread_is_left, probe  # noqa: F401 - fixtures


class AtEpoch(pl.Callback):
    """Does something in the second batch of an epoch (counted from 0)."""

    def __init__(self, epoch, does):
        self.epoch, self.does, self.done, self.heard = epoch, does, False, 0

    def on_track(self, trainer, pl_module, track):
        self.heard = track.epoch

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        if (trainer.current_epoch, batch_idx) == (self.epoch, 1):
            self.done = True
            self.does(pl_module)

    def comes_before(self, track):
        """Keep epochs 1 and 2 from being scored before it is done."""
        return track.epoch == 0 or self.done


def diverge(pl_module):
    with torch.no_grad():
        for weight in pl_module.parameters():
            weight.fill_(torch.nan)


def interrupt(pl_module):
    raise KeyboardInterrupt


def broken_off(tmp_path, probe, breaks, error):  # noqa: F811
    table = EpochMetricsLogger(tmp_path / "metrics.csv")
    scoring = ScoringCallback(["line_shape"], record=tmp_path / "scores.jsonl", background=True)
    with pytest.raises(error) as raised:
        fit([TrackCallback(probe, network="network"), scoring, breaks], folder=tmp_path, logger=table, max_epochs=6)
    scored = [epoch for epoch, row in sorted(table.rows.items()) if "geometry/lss" in row]
    return raised.value, scored, (tmp_path / "scores.jsonl").read_text().splitlines()


@pytest.mark.parametrize(("does", "error"), [(diverge, TrainingDivergedError), (interrupt, SystemExit)])
def test_what_was_recorded_before_the_end_is_scored(tmp_path, probe, monkeypatch, caplog, does, error):  # noqa: F811
    breaks = AtEpoch(2, does)
    Slow(monkeypatch, seconds=0.1, until=breaks.comes_before)
    _, scored, lines = broken_off(tmp_path, probe, breaks, error)
    assert scored == [0, 1, 2]
    assert len(lines) == 3
    assert "what was recorded before is still scored" in caplog.text


def test_a_defect_in_scoring_is_raised_where_training_runs_with_traceback_and_epoch(
    tmp_path,
    probe,  # noqa: F811
    monkeypatch,
    caplog,
):
    watch = AtEpoch(9, diverge)
    Slow(monkeypatch, until=lambda track: track.epoch != 2 or watch.heard >= 3, fails_at=2)
    error, scored, _ = broken_off(tmp_path, probe, watch, ZeroDivisionError)
    assert any("epoch 2" in note for note in error.__notes__)
    assert "raise ZeroDivisionError" in "".join(traceback.format_tb(error.__traceback__))
    assert "epoch 2: its track could not be scored in the background: a defect in a score" in caplog.text
    assert set(scored) >= {0, 1, 3}  # what was recorded until it was noticed
    assert 2 not in scored


def test_a_defect_in_scoring_does_not_hide_what_ended_training(tmp_path, probe, monkeypatch, caplog):  # noqa: F811
    breaks = AtEpoch(2, diverge)
    Slow(monkeypatch, until=breaks.comes_before, fails_at=1)
    _, scored, _ = broken_off(tmp_path, probe, breaks, TrainingDivergedError)
    assert scored == [0, 2]
    assert "the scores of a recorded track are lost: ZeroDivisionError" in caplog.text


class Plateau(foreign.Foreign):
    def configure_optimizers(self):
        optimizer = super().configure_optimizers()
        schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "monitor": "geometry/lss"}}


@pytest.mark.parametrize(
    ("watches", "kind", "message"),
    [
        ([EarlyStopping("geometry/lss")], foreign.Foreign, "found EarlyStopping on 'geometry/lss'"),
        ([ModelCheckpoint(monitor="geometry/leg0/ots")], foreign.Foreign, "found ModelCheckpoint on 'geometry/leg0"),
        ([], Plateau, "found ReduceLROnPlateau on 'geometry/lss'"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*does not have many workers.*", "ignore:.*treespec, LeafSpec.*")
def test_nobody_may_watch_a_score_that_comes_late(watches, kind, message):
    began = []
    begins = AtEpoch(0, began.append)
    callbacks = [TrackCallback(foreign.samples(12)[0]), ScoringCallback(background=True), *watches, begins]
    with pytest.raises(ConfigError, match=f"background: expected no .* to watch a score, {message}"):
        foreign.fit(callbacks, kind=kind)
    assert not began


def test_several_processes_are_refused():
    trainer = SimpleNamespace(callbacks=[TrackCallback(foreign.samples(12)[0])], world_size=2)
    check_neighbours(trainer, background=False)
    with pytest.raises(ConfigError, match="background: expected a single process, found 2"):
        check_neighbours(trainer, background=True)


def test_a_solver_that_does_not_exist_is_refused_at_once():
    with pytest.raises(ConfigError, match=r"method: expected one of auto, .* found 'simplx'; did you mean 'simplex'"):
        ScoringCallback(method="simplx")


def test_memory_is_a_number_of_bytes():
    with pytest.raises(ConfigError, match="max_memory: expected bytes above 0, or None, found 0"):
        ScoringCallback(max_memory=0)
