"""When the track is recorded, and who receives it."""

from __future__ import annotations

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import EarlyStopping

from geodl.callbacks import TrackCallback, TrackListener, TrackWriter
from geodl.tracks import Track, record_track
from tests.callbacks.small import datamodule, fit


class Listener(pl.Callback):
    def __init__(self):
        self.heard = []
        self.weights = []

    def on_track(self, trainer, pl_module, track):
        self.heard.append(track)
        self.weights.append({name: value.clone() for name, value in pl_module.state_dict().items()})

    @property
    def moments(self):
        return [(track.epoch, track.metadata["moment"]) for track in self.heard]


@pytest.fixture(scope="module")
def probe():
    return datamodule().probe(30)


def test_any_callback_with_on_track_is_a_listener():
    assert isinstance(Listener(), TrackListener)
    assert not isinstance(pl.Callback(), TrackListener)


@pytest.mark.parametrize(
    ("every", "expected"),
    [
        (1, [(0, "start"), (1, "epoch"), (2, "epoch"), (3, "epoch"), (4, "end")]),
        (2, [(0, "start"), (2, "epoch"), (4, "end")]),
        (3, [(0, "start"), (3, "epoch"), (4, "end")]),
        (9, [(0, "start"), (4, "end")]),
    ],
)
def test_recorded_before_every_nth_and_after_the_last_epoch(tmp_path, probe, every, expected):
    listener = Listener()
    fit([TrackCallback(probe, network="network", every_n_epochs=every), listener], max_epochs=4, folder=tmp_path)
    assert listener.moments == expected


def test_lightnings_sanity_check_is_not_recorded(tmp_path, probe):
    listener = Listener()
    fit([TrackCallback(probe, network="network"), listener], max_epochs=1, folder=tmp_path, num_sanity_val_steps=2)
    assert listener.moments == [(0, "start"), (1, "end")]


@pytest.mark.parametrize("every", [1, 5])
def test_early_stopping_has_an_end_too(tmp_path, probe, every):
    listener = Listener()
    stop = EarlyStopping("test/loss", mode="min", patience=1, min_delta=1e9, check_on_train_epoch_end=True)
    fit([TrackCallback(probe, network="network", every_n_epochs=every), listener, stop], max_epochs=9, folder=tmp_path)
    assert listener.moments[0] == (0, "start")
    assert listener.moments[-1] == (2, "end")


def test_the_track_is_that_of_the_weights_at_that_moment(tmp_path, probe):
    listener = Listener()
    _, trained = fit([TrackCallback(probe, network="network"), listener], max_epochs=2, folder=tmp_path)
    for track, weights in zip(listener.heard, listener.weights, strict=True):
        trained.load_state_dict(weights)
        again = record_track(trained.network, probe.x)
        assert all(torch.equal(a, b) for a, b in zip(track.states, again.states, strict=True))
        assert torch.equal(track.labels, probe.labels)
        assert torch.equal(track.sample_ids, probe.sample_ids)
        assert track.metadata["probe"] == probe.digest


def test_the_probe_may_be_a_function_of_the_data_module(tmp_path, probe):
    listener = Listener()
    fit([TrackCallback(lambda data: data.probe(30), network="network"), listener], max_epochs=1, folder=tmp_path)
    assert listener.heard[0].metadata["probe"] == probe.digest


@pytest.mark.parametrize(
    ("keep", "files"),
    [("all", ["epoch_0000", "epoch_0001", "epoch_0002"]), ("last", ["last"])],
)
def test_tracks_are_kept_on_disk(tmp_path, probe, keep, files):
    listener = Listener()
    fit(
        [TrackCallback(probe, network="network"), TrackWriter(tmp_path, keep=keep), listener],
        max_epochs=2,
        folder=tmp_path,
    )
    assert sorted(path.stem for path in tmp_path.glob("*.safetensors")) == files
    loaded = Track.load(tmp_path / f"{files[-1]}.safetensors")
    assert loaded.epoch == 2
    assert all(torch.equal(a, b) for a, b in zip(loaded.states, listener.heard[-1].states, strict=True))
