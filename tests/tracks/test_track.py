from __future__ import annotations

import dataclasses

import pytest
import torch

from geodl.errors import TrackError
from geodl.tracks import Track

X = torch.arange(12.0).reshape(4, 3)


def full_track() -> Track:
    return Track(
        states=(X, X + 1.0, torch.randn(4, 2, 2, 2, dtype=torch.float64), X.half()),
        names=("stem", "blocks.0", "blocks.1", "blocks.2"),
        labels=torch.tensor([0, 1, 2, 1]),
        sample_ids=torch.tensor([7, 3, 5, 2**40]),
        epoch=3,
        metadata={"network": "resnet_mlp", "note": 'Wörter, \n and "quotes"'},
    )


def assert_equal(left: Track, right: Track) -> None:
    assert left.names == right.names
    assert left.epoch == right.epoch
    assert left.metadata == right.metadata
    for field in ("labels", "sample_ids"):
        first, second = getattr(left, field), getattr(right, field)
        assert (first is None) == (second is None)
        assert first is None or torch.equal(first, second)
    for first, second in zip(left.states, right.states, strict=True):
        assert first.dtype == second.dtype
        assert first.shape == second.shape
        assert torch.equal(first.nan_to_num(9.5), second.nan_to_num(9.5))


def test_a_track_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        full_track().epoch = 4


def test_a_track_does_not_follow_later_changes_of_its_metadata():
    metadata = {"network": "a"}
    track = Track(states=(X,), names=("stem",), metadata=metadata)
    metadata["network"] = "b"
    assert track.metadata == {"network": "a"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"states": (), "names": ()}, "states: expected at least one state, found none"),
        ({"names": ("a",)}, r"names: expected 2 different read-out names, one per state, found \['a'\]"),
        ({"names": ("a", "a")}, "names: expected 2 different read-out names"),
        ({"states": (X, X[:2])}, r"states\[b\]: expected shape \(n, \*features\) with n = 4 .* found \(2, 3\)"),
        ({"states": (X[:0], X[:0])}, r"states\[a\]: expected shape .* n = 0 >= 1 samples"),
        ({"states": (torch.zeros(4), X)}, r"states\[a\]: expected shape .* found \(4,\)"),
        ({"states": (torch.tensor(1.0), X)}, r"states\[a\]: expected shape .* found \(\)"),
        ({"states": (X, X.long())}, r"states\[b\]: expected floating numbers, found torch\.int64"),
        ({"states": (X, X.clone().requires_grad_())}, r"states\[b\]: expected a CPU tensor without gradient"),
        ({"states": (X, X.to("meta"))}, r"states\[b\]: expected a CPU tensor without gradient, found meta"),
        ({"labels": torch.zeros(3, dtype=torch.int64)}, r"labels: expected an int64 CPU tensor of shape \(4,\)"),
        ({"labels": torch.zeros(4)}, r"labels: expected an int64 CPU tensor .* found torch\.float32"),
        ({"sample_ids": torch.zeros(4, 1, dtype=torch.int64)}, "sample_ids: expected an int64"),
        ({"epoch": -1}, "epoch: expected None or a whole number of completed epochs >= 0, found -1"),
        ({"epoch": 1.0}, "epoch: expected None or a whole number"),
        ({"metadata": {"width": 8}}, "metadata: expected text by text, found 'width': 8"),
    ],
)
def test_parts_that_do_not_fit_are_refused_by_name(change, message):
    with pytest.raises(TrackError, match=message):
        Track(**({"states": (X, X), "names": ("a", "b")} | change))


def test_nan_and_infinite_states_are_kept_for_the_scores_to_judge():
    state = torch.tensor([[float("nan"), float("inf")]])
    assert Track(states=(state,), names=("stem",)).legs()[0].states[0][0, 1] == float("inf")


def test_a_saved_track_comes_back_bit_for_bit(tmp_path):
    track = full_track()
    path = track.save(tmp_path / "tracks" / "epoch_0003.safetensors")
    assert_equal(Track.load(path), track)


def test_a_track_without_optional_parts_comes_back(tmp_path):
    track = Track(states=(torch.tensor([[float("nan")]], dtype=torch.bfloat16),), names=("stem",))
    assert_equal(Track.load(track.save(str(tmp_path / "t.safetensors"))), track)


def test_more_than_ten_states_come_back_in_order(tmp_path):
    states = tuple(torch.full((1, 1), float(k)) for k in range(23))
    track = Track(states=states, names=tuple(f"blocks.{k}" for k in range(23)))
    assert_equal(Track.load(track.save(tmp_path / "t.safetensors")), track)


def test_states_that_share_memory_can_be_saved(tmp_path):
    both = torch.randn(2, 4, 3)
    ids = torch.arange(4)
    track = Track(
        states=(both[0], both[1], both[1], both[0].T.contiguous().T),
        names=("a", "b", "c", "d"),
        labels=ids,
        sample_ids=ids,
    )
    assert_equal(Track.load(track.save(tmp_path / "t.safetensors")), track)


def test_saving_replaces_the_old_file_and_leaves_nothing_else_behind(tmp_path):
    path = tmp_path / "t.safetensors"
    Track(states=(X,), names=("old",)).save(path)
    Track(states=(X,), names=("new",)).save(path)
    assert Track.load(path).names == ("new",)
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_save_keeps_the_old_file_and_leaves_nothing_else_behind(tmp_path, monkeypatch):
    path = tmp_path / "t.safetensors"
    Track(states=(X,), names=("old",)).save(path)

    def full_disk(source, target):
        raise OSError("no space left on device")

    monkeypatch.setattr("geodl.tracks.storage.os.replace", full_disk)
    with pytest.raises(OSError, match="no space left"):
        Track(states=(X,), names=("new",)).save(path)
    assert Track.load(path).names == ("old",)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", [b"", b"not a track", b"\x08\x00\x00\x00\x00\x00\x00\x00{}      "])
def test_a_file_that_is_no_track_is_refused(tmp_path, content):
    path = tmp_path / "t.safetensors"
    path.write_bytes(content)
    with pytest.raises(TrackError, match=r"t\.safetensors: expected a (saved )?track"):
        Track.load(path)


def test_a_cut_off_file_is_refused(tmp_path):
    path = full_track().save(tmp_path / "t.safetensors")
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(TrackError, match="safetensors cannot read"):
        Track.load(path)


def test_other_safetensors_files_are_refused(tmp_path):
    from safetensors.torch import save_file

    path = tmp_path / "weights.safetensors"
    save_file({"states.0000": X}, path, metadata={"format": "pt"})
    with pytest.raises(TrackError, match="found other safetensors content"):
        Track.load(path)


def test_a_track_file_whose_parts_do_not_fit_is_refused(tmp_path):
    from safetensors.torch import save_file

    from geodl.tracks.storage import FORMAT

    path = tmp_path / "t.safetensors"
    save_file({"states.0000": X}, path, metadata={"format": FORMAT, "names": '["a", "b"]'})
    with pytest.raises(TrackError, match="names: expected 1 different read-out names"):
        Track.load(path)
    save_file({"states.0000": X}, path, metadata={"format": FORMAT, "names": "[a"})
    with pytest.raises(TrackError, match="expected JSON in the header"):
        Track.load(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="expected a saved track, found no file"):
        Track.load(tmp_path / "none.safetensors")
