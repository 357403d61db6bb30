"""Downloaded data sets, read from files written here in torchvision's formats, and missing without a network."""

from __future__ import annotations

import io
import pickle
import socket
import struct
import urllib.error
import urllib.request

import numpy as np
import pytest
import scipy.io
from torchvision import datasets

from geodl.data.torchvision_sets import TORCHVISION_SETS, load_torchvision
from geodl.errors import ConfigError, DataError

RNG = np.random.default_rng(0)


def pixels(n, *shape):
    return RNG.integers(0, 256, size=(n, *shape), dtype=np.uint8)


def write_idx(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    path.write_bytes(header + array.tobytes())


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_idx_files_are_read(tmp_path, name):
    folder = tmp_path / TORCHVISION_SETS[name].folder
    written = {}
    for part, n in (("train", 20), ("t10k", 10)):
        x, y = pixels(n, 28, 28), np.arange(n, dtype=np.uint8) % 10
        write_idx(folder / f"{part}-images-idx3-ubyte", x)
        write_idx(folder / f"{part}-labels-idx1-ubyte", y)
        written[part] = x, y
    arrays = load_torchvision(name=name, root=tmp_path, download=False)
    assert np.array_equal(arrays.x_train[:, 0], written["train"][0])
    assert np.array_equal(arrays.x_test[:, 0], written["t10k"][0])
    assert np.array_equal(arrays.y_test, written["t10k"][1])


def write_pickle(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    # CIFAR's files of 2009 give dtype() integers for its flags, where later pickles have booleans
    path.write_bytes(pickle.dumps(content, protocol=2).replace(b"\x89\x88\x87", b"K\x00K\x01\x87"))


@pytest.mark.parametrize(("name", "label_key"), [("cifar10", "labels"), ("cifar100", "fine_labels")])
def test_cifar_pickles_are_read_quietly(tmp_path, monkeypatch, name, label_key):
    row = TORCHVISION_SETS[name]
    kind = getattr(datasets, row.class_name)
    files = [file for file, _ in kind.train_list], [file for file, _ in kind.test_list]
    written = {}
    for file in [*files[0], *files[1]]:
        x = pixels(row.n_classes, 3, 32, 32)
        content = {"data": x.reshape(len(x), -1), label_key: list(range(row.n_classes))}
        write_pickle(tmp_path / kind.base_folder / file, content)
        written[file] = x
    monkeypatch.setattr(kind, "_check_integrity", lambda self: True)
    monkeypatch.setattr(kind, "_load_meta", lambda self: None)
    arrays = load_torchvision(name=name, root=str(tmp_path), download=False)
    assert np.array_equal(arrays.x_train, np.concatenate([written[file] for file in files[0]]))
    assert np.array_equal(arrays.x_test, written[files[1][0]])
    assert np.array_equal(arrays.y_test, np.arange(row.n_classes))
    assert arrays.x_train.flags.c_contiguous


def test_svhn_files_are_read_with_ten_meaning_zero(tmp_path, monkeypatch):
    x, y = pixels(20, 32, 32, 3), np.arange(20) % 10 + 1
    for part in ("train", "test"):
        content = {"X": x.transpose(1, 2, 3, 0), "y": y[:, None].astype(np.uint8)}
        scipy.io.savemat(tmp_path / f"{part}_32x32.mat", content)
    monkeypatch.setattr(datasets.SVHN, "_check_integrity", lambda self: True)
    arrays = load_torchvision(name="svhn", root=tmp_path, download=False)
    assert np.array_equal(arrays.x_train, x.transpose(0, 3, 1, 2))
    assert np.array_equal(arrays.y_train, y % 10)


@pytest.mark.parametrize("name", list(TORCHVISION_SETS))
@pytest.mark.parametrize(
    "cause",
    [
        urllib.error.URLError("no route to host"),
        ConnectionResetError("reset by peer"),
        TimeoutError("timed out"),
    ],
)
def test_without_a_network_one_line_says_what_to_put_where(tmp_path, monkeypatch, capfd, name, cause):
    timeouts = []

    def refuse(*arguments, **keywords):
        timeouts.append(socket.getdefaulttimeout())
        raise cause

    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    socket.setdefaulttimeout(77.0)
    try:
        with pytest.raises(DataError) as caught:
            load_torchvision(name=name, root=tmp_path / "sets")
        assert socket.getdefaulttimeout() == 77.0
    finally:
        socket.setdefaulttimeout(None)
    message = str(caught.value)
    row = TORCHVISION_SETS[name]
    assert "\n" not in message
    assert message.startswith(f"data={name}: not found in {tmp_path / 'sets'} and could not be downloaded (")
    assert str(cause.args[0]) in message
    assert message.endswith(f"put {', '.join(row.files)} into {tmp_path / 'sets' / row.folder} or use data=mnist5k")
    assert set(timeouts) == {20.0}
    assert capfd.readouterr() == ("", "")


class TornResponse(io.BytesIO):
    """An answer of a server that holds the wrong bytes."""

    url = "https://example.org/file"
    length = 9


def test_a_damaged_download_is_refused_without_a_progress_bar(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(urllib.request, "urlopen", lambda *arguments, **keywords: TornResponse(b"not a tar"))
    with pytest.raises(DataError, match=r"data=cifar10: not found .*RuntimeError: File not found or corrupted"):
        load_torchvision(name="cifar10", root=tmp_path)
    assert (tmp_path / "cifar-10-python.tar.gz").read_bytes() == b"not a tar"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", list(TORCHVISION_SETS))
def test_without_permission_to_download_nothing_is_tried(tmp_path, monkeypatch, name):
    monkeypatch.setattr(urllib.request, "urlopen", lambda *arguments, **keywords: pytest.fail("opened a connection"))
    with pytest.raises(DataError, match=rf"data={name}: expected its unpacked files in .*; set data\.download=true"):
        load_torchvision(name=name, root=tmp_path, download=False)


@pytest.mark.parametrize("name", list(TORCHVISION_SETS))
def test_the_files_named_are_those_that_torchvision_looks_for(name):
    row = TORCHVISION_SETS[name]
    kind = getattr(datasets, row.class_name)
    if name == "svhn":
        expected = [kind.split_list[part][1] for part in ("train", "test")]
    elif name.startswith("cifar"):
        expected = [kind.filename]
    else:
        expected = [file for file, _ in kind.resources]
    assert list(row.files) == expected


def test_bad_options_are_named(tmp_path):
    with pytest.raises(ConfigError, match=r"data\.name: expected one of mnist, fashion_mnist"):
        load_torchvision(name="imagenet", root=tmp_path)
    with pytest.raises(ConfigError, match=r"data\.download: expected true or false"):
        load_torchvision(name="mnist", root=tmp_path, download="no")
