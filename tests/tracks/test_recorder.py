from __future__ import annotations

import pytest
import torch
from torch import nn

from geodl.errors import TrackError
from geodl.networks import build_network
from geodl.tracks import StateRecorder


def n_hooks(network: nn.Module) -> int:
    return sum(len(module._forward_hooks) + len(module._forward_pre_hooks) for module in network.modules())


class Twice(nn.Module):
    """One layer used in two places, and one that is never used."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 3)
        self.unused = nn.Linear(3, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(self.layer(x))


def test_hooks_live_as_long_as_the_block():
    network = build_network("resnet_mlp", (3,), 2, depth=2, width=4)
    network.stem.register_forward_hook(lambda module, inputs, output: None)
    before = n_hooks(network)
    with StateRecorder(network, network.read_outs()):
        assert n_hooks(network) == before + 3
    assert n_hooks(network) == before


def test_hooks_are_gone_after_an_exception():
    network = build_network("resnet_mlp", (3,), 2, depth=2, width=4)
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"), StateRecorder(network, ["stem"]):
        network(torch.zeros(1, 4))
    assert n_hooks(network) == 0


def test_a_recorder_can_be_used_again():
    network = nn.Sequential(nn.Linear(3, 3))
    recorder = StateRecorder(network, ["0"])
    for x in (torch.zeros(1, 3), torch.ones(2, 3)):
        with recorder:
            network(x)
            assert torch.equal(recorder.collect()[0], network(x))


def test_states_are_detached_and_of_the_last_forward_pass():
    network = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 2))
    for x in (torch.randn(2, 3), torch.randn(5, 3)):
        with StateRecorder(network, ["1", "0"]) as recorder:
            y = network(x)
            last, first = recorder.collect()
        assert y.requires_grad
        assert not last.requires_grad
        assert torch.equal(last, y)
        assert torch.equal(first, network[0](x))


def test_recording_leaves_the_gradients_of_the_network_alone():
    network = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 1))
    x = torch.randn(4, 3)
    network(x).sum().backward()
    expected = [parameter.grad.clone() for parameter in network.parameters()]
    network.zero_grad()
    with StateRecorder(network, ["0"]):
        network(x).sum().backward()
    assert all(torch.equal(p.grad, g) for p, g in zip(network.parameters(), expected, strict=True))


def test_an_activation_in_place_downstream_does_not_change_the_recorded_state():
    network = nn.Sequential(nn.Linear(3, 3), nn.ReLU(inplace=True))
    x = torch.randn(50, 3)
    with torch.no_grad(), StateRecorder(network, ["0"]) as recorder:
        network(x)
        (state,) = recorder.collect()
    assert torch.equal(state, network[0](x))
    assert state.min() < 0.0


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("layer", "expected 'layer' to run once in a forward pass, found 2 times; it is used in several places"),
        ("unused", "expected 'unused' to run once in a forward pass, found 0 times; this forward pass leaves it out"),
    ],
)
def test_a_module_that_does_not_run_exactly_once_is_refused(name, message):
    network = Twice()
    with StateRecorder(network, [name]) as recorder:
        network(torch.zeros(1, 3))
        with pytest.raises(TrackError, match=message):
            recorder.collect()


def test_one_module_under_two_names_is_refused():
    block = nn.Linear(3, 3)
    network = nn.Sequential(block, block)
    with StateRecorder(network, ["0", "1"]) as recorder:
        network(torch.zeros(1, 3))
        with pytest.raises(TrackError, match="expected '0' to run once in a forward pass, found 2 times"):
            recorder.collect()


def test_a_second_forward_pass_without_collecting_is_refused():
    network = nn.Sequential(nn.Linear(3, 3))
    with StateRecorder(network, ["0"]) as recorder:
        network(torch.zeros(1, 3))
        network(torch.zeros(1, 3))
        with pytest.raises(TrackError, match="found 2 times"):
            recorder.collect()


def test_an_output_that_is_no_tensor_is_refused_and_the_hooks_are_gone():
    network = nn.Sequential(nn.LSTM(3, 4))
    with (
        pytest.raises(TrackError, match=r"expected '0' \(LSTM\) to return a tensor, found tuple; name a module inside"),
        StateRecorder(network, ["0"]),
    ):
        network(torch.zeros(1, 2, 3))
    assert n_hooks(network) == 0


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["stem", "block.0"], r"expected names of modules of MLP, found 'block\.0'; did you mean 'blocks\.0'\?"),
        (["qqqqqq"], r"found 'qqqqqq'; list them with network\.named_modules\(\)"),
        ([], r"expected a list of different module names, found \[\]"),
        (["stem", "stem"], "expected a list of different module names"),
        ("stem", "expected a list of different module names, found 'stem'"),
    ],
)
def test_wrong_names_are_refused_before_any_hook_is_added(names, message):
    network = build_network("resnet_mlp", (3,), 2, depth=1, width=4)
    with pytest.raises(TrackError, match=message):
        StateRecorder(network, names)
    assert n_hooks(network) == 0
