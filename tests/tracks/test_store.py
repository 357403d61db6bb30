"""States in a folder: the same numbers, nothing left behind by a failure, memory that does not grow."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from geodl.errors import TrackError
from geodl.tracks import Track, record_track
from geodl.tracks import store as store_module
from tests.tracks.blocks_of_tests import Block, tower

X = torch.randn(7, 3, generator=torch.Generator().manual_seed(0))


def assert_equal(left: Track, right: Track) -> None:
    assert (left.names, left.epoch, left.metadata) == (right.names, right.epoch, right.metadata)
    for field in ("labels", "sample_ids", "positions"):
        one, other = getattr(left, field), getattr(right, field)
        assert (one is None) == (other is None)
        assert one is None or torch.equal(one, other)
    for one, other in zip(left.states, right.states, strict=True):
        assert one.dtype == other.dtype
        assert torch.equal(one, other)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("batch_size", [1, 3, 256])
def test_a_folder_holds_the_track_bit_for_bit(tmp_path, batch_size, dtype):
    model, x = tower().to(dtype), X.to(dtype)
    options = {"batch_size": batch_size, "labels": range(7), "sample_ids": range(10, 17), "epoch": 3}
    expected = record_track(model, x, **options)
    track = record_track(model, x, storage=tmp_path / "deep" / "track", **options)
    assert_equal(track, expected)
    assert_equal(Track.load(tmp_path / "deep" / "track"), expected)
    assert_equal(Track.load(str(tmp_path / "deep" / "track")), expected)
    assert_equal(Track.load(track.save(tmp_path / "track.safetensors")), expected)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["deep", "track.safetensors"]
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["track"]


def test_tokens_and_maps_in_a_folder(tmp_path):
    torch.manual_seed(0)
    text = nn.Sequential(nn.Embedding(9, 4), Block(), Block(), Block())
    mask = torch.tensor([[1] * 6, [1] * 2 + [0] * 4] * 2 + [[1] * 6])
    inputs = {"ids": torch.randint(0, 9, (5, 6)), "attention_mask": mask}
    forward = lambda model, batch: model(batch["ids"])  # noqa: E731 - one line says it
    expected = record_track(text, inputs, forward=forward, batch_size=2)
    assert expected.n_samples == 22
    assert_equal(record_track(text, inputs, forward=forward, batch_size=2, storage=tmp_path / "text"), expected)
    images = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1), nn.ReLU(inplace=True))
    images = nn.Sequential(*images, nn.Conv2d(4, 4, 3, padding=1), nn.ReLU()).to(memory_format=torch.channels_last)
    x = torch.randn(3, 3, 8, 8).to(memory_format=torch.channels_last)
    expected = record_track(images, x, batch_size=2)
    assert expected.states[-1].shape == (3, 4, 6, 6)
    assert_equal(record_track(images, x, batch_size=2, storage=tmp_path / "images"), expected)


def test_an_empty_folder_is_taken_and_a_full_one_refused(tmp_path):
    model = tower()
    (tmp_path / "empty").mkdir()
    assert_equal(record_track(model, X, storage=tmp_path / "empty"), record_track(model, X))
    before = {path.name: path.read_bytes() for path in (tmp_path / "empty").iterdir()}
    with pytest.raises(TrackError, match=r"storage: expected a folder that is new or empty, found .*empty; choose"):
        record_track(model, X + 1.0, storage=tmp_path / "empty")
    assert {path.name: path.read_bytes() for path in (tmp_path / "empty").iterdir()} == before
    (tmp_path / "file").write_text("mine")
    with pytest.raises(TrackError, match="storage: expected a folder that is new or empty"):
        record_track(model, X, storage=tmp_path / "file")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "file"]


def breaking_iterator() -> Iterator[Tensor]:
    yield X
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("inputs", "options", "error"),
    [
        (lambda: [X, X.masked_fill(X > 0, torch.nan)], {}, TrackError),
        (lambda: [X, torch.randn(2, 5)], {}, TrackError),
        (breaking_iterator, {}, KeyboardInterrupt),
        (lambda: X[:1], {}, TrackError),
        (lambda: X, {"labels": [1]}, TrackError),
        (lambda: X, {"metadata": {"width": 8}}, TrackError),
        (lambda: X, {"epoch": -1}, TrackError),
        (lambda: X, {"read_outs": ["block.0"]}, TrackError),
        (lambda: X, {"pool": "maen"}, ValueError),
    ],
)
def test_a_recording_that_fails_leaves_nothing_behind(tmp_path, inputs, options, error):
    with pytest.raises(error):
        record_track(tower(), inputs(), storage=tmp_path / "deep" / "track", **options)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not (tmp_path / "deep" / "track").exists()


@pytest.mark.parametrize("moment", ["states", "header", "columns", "move"])
def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch, moment):
    def full(*_args: object, **_kwargs: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    if moment == "states":
        opened = Path.open

        def open_file(path: Path, *args: object, **kwargs: object) -> object:
            file = opened(path, *args, **kwargs)
            return FullFile(file) if path.suffix == ".bin" else file

        class FullFile:
            def __init__(self, file: object) -> None:
                self.file, self.n = file, 0

            def write(self, data: bytes) -> int:
                self.n += 1
                return full() if self.n > 1 else self.file.write(data)

            def close(self) -> None:
                self.file.close()

        monkeypatch.setattr(Path, "open", open_file)
    elif moment == "header":
        monkeypatch.setattr(Path, "write_text", full)
    elif moment == "columns":
        monkeypatch.setattr(store_module, "save_file", full)
    else:
        monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(OSError, match="No space left on device"):
        record_track(tower(), X, batch_size=3, labels=range(7), storage=tmp_path / "track")
    assert list(tmp_path.iterdir()) == []


def test_what_is_written_to_a_mapped_state_does_not_reach_the_file(tmp_path):
    model = tower()
    track = record_track(model, X, storage=tmp_path / "track")
    for state in track.states:
        state.zero_()
    again = Track.load(tmp_path / "track")
    for state in again.states:
        state.fill_(7.0)
    assert_equal(Track.load(tmp_path / "track"), record_track(model, X))


def test_a_recorded_folder_is_scored_without_the_model(tmp_path):
    from geodl import score_track

    model = tower()
    expected = score_track(record_track(model, X), ["line_shape"]).metrics
    record_track(model, X, storage=tmp_path / "track")
    del model
    assert score_track(Track.load(tmp_path / "track"), ["line_shape"]).metrics == expected


def broken_header(folder: Path, **changes: object) -> None:
    header = json.loads((folder / "track.json").read_text())
    (folder / "track.json").write_text(json.dumps(header | changes))


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "states.0001.bin").write_bytes(b""),
        lambda folder: (folder / "states.0001.bin").unlink(),
        lambda folder: (folder / "track.json").write_text("{"),
        lambda folder: (folder / "track.json").write_text("[]"),
        lambda folder: (folder / "track.json").write_text("{}"),
        lambda folder: (folder / "columns.safetensors").write_bytes(b"no"),
        lambda folder: broken_header(folder, format="geodl-track-folder-0"),
        lambda folder: broken_header(folder, dtypes=["float32"]),
        lambda folder: broken_header(folder, dtypes=["nonsense"] * 4),
        lambda folder: broken_header(folder, dtypes=["float64"] * 4),
        lambda folder: broken_header(folder, shapes=[[7, 5]] * 4),
        lambda folder: broken_header(folder, shapes=None),
        lambda folder: broken_header(folder, fields={}),
        lambda folder: broken_header(folder, fields=None),
    ],
)
def test_a_damaged_folder_is_refused(tmp_path, damage):
    folder = tmp_path / "track"
    record_track(tower(), X, labels=range(7), storage=folder)
    damage(folder)
    with pytest.raises(TrackError):
        Track.load(folder)


def test_a_folder_without_a_track_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"expected a recorded track, found no track\.json"):
        Track.load(tmp_path)


MEASURE = """
import re, sys, torch
from pathlib import Path
from torch import nn
from geodl.tracks import record_track

