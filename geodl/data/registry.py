"""All data sets by name, and the one function that makes a data module from a configuration."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

from geodl.data.arrays import Arrays
from geodl.data.blobs import load_blobs
from geodl.data.digits import load_digits
from geodl.data.mnist5k import load_mnist5k
from geodl.data.module import GeodlDataModule
from geodl.data.npz import load_npz
from geodl.data.options import check_choice, check_integer
from geodl.data.rings import load_rings
from geodl.data.spirals import load_spirals
from geodl.data.torchvision_sets import TORCHVISION_SETS, load_torchvision
from geodl.errors import ConfigError

DATASETS: dict[str, Callable[..., Arrays]] = {
    "mnist5k": load_mnist5k,
    "digits": load_digits,
    "blobs": load_blobs,
    "spirals": load_spirals,
    "rings": load_rings,
    **{name: partial(load_torchvision, name=name) for name in TORCHVISION_SETS},
    "npz": load_npz,
}
"""Loader of every data set; its keyword arguments are the options that only this data set has."""


def build_datamodule(
    name: str,
    *,
    batch_size: int = 128,
    n_train: int | None = None,
    subset_seed: int = 0,
    label_noise: float = 0.0,
    noise_seed: int = 0,
    normalize: str = "channel",
    augment: bool = False,
    drop_last: bool = True,
    seed: int = 0,
    evaluation_batch_size: int = 1000,
    **options: Any,
) -> GeodlDataModule:
    """Make the data module of a configuration's ``data`` group: ``build_datamodule(**cfg.data)``.

    Nothing is read before ``prepare_data`` or ``setup``. Options of single data sets:

    - ``mnist5k``, ``digits``: test_fraction, split_seed
    - ``blobs``, ``spirals``, ``rings``: n_test, dim, n_classes, noise, draw_seed; ``spirals`` also turns
    - ``mnist``, ``fashion_mnist``, ``cifar10``, ``cifar100``, ``svhn``: root, download
    - ``npz``: path, layout

    Args:
        name: a key of ``DATASETS``.
        batch_size: training samples a batch, 1..n_train.
        n_train: number of training samples: of a class-balanced subset, or, for synthetic data, the number
            drawn. None for all samples (synthetic data: the loader's default).
        subset_seed: seed of the subset.
        label_noise: share of training labels redrawn uniformly over the classes, in [0, 1].
        noise_seed: seed of the label noise.
        normalize: "none", "unit" or "channel".
        augment: whether training images are cropped and flipped at random.
        drop_last: whether an incomplete last training batch is left out.
        seed: seed of training order and augmentation.
        evaluation_batch_size: samples a batch of the evaluation loaders.
        **options: options of this data set's loader.

    Returns:
        The data module, not yet set up.

    Raises:
        ConfigError: if the name or an option is unknown or an option is missing.

    >>> datamodule = build_datamodule("rings", batch_size=10, n_train=40, dim=3)
    >>> datamodule.setup()
    >>> datamodule.spec
    DataSpec(name='rings', input_shape=(3,), n_classes=2, n_train=40, n_test=1000)
    """
    loader = DATASETS[check_choice("data.name", name, tuple(DATASETS))]
    parameters = inspect.signature(loader).parameters
    draws_n_train = "n_train" in parameters
    allowed = sorted(set(parameters) - {"name", "n_train"})
    for option in options:
        if option not in allowed:
            raise ConfigError(
                f"data.{option}: expected an option of data={name} (batch_size, n_train, subset_seed, "
                "label_noise, noise_seed, normalize, augment, drop_last, seed, evaluation_batch_size, "
                f"{', '.join(allowed)}), found {option!r}; remove or rename it"
            )
    for option in allowed:
        if parameters[option].default is inspect.Parameter.empty and options.get(option) is None:
            raise ConfigError(
                f"data.{option}: expected a value, which data={name} needs, found none; set data.{option}=..."
            )
    if draws_n_train and n_train is not None:
        options["n_train"] = check_integer("data.n_train", n_train, low=1)
    return GeodlDataModule(
        partial(loader, **options),
        batch_size=batch_size,
        n_train=None if draws_n_train else n_train,
        subset_seed=subset_seed,
        label_noise=label_noise,
        noise_seed=noise_seed,
        normalize=normalize,
        augment=augment,
        drop_last=drop_last,
        seed=seed,
        evaluation_batch_size=evaluation_batch_size,
    )
