from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from geodl.errors import ConfigError
from geodl.networks import Block
from geodl.networks.layers import Layers
from geodl.networks.parts import build_block
from geodl.networks.shortcut import PaddingShortcut


@pytest.mark.parametrize("scale", [1.0, 0.25])
def test_a_residual_block_is_the_input_plus_the_scaled_branch(scale):
    branch = nn.Sequential(nn.Linear(3, 3), nn.Tanh())
    x = torch.randn(7, 3)
    torch.testing.assert_close(Block(branch, skip=True, scale=scale)(x), x + scale * branch(x))


def test_a_plain_block_is_the_branch_alone():
    branch = nn.Sequential(nn.Linear(3, 3), nn.Tanh())
    x = torch.randn(7, 3)
    assert torch.equal(Block(branch, skip=False)(x), branch(x))


def test_the_activation_comes_after_the_addition():
    block = Block(nn.Identity(), skip=True, activation_after=nn.ReLU())
    assert block(torch.tensor([[-1.0, 2.0]])).tolist() == [[0.0, 4.0]]


@pytest.mark.parametrize("norm", ["batch", "layer", "none"])
@pytest.mark.parametrize(("domain", "shape"), [("vector", (5, 4)), ("map", (5, 4, 6, 6))])
def test_pre_activation_residual_minus_skip_equals_the_plain_twin(norm, domain, shape):
    plain, resnet = (
        build_block(Layers(domain, norm=norm, activation="relu"), 4, 4, skip=skip, order="pre")
        for skip in (False, True)
    )
    resnet.load_state_dict(plain.state_dict())
    x = torch.randn(shape)
    torch.testing.assert_close(resnet(x) - x, plain(x))


def test_post_activation_branch_of_the_residual_block_equals_that_of_the_plain_twin_where_shapes_change():
    plain, resnet = (
        build_block(Layers("map", norm="none", activation="relu"), 2, 4, skip=skip, order="post", stride=2)
        for skip in (False, True)
    )
    resnet.load_state_dict(plain.state_dict())
    x = torch.randn(3, 2, 6, 6)
    assert torch.equal(plain(x), torch.relu(resnet.branch(x)))
    padded = torch.zeros(3, 4, 3, 3)
    for channel in range(2):
        for row in range(3):
            for column in range(3):
                padded[:, channel, row, column] = x[:, channel, 2 * row, 2 * column]
    torch.testing.assert_close(resnet(x), torch.relu(padded + resnet.branch(x)))


@pytest.mark.parametrize("size", [4, 5])
def test_padding_shortcut_has_no_parameters_and_the_shape_of_a_strided_convolution(size):
    shortcut = PaddingShortcut(3, 6, stride=2)
    convolution = nn.Conv2d(3, 6, 3, stride=2, padding=1)
    x = torch.randn(2, 3, size, size)
    assert shortcut(x).shape == convolution(x).shape
    assert list(shortcut.parameters()) == []
    assert shortcut(x)[:, 3:].abs().max() == 0.0


@pytest.mark.parametrize("scale", [0.0, -1.0, math.nan, math.inf, True, "1"])
def test_a_scale_that_is_no_positive_number_is_refused(scale):
    with pytest.raises(ConfigError, match=r"network\.residual_scale: expected a finite number > 0"):
        Block(nn.Identity(), skip=True, scale=scale)


def test_a_plain_block_refuses_a_residual_scale():
    with pytest.raises(ConfigError, match=r"network\.residual_scale: expected 1.0 for a plain network.*found 0.5"):
        Block(nn.Identity(), skip=False, scale=0.5)