def peak():  # of this program; ru_maxrss would begin with that of the process it was forked from
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])

class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(4096, 8)
        self.outer = nn.Linear(8, 4096)
    def forward(self, x):
        return x + self.outer(self.inner(x))

n, storage = int(sys.argv[1]), sys.argv[2] or None
model = nn.Sequential(nn.Linear(4, 4096), Block(), Block(), Block(), Block())
record_track(model, (torch.randn(64, 4) for _ in range(4)))
before = peak()
record_track(model, (torch.randn(64, 4) for _ in range(n // 64)), storage=storage)
print((peak() - before) / 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak from /proc, which Linux has")
def test_peak_memory_does_not_grow_with_the_number_of_samples(tmp_path):
    def growth(n: int, storage: str) -> float:
        """Peak memory, in MiB, beyond a recording of 256 samples."""
        done = subprocess.run(
            [sys.executable, "-c", MEASURE, str(n), storage],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        return float(done.stdout)

    one = 5 * 2048 * 4096 * 4 / 2**20  # MiB of all states of 2,048 samples
    small, large = growth(2048, str(tmp_path / "small")), growth(8192, str(tmp_path / "large"))
    assert max(small, large) < 0.25 * one
    assert abs(large - small) < 0.1 * one
    assert growth(2048, "") > 0.8 * one  # what the measurement would see
