"""A user's own archive: what is accepted, and what is refused by name."""

from __future__ import annotations

import numpy as np
import pytest

from geodl.data.npz import load_npz
from geodl.errors import ConfigError, DataError

LABELS = np.array([0, 1, 2, 0, 1, 2], dtype=np.int32)


def pixels(*shape):
    return np.random.default_rng(0).integers(0, 256, size=(6, *shape), dtype=np.uint8)


def write(folder, **changes):
    arrays = {"x_train": pixels(8, 8), "y_train": LABELS, "x_test": pixels(8, 8), "y_test": LABELS, **changes}
    path = folder / "mine.npz"
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return path


def both(x):
    return {"x_train": x, "x_test": x}


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 8, 8), (8, 8, 1), (8, 8, 3), (8, 8)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float64, np.float32])
def test_images_come_out_with_channels_in_front(tmp_path, shape, dtype):
    x = pixels(*shape).astype(dtype)
    loaded = load_npz(path=write(tmp_path, **both(x))).x_train
    expected = x[:, None] if x.ndim == 3 else x if shape[0] in {1, 3} else x.transpose(0, 3, 1, 2)
    assert np.array_equal(loaded, expected)
    assert loaded.dtype == (np.uint8 if dtype == np.uint8 else np.float32)


def test_vectors_become_float32(tmp_path):
    x = np.random.default_rng(0).normal(size=(6, 5))
    loaded = load_npz(path=str(write(tmp_path, **both(x))))
    assert loaded.x_train.dtype == np.float32
    assert np.allclose(loaded.x_train, x, atol=1e-6)
    assert (loaded.n_classes, loaded.y_train.dtype) == (3, np.int64)


@pytest.mark.parametrize(("shape", "which"), [((3, 8, 3), "both"), ((3, 3, 3), "both"), ((4, 8, 8), "neither")])
def test_ambiguous_axes_need_a_layout(tmp_path, shape, which):
    path = write(tmp_path, **both(pixels(*shape)))
    with pytest.raises(DataError, match=rf"x_train: expected 1 or 3 channels .* where {which} could be; set data\.lay"):
        load_npz(path=path)
    assert load_npz(path=path, layout="NCHW").x_train.shape == (6, *shape)
    assert load_npz(path=path, layout="NHWC").x_train.shape == (6, shape[2], shape[0], shape[1])


def test_unknown_layout_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"data\.layout: expected one of auto, NCHW, NHWC, found 'HWC'"):
        load_npz(path=write(tmp_path), layout="HWC")


def with_nan(value=np.nan):
    x = np.zeros((6, 5))
    x[2, 3] = value
    return x


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"y_test": None}, r"data\.path: expected the arrays .*\(missing: y_test\)"),
        (both(with_nan().astype(object)), "x_train: expected numbers, found an array .* unpickling"),
        ({"x_train": with_nan(), "x_test": np.zeros((6, 5))}, "x_train: expected finite values, found NaN"),
        (both(with_nan(1e300)), "x_train: expected finite values, found NaN or infinity"),
        ({"y_train": LABELS[:4]}, "y_train: expected one label a sample, 6, found 4"),
        ({"x_test": pixels(8, 7)}, r"x_test: expected samples like those of x_train, \(1, 8, 8\) uint8"),
        ({"y_test": LABELS + 1}, r"y_test: expected labels in 0\.\.2, found 1\.\.3"),
        ({"y_train": LABELS - 1}, r"y_train: expected labels in 0\.\.1, found -1\.\.1"),
        ({"y_train": 2 * LABELS}, r"y_train: expected every class of 0\.\.4 .* found none for 1, 3"),
        ({"y_train": 0 * LABELS, "y_test": 0 * LABELS}, "y_train: expected at least 2 classes, found 1"),
        ({"y_train": LABELS.astype(float)}, "y_train: expected integer labels, found float64"),
        ({"y_train": LABELS[:, None]}, r"y_train: expected one label a sample, shape \(n,\).*found shape \(6, 1\)"),
        ({"x_train": pixels(8, 8)[:0], "y_train": LABELS[:0]}, r"y_train: expected one label .*found shape \(0,\)"),
        ({"x_test": pixels(8, 8)[:0]}, "x_test: expected at least one sample"),
        (both(pixels(5)), r"x_train: expected uint8 images or floating samples, found uint8 of shape \(6, 5\)"),
        (both(pixels(8, 8).astype(np.int64)), "x_train: expected uint8 images or floating samples, found int64"),
        (both(np.zeros(6)), r"x_train: expected vectors .* found shape \(6,\)"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, changes, message):
    with pytest.raises(DataError, match=message):
        load_npz(path=write(tmp_path, **changes))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"data\.path: expected an npz file, found no file .*absent\.npz"):
        load_npz(path=tmp_path / "absent.npz")


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x03\x04 torn"])
def test_a_file_of_another_kind_is_named(tmp_path, content):
    path = tmp_path / "mine.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"data\.path: expected an npz file, found .*mine\.npz, which cannot be read"):
        load_npz(path=path)


def test_a_folder_is_no_archive(tmp_path):
    with pytest.raises(DataError, match=r"data\.path: expected an npz file, found no file"):
        load_npz(path=tmp_path)


def test_a_single_array_is_no_archive(tmp_path):
    np.save(tmp_path / "mine.npy", LABELS)
    with pytest.raises(DataError, match=r"data\.path: expected an npz file, found a single array"):
        load_npz(path=tmp_path / "mine.npy")


def test_damaged_contents_are_named(tmp_path):
    path = write(tmp_path)
    content = bytearray(path.read_bytes())
    place = content.index(pixels(8, 8).tobytes())
    content[place + 50] ^= 0xFF  # one flipped byte, which the archive's checksum notices
    path.write_bytes(content)
    with pytest.raises(DataError, match="x_train: expected a complete array, found a damaged one"):
        load_npz(path=path)
