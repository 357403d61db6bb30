from __future__ import annotations

import pytest
import torch
from torch import nn

from geodl.errors import TrackError
from geodl.networks import build_network
from geodl.tracks import StateRecorder, record_track


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
        assert n_hooks(network) == before + 2 * 3  # one before and one after each module
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
        pytest.raises(
            TrackError, match=r"expected '0' to be one floating tensor, .* returns \[0\] .* such as '0\[0\]'"
        ),
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


def test_items_inputs_and_runs_of_a_shared_module_are_told_apart():
    network = Twice()
    x = torch.randn(3, 3)
    with torch.no_grad(), StateRecorder(network, ["layer:input#1", "layer#1", "layer:input#2", "layer#2"]) as recorder:
        y = network(x)
        first_input, first, second_input, second = recorder.collect()
    assert torch.equal(first_input, x)
    assert torch.equal(first, second_input)
    assert torch.equal(second, y)
    assert not torch.equal(first, second)
    with torch.no_grad(), StateRecorder(nn.Sequential(nn.LSTM(3, 4)), ["0[0]", "0[1.0]"]) as recorder:
        output, (hidden, _) = recorder._modules[recorder._owners[0]](torch.zeros(1, 2, 3))
        states = recorder.collect()
    assert torch.equal(states[0], output)
    assert torch.equal(states[1], hidden)


def test_a_run_that_does_not_come_is_refused():
    network = Twice()
    with StateRecorder(network, ["layer#3"]) as recorder:
        network(torch.zeros(1, 3))
        with pytest.raises(TrackError, match="expected 'layer#3' to run 3 times in a forward pass, found 2 times"):
            recorder.collect()


def test_a_module_inside_itself_keeps_its_runs_apart():
    class Nested(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(2, 2)

        def forward(self, x: torch.Tensor, depth: int = 2) -> torch.Tensor:
            return self.layer(x) if depth == 0 else self(self.layer(x), depth - 1)

    network = nn.ModuleDict({"a": Nested()})
    x = torch.randn(3, 2)
    layer = network["a"].layer
    with torch.no_grad(), StateRecorder(network, ["a:input#1", "a:input#2", "a#1", "a#2", "a#3"]) as recorder:
        y = network["a"](x)
        outer, inner, *outputs = recorder.collect()
    assert torch.equal(outer, x)
    assert torch.equal(inner, layer(x))
    assert all(torch.equal(output, y) for output in outputs)


def test_states_are_handed_on_at_once_where_a_receiver_takes_them():
    network = nn.Sequential(nn.Linear(3, 3), nn.ReLU(inplace=True))
    x = torch.randn(5, 3)
    got = {}
    receive = lambda index, state: got.__setitem__(index, state.clone())  # noqa: E731 - one line says it
    with torch.no_grad(), StateRecorder(network, ["0", "1"], receive=receive) as recorder:
        network(x)
        assert recorder.collect() == []
    assert torch.equal(got[0], network[0](x))
    assert torch.equal(got[1], network[0](x).relu())


def test_an_error_that_the_network_itself_catches_leaves_the_count_right():
    class Tries(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(3, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            try:
                return self.layer(x[:, :2])
            except RuntimeError:
                return self.layer(x)

    network = Tries()
    x = torch.randn(2, 3)
    with torch.no_grad(), StateRecorder(network, ["layer#2"]) as recorder:
        y = network(x)
        (state,) = recorder.collect()
    assert torch.equal(state, y)


def test_a_module_that_returns_nothing_is_refused_also_in_a_later_batch():
    class Sometimes(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor | None:
            return 2.0 * x if len(x) != 3 else None

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.side, self.head = Sometimes(), nn.Linear(3, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.side(x)
            return self.head(x)

    x = torch.randn(3, 3)
    with pytest.raises(TrackError, match="read_outs: expected 'side'"):
        record_track(Network(), [x[:2], x], ["side", "head"])
    with pytest.raises(TrackError, match="read_outs: expected 'side'"):
        record_track(Network(), x, ["side", "head"])
