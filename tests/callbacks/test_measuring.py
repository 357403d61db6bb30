"""Measuring never changes training: the acceptance test of the project."""

from __future__ import annotations

import pytest
import pytorch_lightning as pl
import torch

from geodl.callbacks import (
    FigureCallback,
    ProfileCallback,
    ReadOutTable,
    ScoringCallback,
    TrackCallback,
    TrackWriter,
)
from geodl.records.scores import ScoreRecord
from geodl.scores import SCORES
from tests.callbacks.small import datamodule, fit


class Batches(pl.Callback):
    """Keeps every training batch and the states of the generators that could have been drawn from."""

    def __init__(self):
        self.seen = []

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        self.seen.append((batch[0].clone(), batch[1].clone(), torch.get_rng_state().clone()))


def everything(folder, probe):
    return [
        TrackCallback(probe, network="network", batch_size=7),
        ScoringCallback(dict.fromkeys(SCORES, "always"), record=ScoreRecord(folder / "scores.jsonl")),
        ReadOutTable(folder / "read_outs.csv"),
        FigureCallback(folder / "figures", n_tracks=9),
        ProfileCallback(folder / "profiles"),
        TrackWriter(folder, keep="all"),
    ]


@pytest.mark.parametrize("sanity", [0, 2])
def test_weights_buffers_batches_and_generators_are_bit_identical_with_and_without(tmp_path, sanity):
    probe = datamodule().probe(30)
    (tmp_path / "figures").mkdir()
    runs = []
    for callbacks in ([], everything(tmp_path, probe)):
        batches = Batches()
        _, trained = fit([*callbacks, batches], folder=tmp_path, num_sanity_val_steps=sanity)
        runs.append((trained.state_dict(), batches.seen, trained.training, torch.get_rng_state()))
    (weights_off, seen_off, mode_off, rng_off), (weights_on, seen_on, mode_on, rng_on) = runs
    assert weights_off.keys() == weights_on.keys()
    assert any("running_mean" in name for name in weights_off)
    for name, value in weights_off.items():
        assert torch.equal(value, weights_on[name]), name
    assert len(seen_off) == len(seen_on) == 3 * 4
    for off, on in zip(seen_off, seen_on, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(off, on, strict=True))
    assert mode_off == mode_on
    assert torch.equal(rng_off, rng_on)
    assert (tmp_path / "scores.jsonl").exists()
    assert len(list((tmp_path / "profiles").iterdir())) == 2


def test_the_check_above_can_fail(tmp_path):
    class Careless(pl.Callback):
        def on_train_epoch_end(self, trainer, pl_module):
            pl_module.network(torch.zeros(4, 1, 8, 8))  # in training mode: buffers move, dropout draws

    _, untouched = fit([], folder=tmp_path)
    _, touched = fit([Careless()], folder=tmp_path)
    assert any(
        not torch.equal(a, b)
        for a, b in zip(untouched.state_dict().values(), touched.state_dict().values(), strict=True)
    )


def test_the_probe_is_never_augmented(tmp_path):
    class Inputs(pl.Callback):
        def __init__(self):
            self.tracks = []

        def on_track(self, trainer, pl_module, track):
            self.tracks.append(track)

    probe = datamodule().probe(30)
    listener = Inputs()
    fit([TrackCallback(probe, network="network"), listener], folder=tmp_path, max_epochs=2, trained=_frozen())
    first, *others = listener.tracks
    for track in others:  # weights that do not move: augmentation would
        assert all(torch.equal(a, b) for a, b in zip(first.states, track.states, strict=True))


def _frozen():
    from tests.callbacks.small import module

    frozen = module(2, lr=1e-30)
    for layer in frozen.network.modules():
        if isinstance(layer, torch.nn.BatchNorm1d):
            layer.momentum = 0.0
    return frozen
