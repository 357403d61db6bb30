from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from torch import nn

from geodl.errors import TrackError
from geodl.networks import NETWORKS, build_network, evaluation_mode
from geodl.tracks import Track, record_track

IMAGE = (3, 8, 8)


def small_network(name: str = "resnet_cnn", **options: object) -> nn.Module:
    torch.manual_seed(0)
    network = build_network(name, IMAGE, 10, depth=2, width=4, **options)
    network(torch.randn(32, *IMAGE))  # moves the running statistics away from their start
    return network


def slow_track(network: nn.Module, x: torch.Tensor, batch_size: int) -> list[torch.Tensor]:
    """The network's own loop over its blocks, batch by batch, without hooks."""
    rows: list[list[torch.Tensor]] = []
    with evaluation_mode(network), torch.no_grad():
        rows.extend(network.states(x[start : start + batch_size]) for start in range(0, len(x), batch_size))
    return [torch.cat([row[index] for row in rows]) for index in range(len(rows[0]))]


def fingerprint(network: nn.Module) -> list[object]:
    """Everything that a recording must leave as it is."""
    return [
        [module.training for module in network.modules()],
        [(name, tensor.clone().tolist()) for name, tensor in network.state_dict().items()],
        [len(module._forward_hooks) for module in network.modules()],
        [parameter.grad for parameter in network.parameters()],
        [parameter.requires_grad for parameter in network.parameters()],
        torch.get_rng_state().tolist(),
        torch.is_grad_enabled(),
    ]


