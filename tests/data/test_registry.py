"""Every data set by name, with the options it has."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from geodl.data import DATASETS, GeodlDataModule, build_datamodule
from geodl.errors import ConfigError


def test_the_names_are_those_of_the_documentation():
    synthetic, downloaded = {"blobs", "spirals", "rings"}, {"mnist", "fashion_mnist", "cifar10", "cifar100", "svhn"}
    assert set(DATASETS) == {"mnist5k", "digits", "npz"} | synthetic | downloaded
    for name in DATASETS:
        assert f"``{name}``" in build_datamodule.__doc__


@pytest.mark.parametrize("name", ["mnist5k", "digits", "blobs", "spirals", "rings"])
def test_every_data_set_that_needs_no_file_is_built_by_its_name_alone(name):
    datamodule = build_datamodule(name)
    datamodule.setup()
    assert datamodule.spec.name == name
    x, y = next(iter(datamodule.train_dataloader()))
    assert tuple(x.shape) == (128, *datamodule.spec.input_shape)
    assert tuple(y.shape) == (128,)
    assert datamodule.spec.is_image == (x.ndim == 4)
    assert datamodule.spec.n_features == x[0].numel()


def test_common_options_are_those_of_the_data_module():
    built = {
        k: p.default for k, p in inspect.signature(build_datamodule).parameters.items() if k not in {"name", "options"}
    }
    module = {
        k: p.default
        for k, p in inspect.signature(GeodlDataModule.__init__).parameters.items()
        if k not in {"self", "load"}
    }
    assert built == module


def test_options_reach_the_loader(tmp_path):
    datamodule = build_datamodule("spirals", batch_size=10, n_train=60, n_test=30, dim=7, n_classes=3, noise=0.0)
    datamodule.setup()
    assert datamodule.spec.input_shape == (7,)
    assert (datamodule.spec.n_classes, datamodule.spec.n_train, datamodule.spec.n_test) == (3, 60, 30)
    x, y = np.zeros((4, 3)), np.array([0, 1, 0, 1])
    np.savez(tmp_path / "mine.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    own = build_datamodule("npz", batch_size=2, path=tmp_path / "mine.npz")
    own.setup()
    assert own.spec.name == "npz"


def test_nothing_is_read_before_setup(tmp_path):
    assert isinstance(build_datamodule("npz", path=tmp_path / "absent.npz"), GeodlDataModule)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("mnist6k", {}, r"data\.name: expected one of mnist5k, digits, .*, found 'mnist6k'"),
        ("digits", {"dim": 3}, r"data\.dim: expected an option of data=digits \(.*split_seed, test_fraction\), found"),
        ("npz", {}, r"data\.path: expected a value, which data=npz needs, found none; set data\.path"),
        ("cifar10", {"root": None}, r"data\.root: expected a value, which data=cifar10 needs"),
        ("rings", {"n_train": 0}, r"data\.n_train: expected an integer >= 1, found 0"),
    ],
)
def test_bad_names_and_options_are_named(name, options, message):
    with pytest.raises(ConfigError, match=message):
        build_datamodule(name, **options)
