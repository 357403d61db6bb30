"""Profiles are written before and after training, with the scores of those moments."""

from __future__ import annotations

import numpy as np
import pytest
import pytorch_lightning as pl

from geodl.callbacks import ProfileCallback, ScoringCallback, TrackCallback
from geodl.records.profile import profile_files, read_profile
from tests.callbacks.small import datamodule, fit


class Scores(pl.Callback):
    def __init__(self):
        self.line_shapes = {}

    def on_scores(self, trainer, pl_module, track, scores):
        self.line_shapes[track.epoch] = scores.results[0]["line_shape"].per_sample


@pytest.fixture(scope="module")
def probe():
    return datamodule().probe(30)


@pytest.mark.parametrize("background", [False, True])
def test_it_writes_the_first_and_the_last_moment(tmp_path, probe, background):
    listener = Scores()
    scoring = ScoringCallback(["line_shape"], background=background)
    fit([TrackCallback(probe, network="network"), scoring, listener, ProfileCallback(tmp_path / "profiles")])
    files = profile_files(tmp_path)
    assert list(files) == [0, 3]
    assert sorted(listener.line_shapes) == [0, 1, 2, 3]
    for epoch, file in files.items():
        profile = read_profile(file)
        assert profile.epoch == epoch
        np.testing.assert_array_equal(profile.legs[0].lss, listener.line_shapes[epoch])
        np.testing.assert_array_equal(profile.labels, np.asarray(probe.labels))


def test_without_scoring_it_writes_the_same(tmp_path, probe):
    track = TrackCallback(probe, network="network")
    fit([track, ScoringCallback(["line_shape"]), ProfileCallback(tmp_path / "scored" / "profiles")])
    fit([TrackCallback(probe, network="network"), ProfileCallback(tmp_path / "plain" / "profiles")])
    scored, plain = (profile_files(tmp_path / name) for name in ("scored", "plain"))
    assert list(scored) == list(plain) == [0, 3]
    for epoch, file in scored.items():
        assert file.read_bytes() == plain[epoch].read_bytes()
