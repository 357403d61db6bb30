"""Which blocks are found, and where there are none."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from geodl.errors import TrackError
from geodl.tracks import record_track
from tests.tracks.blocks_of_tests import Block, Tower, tower

X = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))


def refusal(model: nn.Module, inputs: Any, **options: Any) -> str:
    with pytest.raises(TrackError) as caught:
        record_track(model, inputs, **options)
    return str(caught.value)


def test_a_second_tower_that_takes_what_the_first_made_continues_it():
    class Deep(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.down, self.second = (
                nn.Sequential(Block(), Block()),
                nn.Linear(4, 5),
                nn.Sequential(Block(5), Block(5)),
            )

        def forward(self, x: Tensor) -> Tensor:
            return self.second(self.down(self.first(x)))

    model, x = Deep(), torch.randn(4, 4)
    track = record_track(model, x)
    assert [leg.names for leg in track.legs()] == [
        ("first.0:input", "first.0", "first.1"),
        ("second.0:input", "second.0", "second.1"),
    ]
    with torch.no_grad():
        assert torch.equal(track.states[3], model.down(track.states[2]))


class LoopOutside(Tower):
    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for block in self.blocks:
            x = x + block(x)
        return self.head(x)


class InPlaceOutside(Tower):
    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
            x += 1.0
        return self.head(x)


class ScaledView(Tower):
    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
            x.view(-1).mul_(2.0)  # through another tensor of the same memory
        return self.head(x)


@pytest.mark.parametrize("kind", [LoopOutside, InPlaceOutside, ScaledView])
def test_outputs_that_are_changed_on_the_way_to_the_next_block_are_no_states(kind):
    message = refusal(kind(), X)
    assert "expected repeated blocks" in message
    assert "repeated, but changed on the way from one to the next: blocks.0 ... blocks.2 (3 x Block)" in message


@pytest.mark.parametrize("inplace", [False, True])
def test_activations_between_blocks_are_not_passed_over(inplace):
    # what the next block receives is a state; the two ways of computing it have to give the same answer
    model = nn.Sequential(
        nn.Linear(3, 4), Block(), nn.ReLU(inplace), Block(), nn.ReLU(inplace), Block(), nn.ReLU(inplace)
    )
    try:
        track = record_track(model, X)
    except TrackError as error:
        assert "read_outs" in str(error)  # noqa: PT017 - either answer is right, a third one is not
        return
    with torch.no_grad():
        for name, state in zip(track.names, track.states, strict=True):
            index = int(name.split(":")[0]) + (0 if ":input" in name else 1)
            assert torch.equal(state, model[:index](X).clone())
            following = model[index : index + 1]
            assert not following or not isinstance(following[0], nn.ReLU) or index == 6


def test_a_flat_network_ends_before_its_logits():
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4))
    assert record_track(model, X).names[-1] == "3"


class TwoStreams(Block):
    def forward(self, x: Tensor, residual: Tensor | None = None) -> tuple[Tensor, Tensor]:
        residual = x if residual is None else x + residual
        return super().forward(residual), residual


class HandsOnTwo(Tower):
    def __init__(self) -> None:
        super().__init__(block=TwoStreams)

    def forward(self, x: Tensor) -> Tensor:
        x, residual = self.stem(x), None
        for block in self.blocks:
            x, residual = block(x, residual)
        return self.head(x + residual)


def test_blocks_that_hand_on_two_tensors_are_refused_until_one_is_named():
    torch.manual_seed(0)
    model = HandsOnTwo()
    message = refusal(model, X)
    assert "expected blocks that hand on one state" in message
    assert "outputs [0], [1] of blocks.0 are all handed on" in message
    track = record_track(model, X, "blocks.*[1]")
    assert torch.equal(track.states[0], record_track(model, X, ["stem"]).states[0])


class Packed(Block):
    def forward(self, pair: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        return super().forward(pair[0]), pair[1]


def test_blocks_that_hand_on_a_packed_pair_are_followed():
    class Model(Tower):
        def forward(self, x: Tensor) -> Tensor:
            pair = (self.stem(x), x)
            for block in self.blocks:
                pair = block(pair)
            return self.head(pair[0])

    model = Model(block=Packed)
    track = record_track(model, X)
    assert track.names == ("blocks.0:input[0.0]", "blocks.0[0]", "blocks.1[0]", "blocks.2[0]")
    with torch.no_grad():
        states = [model.stem(X)]
        for block in model.blocks:
            states.append(block((states[-1], X))[0])
    assert all(torch.equal(a, b) for a, b in zip(track.states, states, strict=True))


def test_a_dense_network_is_refused():
    from torchvision.models import DenseNet

    message = refusal(DenseNet(4, (2, 3, 2), 8, num_classes=5), torch.randn(2, 3, 64, 64))
    assert "expected repeated blocks in DenseNet" in message
    assert "features.denseblock1 ... features.denseblock3 (3 x _DenseBlock)" in message


@pytest.mark.parametrize(
    "model",
    [
        nn.Linear(3, 3),
        nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 5)),
        nn.Sequential(nn.Linear(3, 4), Block()),
        nn.Flatten(),
        nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 2), nn.ReLU()),
    ],
)
def test_networks_without_repetition_are_refused(model):
    assert "read_outs: expected repeated blocks in" in refusal(model, X)


def test_a_forward_that_never_calls_the_model_is_refused():
    assert "expected repeated blocks in Tower" in refusal(tower(), X, forward=lambda model, x: None)


def test_a_shared_block_is_numbered():
    class Recurrent(Tower):
        def forward(self, x: Tensor) -> Tensor:
            x = self.stem(x)
            for _ in range(3):
                x = self.blocks[0](x)
            return self.head(x)

    model = Recurrent(depth=1)
    track = record_track(model, X)
    assert track.names == ("blocks.0:input#1", "blocks.0#1", "blocks.0#2", "blocks.0#3")
    with torch.no_grad():
        state = model.stem(X)
        for recorded in track.states:
            assert torch.equal(recorded, state)
            state = model.blocks[0](state)
    assert "expected 'blocks.0' to run once in a forward pass, found 3 times" in refusal(
        model, X, read_outs=["blocks.0"]
    )
    assert record_track(model, X, ["blocks.0#*"]).names == track.names[1:]
    assert "to run 4 times, found 3; lower the number" in refusal(model, X, read_outs=["blocks.0#4"])


def test_detection_neither_needs_nor_changes_the_order_of_registration():
    class Reversed(Tower):
        def forward(self, x: Tensor) -> Tensor:
            x = self.stem(x)
            for block in reversed(self.blocks):
                x = block(x)
            return self.head(x)

    model = Reversed()
    assert record_track(model, X).names == ("blocks.2:input", "blocks.2", "blocks.1", "blocks.0")
    assert record_track(model, X, "blocks.*").names == ("blocks.2", "blocks.1", "blocks.0")


def test_outermost_blocks_are_the_steps():
    class Outer(nn.Module):
        def __init__(self, width: int) -> None:
            super().__init__()
            self.inner = nn.ModuleList([Block(width), Block(width)])
            self.mix = nn.Linear(width, width)

        def forward(self, x: Tensor) -> Tensor:
            for block in self.inner:
                x = block(x)
            return self.mix(x)

    assert record_track(Tower(block=Outer), X).names == ("blocks.0:input", "blocks.0", "blocks.1", "blocks.2")


def test_a_change_by_way_of_the_data_is_noticed_too():
    class Outside(Tower):
        def forward(self, x: Tensor) -> Tensor:
            state = self.stem(x)
            for block in self.blocks:
                state = block(state)
                state.data.mul_(3.0)  # which no version counter tells
            return self.head(state)

    assert "changed on the way" in refusal(Outside(), X)
