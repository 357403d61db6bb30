"""From arrays to what the network is fed: subset, label noise, float32, normalisation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from geodl.data.arrays import Arrays, Samples
from geodl.data.balance import balanced_indices
from geodl.data.label_noise import redraw_labels
from geodl.data.normalization import Normalization, fit_normalization
from geodl.data.options import check_integer, check_real
from geodl.data.spec import DataSpec
from geodl.data.streams import numpy_stream


@dataclass(frozen=True, eq=False)
class Tensors:
    """A data set ready for training, in memory.

    Attributes:
        spec: shapes and sizes.
        x_train: (n_train, *input_shape) float32, normalised.
        y_train: (n_train,) int64, the labels the network trains on, label noise included.
        y_train_clean: (n_train,) int64, the labels before label noise.
        train_ids: (n_train,) int64, positions in the data set's own training split, before the subset was
            taken.
        x_test: (n_test, *input_shape) float32, normalised with the training set's map.
        y_test: (n_test,) int64, never noisy.
        normalization: the map that was fitted on the training samples.
    """

    spec: DataSpec
    x_train: Tensor
    y_train: Tensor
    y_train_clean: Tensor
    train_ids: Tensor
    x_test: Tensor
    y_test: Tensor
    normalization: Normalization


def make_tensors(
    arrays: Arrays,
    *,
    n_train: int | None = None,
    subset_seed: int = 0,
    label_noise: float = 0.0,
    noise_seed: int = 0,
    normalize: str = "channel",
) -> Tensors:
    """Take a subset, add label noise and normalise, in this order.

    The normalisation is fitted on the training samples in use. The arrays are not changed, and their values
    are converted once.

    Args:
        arrays: the data set.
        n_train: size of the class-balanced training subset; None for all samples as they are.
        subset_seed: seed of the subset.
        label_noise: share of training labels that is redrawn, in [0, 1].
        noise_seed: seed of the label noise.
        normalize: "none", "unit" or "channel", see :func:`geodl.data.normalization.fit_normalization`.

    Returns:
        The tensors.

    >>> points = np.array([[0.0], [4.0]], dtype=np.float32)
    >>> arrays = Arrays("two", points, np.array([0, 1]), points, np.array([0, 1]), n_classes=2)
    >>> make_tensors(arrays, normalize="unit").x_train.tolist()
    [[0.0], [1.0]]
    """
    train_ids = _choose_subset(arrays, n_train, check_integer("data.subset_seed", subset_seed, low=0))
    share = check_real("data.label_noise", label_noise, low=0.0, high=1.0)
    clean = arrays.y_train[train_ids]
    noisy = redraw_labels(clean, arrays.n_classes, share, check_integer("data.noise_seed", noise_seed, low=0))
    x_train = _to_float32(arrays.x_train if n_train is None else arrays.x_train[train_ids])
    x_test = _to_float32(arrays.x_test)
    normalization = fit_normalization(x_train, normalize, is_pixels=arrays.x_train.dtype == np.uint8)
    return Tensors(
        spec=DataSpec(
            name=arrays.name,
            input_shape=tuple(x_train.shape[1:]),
            n_classes=arrays.n_classes,
            n_train=len(x_train),
            n_test=len(x_test),
        ),
        x_train=normalization.apply_(x_train),
        y_train=torch.from_numpy(noisy),
        y_train_clean=torch.from_numpy(clean),
        train_ids=torch.from_numpy(train_ids),
        x_test=normalization.apply_(x_test),
        y_test=torch.from_numpy(arrays.y_test.copy()),
        normalization=normalization,
    )


def _choose_subset(arrays: Arrays, n_train: int | None, seed: int) -> NDArray[np.int64]:
    everything = np.arange(len(arrays.y_train), dtype=np.int64)
    if n_train is None:
        return everything
    size = check_integer("data.n_train", n_train, low=1, high=len(everything), why="the training samples")
    if size == len(everything):
        return everything
    rng = numpy_stream("subset", seed)
    return balanced_indices(arrays.y_train, size, arrays.n_classes, rng, key="data.n_train")


def _to_float32(x: Samples) -> Tensor:
    # astype copies float32 too: normalising in place must not reach the caller's array
    return torch.from_numpy(x.astype(np.float32))
