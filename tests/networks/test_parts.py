from __future__ import annotations

import pytest
import torch
from torch import nn

from geodl.errors import ConfigError
from geodl.networks.layers import ACTIVATIONS, Layers
from geodl.networks.parts import build_branch, build_head, build_stem


def kinds(module: nn.Module) -> list[str]:
    return [type(child).__name__ for child in module.children()]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("post", ["Linear", "BatchNorm1d", "ReLU", "Linear", "BatchNorm1d"]),
        ("pre", ["BatchNorm1d", "ReLU", "Linear", "BatchNorm1d", "ReLU", "Linear"]),
    ],
)
def test_branch_has_the_published_order(order, expected):
    assert kinds(build_branch(Layers("vector", norm="batch", activation="relu"), 4, 4, order=order)) == expected


@pytest.mark.parametrize(
    ("order", "stem", "head"),
    [
        ("post", ["Conv2d", "BatchNorm2d", "ReLU"], ["AdaptiveAvgPool2d", "Flatten", "Linear"]),
        ("pre", ["Conv2d"], ["BatchNorm2d", "ReLU", "AdaptiveAvgPool2d", "Flatten", "Linear"]),
    ],
)
def test_stem_and_head_of_images_complete_the_order(order, stem, head):
    layers = Layers("map", norm="batch", activation="relu")
    assert kinds(build_stem(layers, 3, 8, order=order)) == stem
    assert kinds(build_head(layers, 8, 10, order=order)) == head


def test_layers_have_a_bias_only_without_a_norm():
    assert Layers("vector", norm="none", activation="relu").affine(2, 2).bias is not None
    assert Layers("vector", norm="batch", activation="relu").affine(2, 2).bias is None
    assert Layers("map", norm="layer", activation="relu").affine(2, 2).bias is None


def test_layer_norm_of_a_map_normalises_each_sample_over_channels_and_pixels():
    norm = Layers("map", norm="layer", activation="relu").norm(4)["norm"]
    y = norm(5.0 + 3.0 * torch.randn(6, 4, 8, 8)).flatten(1)
    torch.testing.assert_close(y.mean(1), torch.zeros(6), atol=1e-5, rtol=0)
    torch.testing.assert_close(y.var(1, unbiased=False), torch.ones(6), atol=1e-4, rtol=0)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_no_activation_overwrites_its_input(name):
    x = torch.randn(50)
    before = x.clone()
    y = Layers("vector", norm="none", activation=name).activation()(x)
    assert torch.equal(x, before)
    assert y.data_ptr() != x.data_ptr()


@pytest.mark.parametrize(
    ("norm", "activation", "message"),
    [
        ("bacth", "relu", r"network\.norm: expected one of batch, layer, none, found 'bacth'; did you mean 'batch'\?"),
        ("batch", "rleu", r"network\.activation: .* found 'rleu'; did you mean 'relu'\?"),
        ("qqqq", "relu", r"network\.norm: .* found 'qqqq'; choose one of them"),
    ],
)
def test_a_misspelt_layer_is_refused_with_the_nearest_name(norm, activation, message):
    with pytest.raises(ConfigError, match=message):
        Layers("vector", norm=norm, activation=activation)


@pytest.mark.parametrize("n_classes", [1, 0, True, 2.0])
def test_a_head_needs_two_classes(n_classes):
    with pytest.raises(ConfigError, match="n_classes: expected a whole number >= 2"):
        build_head(Layers("vector", norm="none", activation="relu"), 4, n_classes, order="post")
