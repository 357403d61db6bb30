from __future__ import annotations

import itertools

import pytest
import torch

from geodl.errors import ConfigError
from geodl.networks import NETWORKS, build_network

IMAGE = (3, 8, 8)


@pytest.mark.parametrize(
    ("name", "order", "norm"), list(itertools.product(NETWORKS, ["pre", "post"], ["batch", "layer", "none"]))
)
def test_every_network_classifies_and_learns_from_gradients(name, order, norm):
    network = build_network(name, IMAGE, 10, depth=2, width=8, order=order, norm=norm)
    logits = network(torch.randn(4, *IMAGE))
    assert logits.shape == (4, 10)
    logits.square().sum().backward()
    gradients = [parameter.grad for parameter in network.parameters()]
    assert all(gradient is not None and torch.isfinite(gradient).all() for gradient in gradients)


@pytest.mark.parametrize(("domain", "order"), list(itertools.product(["mlp", "cnn"], ["pre", "post"])))
def test_twins_of_one_seed_have_the_same_parameters_bit_for_bit(domain, order):
    states = []
    for family in ("plain", "resnet"):
        torch.manual_seed(3)
        network = build_network(f"{family}_{domain}", IMAGE, 10, depth=2, width=4, order=order)
        states.append((network.state_dict(), torch.get_rng_state()))
    (plain, plain_rng), (resnet, resnet_rng) = states
    assert list(plain) == list(resnet)
    assert all(torch.equal(plain[key], resnet[key]) for key in plain)
    assert torch.equal(plain_rng, resnet_rng)


def test_another_seed_gives_other_parameters():
    torch.manual_seed(0)
    first = build_network("resnet_mlp", (2,), 2, depth=1, width=4)
    torch.manual_seed(1)
    second = build_network("resnet_mlp", (2,), 2, depth=1, width=4)
    assert not torch.equal(first.stem.affine.weight, second.stem.affine.weight)


@pytest.mark.parametrize("name", NETWORKS)
def test_twins_differ_in_the_family_and_the_skip_alone(name):
    network = build_network(name, IMAGE, 10, depth=2, width=4)
    assert network.family == name.split("_")[0]
    assert [block.skip for block in network.blocks] == [network.family == "resnet"] * len(network.blocks)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "resnet_mpl"}, r"network\.name: .* found 'resnet_mpl'; did you mean 'resnet_mlp'\?"),
        ({"depth": 0}, r"network\.depth: expected a whole number >= 1, found 0; set network\.depth to 1 or more"),
        ({"depth": 2.0}, r"network\.depth: expected a whole number >= 1, found 2\.0"),
        ({"width": -1}, r"network\.width: expected a whole number >= 1, found -1"),
        ({"order": "pots"}, r"network\.order: expected one of pre, post, found 'pots'; did you mean 'post'\?"),
        ({"norm": "btach"}, r"network\.norm: .* did you mean 'batch'\?"),
        ({"activation": "rlu"}, r"network\.activation: .* did you mean 'relu'\?"),
        ({"name": "plain_mlp", "residual_scale": 0.1}, r"network\.residual_scale: expected 1\.0 for a plain network"),
        ({"name": "plain_mlp", "stages": 3}, r"network\.stages: expected nothing for plain_mlp"),
        ({"name": "plain_mlp", "stem_stride": 2}, r"network\.stem_stride: expected nothing for plain_mlp"),
        ({"hidden": 8}, r"network\.hidden: expected nothing for resnet_cnn, .* found 8; leave it out or choose an MLP"),
        ({"name": "plain_mlp", "hidden": 0}, r"network\.hidden: expected a whole number >= 1, found 0"),
        ({"stages": 0}, r"network\.stages: expected a whole number >= 1"),
        ({"stem_stride": 0}, r"network\.stem_stride: expected a whole number >= 1"),
        ({"input_shape": (64,)}, r"network: expected images .*found samples of shape \(64,\); choose plain_mlp"),
        ({"input_shape": (1, 3, 8)}, r"network\.stages: expected images of at least 4 x 4 .* found 3 x 8"),
        ({"stem_stride": 4}, r"found 2 x 2 \(data 8 x 8, stem stride 4\)"),
    ],
)
def test_a_wrong_option_is_refused_by_its_key(change, message):
    options = {"name": "resnet_cnn", "input_shape": IMAGE, "n_classes": 10, "depth": 1, "width": 4} | change
    with pytest.raises(ConfigError, match=message):
        build_network(**options)
