"""``mnist``, ``fashion_mnist``, ``cifar10``, ``cifar100``, ``svhn``, by way of torchvision; downloaded once."""

from __future__ import annotations

import contextlib
import http.client
import io
import logging
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodl.data.arrays import Arrays
from geodl.data.options import check_choice, check_flag
from geodl.errors import DataError

_LOGGER = logging.getLogger(__name__)

_TIMEOUT_S = 20.0  # of silence from a server; without one, a blocked network hangs the run

_IDX_FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


@dataclass(frozen=True)
class TorchvisionSet:
    """One row of the table: where torchvision has a data set and which files it needs.

    Attributes:
        class_name: name in ``torchvision.datasets``.
        n_classes: number of classes.
        files: the files as they are downloaded, which a user without a network fetches elsewhere.
        folder: where below the root these files belong.
        train: keyword arguments that select the training set.
        test: keyword arguments that select the test set.
    """

    class_name: str
    n_classes: int
    files: tuple[str, ...]
    folder: str = ""
    train: dict[str, Any] = field(default_factory=lambda: {"train": True})
    test: dict[str, Any] = field(default_factory=lambda: {"train": False})


TORCHVISION_SETS = {
    # LeCun, Bottou, Bengio & Haffner (1998)
    "mnist": TorchvisionSet("MNIST", 10, _IDX_FILES, "MNIST/raw"),
    # Xiao, Rasul & Vollgraf (2017), arXiv 1708.07747
    "fashion_mnist": TorchvisionSet("FashionMNIST", 10, _IDX_FILES, "FashionMNIST/raw"),
    # Krizhevsky (2009)
    "cifar10": TorchvisionSet("CIFAR10", 10, ("cifar-10-python.tar.gz",)),
    "cifar100": TorchvisionSet("CIFAR100", 100, ("cifar-100-python.tar.gz",)),
    # Netzer et al. (2011), without the "extra" part
    "svhn": TorchvisionSet(
        "SVHN", 10, ("train_32x32.mat", "test_32x32.mat"), train={"split": "train"}, test={"split": "test"}
    ),
}


def load_torchvision(*, name: str, root: str | Path, download: bool = True) -> Arrays:
    """Load one of torchvision's data sets, downloading it if it is not there yet.

    Args:
        name: a key of ``TORCHVISION_SETS``.
        root: folder of all downloaded data sets.
        download: whether to download what is missing (and to unpack archives that a user has put there).

    Returns:
        (n, C, H, W) uint8 images of the official training and test sets.

    Raises:
        DataError: if files are missing or damaged and could not be downloaded.
    """
    check_choice("data.name", name, tuple(TORCHVISION_SETS))
    check_flag("data.download", download)
    # imported here: torchvision takes seconds, and only these five data sets need it
    from torchvision import datasets

    row = TORCHVISION_SETS[name]
    folder = Path(root).expanduser()
    dataset_class = getattr(datasets, row.class_name)
    _LOGGER.info("data=%s: reading from %s%s", name, folder, " (downloaded if missing)" if download else "")
    try:
        with _quiet_and_bounded():
            train, test = (
                dataset_class(root=folder, download=download, **selection) for selection in (row.train, row.test)
            )
    except (OSError, RuntimeError, http.client.HTTPException) as error:
        raise DataError(_missing(name, row, folder, download, error)) from error
    return Arrays(name, *_images_and_labels(train), *_images_and_labels(test), n_classes=row.n_classes)


def _missing(name: str, row: TorchvisionSet, root: Path, download: bool, error: Exception) -> str:
    place = root / row.folder
    files = ", ".join(row.files)
    if not download:
        return (
            f"data={name}: expected its unpacked files in {root}, found none that are complete; "
            f"set data.download=true, which also unpacks {files} if you put them into {place}, "
            "or use data=mnist5k"
        )
    cause = " ".join(str(error).split())  # torchvision's messages run over several lines
    return (
        f"data={name}: not found in {root} and could not be downloaded ({type(error).__name__}: {cause}); "
        f"put {files} into {place} or use data=mnist5k"
    )


@contextlib.contextmanager
def _quiet_and_bounded() -> Iterator[None]:
    """No progress bars and no endless waiting."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_TIMEOUT_S)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        socket.setdefaulttimeout(before)


# The arrays behind a torchvision data set, whose classes disagree about names and axes.
def _images_and_labels(dataset: Any) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    images = np.asarray(dataset.data, dtype=np.uint8)
    if images.ndim == 3:  # MNIST and its kin: (n, H, W)
        images = images[:, np.newaxis]
    elif images.shape[3] == 3:  # CIFAR: (n, H, W, C); SVHN has its channels in front already
        images = np.moveaxis(images, 3, 1)
    labels = dataset.labels if hasattr(dataset, "labels") else dataset.targets
    return np.ascontiguousarray(images), np.asarray(labels, dtype=np.int64)
