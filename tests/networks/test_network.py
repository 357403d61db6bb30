from __future__ import annotations

import pytest
import torch

from geodl.networks import CNN, MLP, build_network


def test_forward_is_the_head_of_the_last_state():
    network = build_network("resnet_cnn", (1, 8, 8), 5, depth=1, width=4).eval()
    x = torch.randn(3, 1, 8, 8)
    assert torch.equal(network(x), network.head(network.states(x)[-1]))


def test_states_are_the_outputs_of_the_named_modules():
    network = MLP((4,), 2, depth=3, width=6, skip=True).eval()
    x = torch.randn(5, 4)
    states = network.states(x)
    assert network.read_outs() == ["stem", "blocks.0", "blocks.1", "blocks.2"]
    assert len(states) == len(network.read_outs())
    for index in range(3):
        assert torch.equal(network.get_submodule(f"blocks.{index}")(states[index]), states[index + 1])


def test_post_activation_states_are_after_the_last_activation():
    network = MLP((4,), 2, depth=2, width=6, skip=False, order="post")
    assert all(state.min() >= 0.0 for state in network.states(torch.randn(20, 4)))


@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize("order", ["pre", "post"])
def test_parameter_count_of_an_mlp_is_the_one_counted_by_hand(skip, order):
    network = MLP((1, 28, 28), 10, depth=8, width=128, skip=skip, order=order)
    stem, block, norm, head = 784 * 128, 2 * (128 * 128 + 2 * 128), 2 * 128, 128 * 10 + 10
    # the stem's norm in order "post" and the head's norm in order "pre" have the same size
    assert network.n_parameters == stem + 8 * block + norm + head == 368_138


@pytest.mark.parametrize("order", ["pre", "post"])
def test_the_hidden_width_is_that_inside_the_blocks_alone(order):
    network = MLP((2,), 3, depth=2, width=2, hidden=7, skip=True, order=order)
    states = network.states(torch.randn(5, 2))
    assert [tuple(state.shape) for state in states] == [(5, 2)] * 3
    for block in network.blocks:
        assert tuple(block.branch.affine1.weight.shape) == (7, 2)
        assert tuple(block.branch.affine2.weight.shape) == (2, 7)
    # per block: 7 x 2 + 2 x 7 weights; norms of 7 and 2 features with scale and shift; stem, norm, head
    assert network.n_parameters == 2 * 2 + 2 * (28 + 2 * 9) + 2 * 2 + (2 * 3 + 3)


@pytest.mark.parametrize("order", ["pre", "post"])
def test_no_hidden_width_is_the_width(order):
    parameters = []
    for hidden in (None, 6):
        torch.manual_seed(0)
        parameters.append(MLP((4,), 2, depth=2, width=6, skip=True, order=order, hidden=hidden).state_dict())
    assert list(parameters[0]) == list(parameters[1])
    assert all(torch.equal(parameters[0][key], parameters[1][key]) for key in parameters[0])


@pytest.mark.parametrize("skip", [False, True])
def test_resnet_20_has_the_parameters_of_he_et_al(skip):
    assert CNN((3, 32, 32), 10, depth=3, width=16, skip=skip, order="post").n_parameters == 269_722


def test_frozen_parameters_are_not_counted():
    network = MLP((2,), 2, depth=1, width=4, skip=True, norm="none")
    total = network.n_parameters
    network.stem.affine.weight.requires_grad_(False)
    assert network.n_parameters == total - 8


def test_three_stages_halve_the_image_and_double_the_width():
    network = CNN((3, 32, 32), 10, depth=2, width=4, skip=True)
    assert network.state_shapes() == [(4, 32, 32)] * 3 + [(8, 16, 16)] * 2 + [(16, 8, 8)] * 2


def test_one_stage_keeps_one_shape_and_the_stem_stride_shrinks_it():
    network = CNN((3, 32, 32), 10, depth=4, width=4, skip=True, stages=1, stem_stride=2)
    assert network.state_shapes() == [(4, 16, 16)] * 5


def test_description_names_every_read_out_with_shape_and_leg_and_changes_nothing():
    network = CNN((1, 8, 8), 10, depth=1, width=4, skip=True, order="post")
    network.blocks[0].eval()
    flags = [module.training for module in network.modules()]
    buffers = {name: buffer.clone() for name, buffer in network.named_buffers()}
    rng = torch.get_rng_state()
    assert network.describe().splitlines() == [
        f"resnet CNN: {network.n_parameters:,} parameters, 3 blocks, legs: 3",
        "read-out  shape       leg",
        "stem      4 x 8 x 8   0",
        "blocks.0  4 x 8 x 8   0",
        "blocks.1  8 x 4 x 4   1",
        "blocks.2  16 x 2 x 2  2",
    ]
    assert [module.training for module in network.modules()] == flags
    assert all(torch.equal(buffer, buffers[name]) for name, buffer in network.named_buffers())
    assert torch.equal(torch.get_rng_state(), rng)


def test_double_precision_networks_describe_themselves_too():
    assert MLP((2,), 2, depth=1, width=4, skip=True).double().state_shapes() == [(4,), (4,)]