class Noisy(nn.Module):
    """Someone else's network: dropout, batch norm, random numbers of its own, an activation in place."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Flatten(), nn.Linear(192, 6), nn.BatchNorm1d(6))
        self.relu = nn.ReLU(inplace=True)
        self.drop = nn.Dropout(0.5)
        self.second = nn.Linear(6, 6)
        self.fail = False

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        noise = torch.rand(1)
        x = self.second(self.drop(self.relu(self.first(x)))) + noise
        if self.fail:
            raise RuntimeError("broken")
        return x


@pytest.mark.parametrize(
    ("name", "order", "batch_size"), list(itertools.product(NETWORKS, ["pre", "post"], [1, 4, 10, 64]))
)
def test_a_track_equals_the_networks_own_states_bit_for_bit(name, order, batch_size):
    network = small_network(name, order=order)
    x = torch.randn(10, *IMAGE)
    track = record_track(network, x, batch_size=batch_size)
    assert track.names == tuple(network.read_outs())
    for state, expected in zip(track.states, slow_track(network, x, batch_size), strict=True):
        assert torch.equal(state, expected)


def test_batches_of_another_size_agree_to_rounding():
    network = small_network().double()
    x = torch.randn(10, *IMAGE, dtype=torch.float64)
    whole, parts = record_track(network, x), record_track(network, x, batch_size=3)
    for left, right in zip(whole.states, parts.states, strict=True):
        torch.testing.assert_close(left, right, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_states_have_the_dtype_of_the_network(dtype):
    network = small_network("resnet_mlp").to(dtype)
    track = record_track(network, torch.zeros(3, *IMAGE, dtype=dtype))
    assert {state.dtype for state in track.states} == {dtype}


@pytest.mark.parametrize("name", NETWORKS)
def test_recording_in_the_middle_of_training_leaves_everything_as_it_was(name):
    network = small_network(name)
    network.train()
    network.blocks[0].eval()
    before = fingerprint(network)
    record_track(network, torch.randn(5, *IMAGE, generator=torch.Generator().manual_seed(1)), batch_size=2)
    assert fingerprint(network) == before


@pytest.mark.parametrize("fails", [False, True])
def test_a_foreign_network_with_dropout_and_noise_is_left_as_it_was_after_an_exception_too(fails):
    network = Noisy()
    network.fail = fails
    x = torch.ones(4, *IMAGE)
    before = fingerprint(network)
    if fails:
        with pytest.raises(
            TrackError, match=r"Noisy takes, found float32 \(1, 3, 8, 8\), .* RuntimeError: broken;"
        ) as caught:
            record_track(network, x, read_outs=["first", "second"])
        assert isinstance(caught.value.__cause__, RuntimeError)
    else:
        first, second = record_track(network, x, read_outs=["first", "second"]).states
        with evaluation_mode(network), torch.no_grad():
            assert torch.equal(first, network.first(x))  # not what the activation in place made of it
            assert torch.equal(second, network.second(torch.relu(network.first(x))))  # no dropout
    assert fingerprint(network) == before


def test_no_graph_is_built_while_recording():
    network = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    seen = []
    network[1].register_forward_hook(lambda module, inputs, output: seen.append(output.requires_grad))
    record_track(network, torch.zeros(3, 2), read_outs=["0"])
    assert set(seen) == {False}
    assert network(torch.zeros(3, 2)).requires_grad


def test_recorded_states_can_take_part_in_a_backward_pass():
    track = record_track(small_network(), torch.randn(3, *IMAGE))
    scale = torch.ones((), requires_grad=True)
    (scale * track.states[0]).sum().backward()
    assert not track.states[0].is_inference()
    assert scale.grad is not None


def test_mixed_precision_around_the_call_does_not_reach_the_states():
    network = small_network()
    x = torch.randn(4, *IMAGE)
    expected = record_track(network, x)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        track = record_track(network, x)
    assert all(torch.equal(a, b) for a, b in zip(track.states, expected.states, strict=True))


def test_states_are_ordinary_tensors_even_inside_inference_mode_of_the_caller():
    network = small_network()
    with torch.inference_mode():  # in which Lightning validates
        x = torch.randn(4, *IMAGE)
        track = record_track(network, x, labels=[0, 1, 2, 3])
    assert not any(tensor.is_inference() for tensor in (*track.states, track.labels))
    x = x.clone()
    assert all(torch.equal(a, b) for a, b in zip(track.states, record_track(network, x).states, strict=True))


def test_inputs_are_not_changed_by_a_network_that_works_in_place():
    network = nn.Sequential(nn.ReLU(inplace=True), nn.Linear(2, 2))
    x = torch.tensor([[-1.0, 1.0], [2.0, -3.0]])
    before, after = record_track(network, x, read_outs=["0:input", "0"]).states
    assert x.tolist() == before.tolist() == [[-1.0, 1.0], [2.0, -3.0]]
    assert after.tolist() == [[0.0, 1.0], [2.0, 0.0]]


def test_labels_ids_epoch_and_metadata_travel_with_the_track():
    network = small_network("resnet_mlp")
    track = record_track(
        network,
        torch.randn(3, *IMAGE),
        labels=np.array([2, 0, 1], dtype=np.uint8),
        sample_ids=[10, 20, 30],
        epoch=4,
        metadata={"network": "resnet_mlp"},
    )
    assert isinstance(track, Track)
    assert track.labels is not None
    assert track.sample_ids is not None
    assert track.labels.tolist() == [2, 0, 1]
    assert track.sample_ids.tolist() == [10, 20, 30]
    assert track.epoch == 4
    assert track.metadata == {
        "network": "resnet_mlp",
        "model": "MLP",
        "read_outs": "named by the model itself",
        "pool": "none",
        "final_norm": "none",
        "dtype": "float32",
    }


def test_read_outs_can_be_chosen_in_the_order_of_the_forward_pass_only():
    network = small_network("resnet_mlp")
    x = torch.randn(3, *IMAGE)
    track = record_track(network, x, read_outs=["stem", "blocks.1"])
    assert track.names == ("stem", "blocks.1")
    whole = record_track(network, x)
    assert torch.equal(track.states[0], whole.states[0])
    assert torch.equal(track.states[1], whole.states[2])
    with pytest.raises(TrackError, match=r"found 'blocks\.1' before 'stem', which comes earlier; exchange them"):
        record_track(network, x, read_outs=["blocks.1", "stem"])


def test_three_stages_give_three_legs_and_one_stage_gives_one():
    x = torch.randn(3, *IMAGE)
    legs = record_track(small_network(), x).legs()
    assert [leg.names for leg in legs] == [
        ("stem", "blocks.0", "blocks.1"),
        ("blocks.2", "blocks.3"),
        ("blocks.4", "blocks.5"),
    ]
    assert [(leg.start, leg.n_steps, leg.dim) for leg in legs] == [(0, 2, 256), (3, 1, 128), (5, 1, 64)]
    (leg,) = record_track(small_network(stages=1), x).legs()
    assert (leg.n_steps, leg.dim) == (2, 256)


def test_mean_pooling_averages_over_pixels_and_leaves_vectors_alone():
    x = torch.randn(5, *IMAGE)
    network = small_network()
    full, pooled = record_track(network, x, batch_size=2), record_track(network, x, batch_size=2, pool="mean")
    for state, mean in zip(full.states, pooled.states, strict=True):
        expected = torch.zeros(state.shape[:2])
        for row, column in itertools.product(range(state.shape[2]), range(state.shape[3])):
            expected += state[:, :, row, column]
        torch.testing.assert_close(mean, expected / (state.shape[2] * state.shape[3]))
    vectors = small_network("plain_mlp")
    plain, mean = record_track(vectors, x), record_track(vectors, x, pool="mean")
    assert all(torch.equal(a, b) for a, b in zip(plain.states, mean.states, strict=True))


def test_nan_inputs_are_refused_unless_they_are_to_be_kept():
    x = torch.zeros(2, *IMAGE)
    x[1] = torch.nan
    with pytest.raises(TrackError, match="found NaN or infinity in inputs, sample 1 of its batch; clean the data"):
        record_track(small_network("resnet_mlp"), x)
    states = record_track(small_network("resnet_mlp"), x, nonfinite="keep").states
    assert all(torch.isfinite(state[0]).all() for state in states)
    assert all(torch.isnan(state[1]).all() for state in states)


def test_inputs_need_not_be_floating():
    network = nn.Sequential(nn.Embedding(7, 4), nn.Flatten(), nn.Linear(8, 2))
    x = torch.tensor([[0, 6], [3, 3], [1, 2]])
    track = record_track(network, x, read_outs=["1", "2"], batch_size=2)
    assert torch.equal(track.states[0], network[0](x).detach().flatten(1))


@pytest.mark.parametrize("way", ["wrapped", "in_place"])
def test_a_compiled_network_is_recorded_as_the_original(way):
    network = small_network("resnet_mlp").eval()
    x = torch.randn(4, *IMAGE)
    expected = record_track(network, x)
    if way == "wrapped":
        compiled = torch.compile(network, backend="eager")
    else:
        network.compile(backend="eager")
        compiled = network
    with torch.no_grad():
        compiled(x)
    track = record_track(compiled, x)
    assert track.names == expected.names
    assert all(torch.equal(a, b) for a, b in zip(track.states, expected.states, strict=True))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU; runs wherever there is one")
def test_a_network_on_the_gpu_gives_a_track_on_the_cpu_and_keeps_the_gpus_random_state():
    network = small_network().cuda()
    x = torch.randn(10, *IMAGE)
    before = torch.cuda.get_rng_state()
    track = record_track(network, x, batch_size=4)
    assert torch.equal(torch.cuda.get_rng_state(), before)
    expected = slow_track(network, x.cuda(), 4)
    assert all(torch.equal(state, other.cpu()) for state, other in zip(track.states, expected, strict=True))
