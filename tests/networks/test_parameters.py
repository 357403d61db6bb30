from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from geodl.networks import build_network, split_parameters, weight_matrices


@pytest.mark.parametrize("name", ["plain_mlp", "resnet_cnn"])
@pytest.mark.parametrize("norm", ["batch", "none"])
def test_split_holds_every_parameter_once_and_weights_are_the_matrices(name, norm):
    network = build_network(name, (3, 8, 8), 10, depth=1, width=4, norm=norm)
    weights, rest = split_parameters(network)
    assert {id(p) for p in weights} | {id(p) for p in rest} == {id(p) for p in network.parameters()}
    assert len(weights) + len(rest) == len(list(network.parameters()))
    assert all(weight.ndim >= 2 for weight in weights)
    assert all(other.ndim == 1 for other in rest)


def test_weight_matrices_have_their_names_in_the_state_dict():
    network = build_network("resnet_mlp", (2,), 2, depth=1, width=4)
    named = weight_matrices(network)
    assert [name for name, _ in named] == [
        "stem.affine.weight",
        "blocks.0.branch.affine1.weight",
        "blocks.0.branch.affine2.weight",
        "head.affine.weight",
    ]
    assert all(network.state_dict()[name].data_ptr() == weight.data_ptr() for name, weight in named)


def test_a_shared_weight_is_listed_once_and_an_embedding_is_none():
    first, second = nn.Linear(3, 3), nn.Linear(3, 3)
    second.weight = first.weight
    network = nn.Sequential(nn.Embedding(5, 3), first, second)
    assert [name for name, _ in weight_matrices(network)] == ["1.weight"]
    assert len(split_parameters(network)[1]) == 3


def test_a_lone_layer_is_its_own_network():
    assert [name for name, _ in weight_matrices(nn.Linear(2, 2))] == ["weight"]


def test_initial_weights_have_the_variance_of_he_and_norms_start_at_one():
    torch.manual_seed(0)
    network = build_network("resnet_cnn", (3, 8, 8), 10, depth=1, width=64)
    kernel = network.blocks[0].branch.affine1.weight
    assert kernel.std().item() == pytest.approx(math.sqrt(2.0 / (64 * 9)), rel=0.02)
    wide = build_network("plain_mlp", (784,), 10, depth=1, width=16)
    assert wide.stem.affine.weight.std().item() == pytest.approx(math.sqrt(2.0 / 784), rel=0.02)
    assert kernel.mean().item() == pytest.approx(0.0, abs=0.001)
    assert network.head.affine.bias.abs().max() == 0.0
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    assert all(torch.equal(norm.weight, torch.ones_like(norm.weight)) for norm in norms)
    assert all(torch.equal(norm.bias, torch.zeros_like(norm.bias)) for norm in norms)
