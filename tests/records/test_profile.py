"""The file of a profile."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from geodl.errors import RunFolderError
from geodl.profiles import track_profile
from geodl.records.profile import LegProfile, profile_files, read_profile
from geodl.tracks import Track
from tests.scores.tracks import random_tracks


def profile(labels=True):
    states = [torch.as_tensor(state) for d in (4, 2) for state in random_tracks(n=300, d=d, steps=2)]
    classes = torch.arange(300) % 3 if labels else None
    return track_profile(Track(tuple(states), tuple("abcdef"), labels=classes, epoch=3))


@pytest.mark.parametrize("labels", [True, False])
def test_what_is_saved_is_read(tmp_path, labels):
    written = profile(labels)
    written.save(tmp_path / "profiles" / "epoch_0003.npz")
    read = read_profile(tmp_path / "profiles" / "epoch_0003.npz")
    assert read.epoch == 3
    np.testing.assert_equal(read.labels, written.labels)
    assert len(read.legs) == 2
    for before, after in zip(written.legs, read.legs, strict=True):
        for one in dataclasses.fields(LegProfile):
            found, expected = getattr(after, one.name), getattr(before, one.name)
            np.testing.assert_equal(found, expected)
            assert type(found) is type(expected), one.name
    assert [file.name for file in (tmp_path / "profiles").iterdir()] == ["epoch_0003.npz"]


def test_two_legs_of_300_samples_take_little_room(tmp_path):
    profile().save(tmp_path / "epoch_0003.npz")
    assert (tmp_path / "epoch_0003.npz").stat().st_size < 100_000


def test_runs_without_profiles_have_none_and_others_have_them_by_epoch(tmp_path):
    assert profile_files(tmp_path) == {}
    for epoch in (12, 0):
        profile().save(tmp_path / "profiles" / f"epoch_{epoch:04d}.npz")
    (tmp_path / "profiles" / ".epoch_0001.npz.7.tmp").touch()
    assert list(profile_files(tmp_path)) == [0, 12]


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 cut off"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, content):
    (tmp_path / "epoch_0000.npz").write_bytes(content)
    with pytest.raises(RunFolderError, match=r"epoch_0000\.npz: expected a profile"):
        read_profile(tmp_path / "epoch_0000.npz")
