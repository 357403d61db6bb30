"""Compiled and parallel models, half precision, shared weights: the states of the plain model."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from geodl.errors import TrackError
from geodl.tracks import Track, record_track
from tests.tracks.blocks_of_tests import Block, Tower, n_hooks, tower

X = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))


@pytest.fixture(autouse=True)
def fresh_compiler() -> Iterator[None]:
    yield
    torch.compiler.reset()


def compiled(module: nn.Module) -> nn.Module:
    return torch.compile(module, backend="eager")


def assert_same(track: Track, model: Tower, x: Tensor = X) -> None:
    assert all(torch.equal(a, b) for a, b in zip(track.states, model.own_states(x), strict=True))


@pytest.mark.parametrize("called_before", [False, True])
@pytest.mark.parametrize("way", ["function", "method"])
def test_a_compiled_model_is_recorded_as_the_plain_one(way, called_before):
    plain = tower().eval()
    model = copy.deepcopy(plain)
    if way == "method":
        model.compile(backend="eager")
    else:
        model = compiled(model)
    if called_before:
        with torch.no_grad():
            model(X)
    track = record_track(model, X)
    assert track.names == ("blocks.0:input", "blocks.0", "blocks.1", "blocks.2")
    assert track.metadata["model"] == "Tower"
    assert_same(track, plain)
    with torch.no_grad():  # and it is compiled still
        assert torch.equal(model(X), plain(X))


@pytest.mark.parametrize("called_before", [False, True])
@pytest.mark.parametrize("which", [[1], [0, 1, 2]])
@pytest.mark.parametrize("way", ["function", "method"])
def test_blocks_that_are_compiled_are_blocks(way, which, called_before):
    plain = tower().eval()
    model = copy.deepcopy(plain)
    for index in which:
        if way == "method":
            model.blocks[index].compile(backend="eager")
        else:
            model.blocks[index] = compiled(model.blocks[index])
    if called_before:
        with torch.no_grad():
            model(X)
    track = record_track(model, X)
    assert_same(track, plain)
    assert_same(record_track(model, X, list(track.names)), plain)


def test_a_compiled_model_called_by_a_function_of_the_users_is_recorded():
    plain = tower().eval()
    model = compiled(copy.deepcopy(plain))
    with torch.no_grad():
        model(X)
    assert_same(record_track(model, X, forward=lambda _, x: model(x)), plain)
    assert_same(record_track(model, X, forward=lambda network, x: network(x)), plain)


def test_data_parallel_wrappers_are_taken_off():
    model = tower()
    for wrapper in (nn.DataParallel(model), nn.DataParallel(nn.DataParallel(model)), nn.DataParallel(compiled(model))):
        track = record_track(wrapper, X)
        assert track.names[0] == "blocks.0:input"
        assert_same(track, model)


def test_a_distributed_model_is_recorded_as_the_plain_one(tmp_path):
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
    try:
        model = tower()
        wrapper = nn.parallel.DistributedDataParallel(model)
        wrapper(X).sum().backward()
        gradients = [parameter.grad.clone() for parameter in model.parameters()]
        assert_same(record_track(wrapper, X), model)
        assert_same(record_track(compiled(wrapper), X), model)
        assert all(torch.equal(p.grad, g) for p, g in zip(model.parameters(), gradients, strict=True))
        wrapper(X).sum().backward()  # the reducer still works
        assert all(torch.equal(p.grad, 2 * g) for p, g in zip(model.parameters(), gradients, strict=True))
        del wrapper
    finally:
        torch.distributed.destroy_process_group()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_weights_of_other_precisions(dtype):
    model = tower().to(dtype)
    track = record_track(model, X.to(dtype))
    assert {state.dtype for state in track.states} == {dtype}
    assert_same(track, model, X.to(dtype))
    with pytest.raises(TrackError, match=r"inputs: expected what Tower takes, found int64 \(1, 3\)"):
        record_track(model, X.long())


def test_an_autocast_of_the_models_own_is_its_own_affair():
    class Mixed(Tower):
        def forward(self, x: Tensor) -> Tensor:
            with torch.autocast("cpu", dtype=torch.bfloat16):
                return super().forward(x)

    torch.manual_seed(0)
    model = Mixed()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        expected = model.own_states(X)
    track = record_track(model, X)
    assert all(torch.equal(a, b) for a, b in zip(track.states, expected, strict=True))
    assert track.states[0].dtype == torch.bfloat16


@pytest.mark.parametrize("n", [2, 3])
def test_one_module_in_several_places_is_numbered(n):
    model = tower()
    model.blocks = nn.ModuleList([model.blocks[0]] * n + [model.blocks[1]])
    track = record_track(model, X)
    assert track.names == ("blocks.0:input#1", *(f"blocks.0#{k}" for k in range(1, n + 1)), f"blocks.{n}")
    assert_same(track, model)
    with pytest.raises(TrackError, match=f"'blocks.0' to run once in a forward pass, found {n} times"):
        record_track(model, X, ["blocks.0", f"blocks.{n}"])
    by_alias = record_track(model, X, ["blocks.1#2", f"blocks.{n}"])
    assert torch.equal(by_alias.states[0], track.states[2])


def test_tied_weights_are_two_modules():
    model = tower()
    for block in model.blocks[1:]:
        block.inner.weight = model.blocks[0].inner.weight
    track = record_track(model, X)
    assert track.names == ("blocks.0:input", "blocks.0", "blocks.1", "blocks.2")
    assert_same(track, model)


class InPlace(Block):
    """Its output is its input, the same tensor with other numbers."""

    def forward(self, x: Tensor) -> Tensor:
        x += self.outer(torch.relu(self.inner(x)))
        return x


class ReluFirst(Block):
    """It writes over the state that it receives, which is the state before it."""

    def forward(self, x: Tensor) -> Tensor:
        return self.outer(self.inner(torch.relu_(x)))


@pytest.mark.parametrize("kind", [InPlace, ReluFirst])
@pytest.mark.parametrize("read_outs", ["auto", ["blocks.0:input", "blocks.*"]])
def test_blocks_that_work_in_place_are_recorded_before_they_do(kind, read_outs):
    model = tower(block=kind)
    with torch.no_grad():
        states = [model.stem(X)]
        for block in model.blocks:
            states.append(block(states[-1].clone()).clone())
    track = record_track(model, X, read_outs)
    assert len(track.states) == 4
    assert all(torch.equal(a, b) for a, b in zip(track.states, states, strict=True))


def test_blocks_behind_checkpoints_are_blocks():
    from torch.utils.checkpoint import checkpoint

    class Checkpointed(Tower):
        def forward(self, x: Tensor) -> Tensor:
            x = self.stem(x)
            for block in self.blocks:
                x = checkpoint(block, x, use_reentrant=False)
            return self.head(x)

    torch.manual_seed(0)
    model = Checkpointed()
    track = record_track(model, X)
    assert track.names == ("blocks.0:input", "blocks.0", "blocks.1", "blocks.2")
    assert_same(track, model)


def test_blocks_whose_forward_is_called_past_the_hooks_are_said_not_to_run():
    class Direct(Tower):
        def forward(self, x: Tensor) -> Tensor:
            x = self.stem(x)
            for block in self.blocks:
                x = block.forward(x)
            return self.head(x)

    with pytest.raises(TrackError, match="read_outs: expected repeated blocks in Direct"):
        record_track(Direct(), X)
    with pytest.raises(TrackError, match=r"found blocks\.0, blocks\.1, blocks\.2; none of them does"):
        record_track(Direct(), X, "blocks.*")
    with pytest.raises(TrackError, match=r"expected 'blocks\.1' to run once in a forward pass, found 0 times"):
        record_track(Direct(), X, ["blocks.1"])


def test_a_model_that_takes_samples_in_chunks_is_refused():
    class Chunked(Tower):
        def forward(self, x: Tensor) -> Tensor:
            return torch.cat([super(Chunked, self).forward(part) for part in x.split(3)])

    torch.manual_seed(0)
    with pytest.raises(TrackError, match="read_outs: expected"):
        record_track(Chunked(), X)
    assert record_track(Chunked(), X, batch_size=3).n_samples == 5  # 3 and 2, one chunk each


def test_a_module_that_runs_in_some_batches_only_is_refused():
    class Sometimes(Tower):
        def forward(self, x: Tensor) -> Tensor:
            x = self.stem(x)
            for index, block in enumerate(self.blocks):
                x = block(x) if index < 2 or float(x.sum()) > -1e9 else x
            return self.head(x)

    model = Sometimes()
    assert record_track(model, X).n_states == 4
    hooks = n_hooks(model)
    with pytest.raises(TrackError, match=r"expected 'blocks\.2' to run in every batch .* 1 times, found 0"):
        record_track(model, [X, X - 1e30], nonfinite="keep")
    assert n_hooks(model) == hooks
