"""A model is left as it was found, also after an exception."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from geodl.errors import TrackError
from geodl.tracks import describe, record_track
from tests.tracks.blocks_of_tests import Tower, n_hooks, tower

X = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))


class Restless(Tower):
    """It draws random numbers and changes its buffers in every forward pass, and fails when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("count", torch.zeros(()))
        self.register_buffer("last", torch.zeros(4))
        self.register_buffer("cache", torch.zeros(2), persistent=False)
        self.register_buffer("nothing", None)
        self.norm = nn.BatchNorm1d(4)
        self.drop = nn.Dropout(0.5)
        self.error: BaseException | None = None
        self.calls = 0
        self.fails_at = 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        self.count += 1.0  # in place
        self.last = x.mean(dim=0).repeat(2)[:4]  # another tensor of the same name
        self.nothing = self.count * 2.0  # a tensor where there was none
        torch.rand(3), np.random.rand(3), random.random()  # noqa: NPY002
        if self.error is not None and self.calls >= self.fails_at:
            raise self.error
        x = self.drop(self.norm(self.stem(x)))
        for block in self.blocks:
            x = block(x)
        return self.head(x)


def fingerprint(model: nn.Module) -> list[Any]:
    return [
        [module.training for module in model.modules()],
        [(name, None if b is None else (id(b), b.tolist())) for m in model.modules() for name, b in m._buffers.items()],
        [(name, id(p), p.tolist(), p.requires_grad, p.grad) for name, p in model.named_parameters()],
        [(list(m._forward_hooks), list(m._forward_pre_hooks)) for m in model.modules()],
        [(list(m._forward_hooks_always_called), list(m._forward_hooks_with_kwargs)) for m in model.modules()],
        torch.get_rng_state().tolist(),
        random.getstate(),
        [part.tolist() if isinstance(part, np.ndarray) else part for part in np.random.get_state()],  # noqa: NPY002
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
        torch.is_autocast_enabled("cpu"),
        torch.backends.mha.get_fastpath_enabled(),
        torch.get_default_dtype(),
    ]


def restless() -> Restless:
    torch.manual_seed(0)
    model = Restless()
    model.train()
    model.blocks[1].eval()
    model.norm.eval()
    model.stem.requires_grad_(False)
    model.blocks[0].register_forward_hook(lambda *_: None)
    return model


def test_recording_and_describing_leave_everything_as_it_was(capsys):
    model = restless()
    before = fingerprint(model)
    record_track(model, X, batch_size=2)
    assert fingerprint(model) == before
    describe(model, X)
    capsys.readouterr()
    assert fingerprint(model) == before
    assert model.calls > 3


@pytest.mark.parametrize("error", [RuntimeError("broken"), KeyboardInterrupt(), torch.OutOfMemoryError("full")])
@pytest.mark.parametrize("fails_at", [1, 2, 4, 6])
def test_exceptions_of_the_model_leave_everything_as_it_was(fails_at, error):
    model = restless()
    model.error, model.fails_at = error, fails_at
    before = fingerprint(model)
    with pytest.raises(TrackError if isinstance(error, RuntimeError) and type(error) is RuntimeError else type(error)):
        record_track(model, X, batch_size=1)
    assert model.calls == fails_at
    assert fingerprint(model) == before


@pytest.mark.parametrize(
    "options",
    [
        {"read_outs": ["block.0"]},
        {"read_outs": ["head", "stem"]},
        {"read_outs": ["drop.*"]},
        {"pool": lambda state: None},
        {"pool": lambda state: 1 / 0},
        {"include_final_norm": True},
        {"labels": [1]},
        {"forward": lambda model, x: model(x[:, :1])},
        {"forward": lambda model, x: None},
    ],
)
def test_refusals_leave_everything_as_it_was(options):
    model = restless()
    before = fingerprint(model)
    with pytest.raises((TrackError, ZeroDivisionError)):
        record_track(model, X, **options)
    assert fingerprint(model) == before


def test_hooks_of_the_user_stay_and_are_seen_to_work():
    model = tower()
    seen: list[str] = []
    model.blocks[0].register_forward_pre_hook(lambda *_: seen.append("before"))
    model.blocks[1].register_forward_hook(lambda _m, _i, output: output + 1.0)  # changes what is handed on
    hooks = n_hooks(model)
    track = record_track(model, X)
    assert n_hooks(model) == hooks
    assert seen
    with torch.no_grad():
        states = [model.stem(X)]
        for block in model.blocks:
            states.append(block(states[-1]))
    assert all(torch.equal(a, b) for a, b in zip(track.states, states, strict=True))


def test_the_state_is_recorded_in_eval_mode_whatever_the_flags():
    model = restless()
    with torch.no_grad():
        expected = model.norm(model.stem(X))
    assert torch.equal(record_track(model, X).states[0], expected)


def test_training_goes_on_as_if_nothing_had_been_recorded():
    def trained(*, recorded: bool) -> list[Tensor]:
        model = restless()
        optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1)
        for _ in range(3):
            loss = model(X).square().sum()
            optimizer.zero_grad()
            loss.backward()
            if recorded:  # between the gradient and the step
                record_track(model, X, batch_size=2)
            optimizer.step()
        return [*model.parameters(), *(b for b in model.buffers() if b is not None), torch.rand(2)]

    assert all(torch.equal(a, b) for a, b in zip(trained(recorded=True), trained(recorded=False), strict=True))


def test_a_model_made_in_inference_mode_is_recorded():
    with torch.inference_mode():
        model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), *tower().blocks)
    track = record_track(model, X)
    assert not any(state.is_inference() for state in track.states)


@pytest.mark.parametrize(
    ("spoil", "name"),
    [
        (lambda model: model.blocks[1].inner.weight.data.fill_(torch.nan), r"blocks\.1\.inner\.weight"),
        (lambda model: model.stem.bias.data.fill_(torch.inf), r"stem\.bias"),
        (lambda model: model.norm.running_mean.fill_(torch.nan), r"norm\.running_mean"),
    ],
)
def test_weights_that_are_not_finite_are_named(spoil, name):
    model = restless()
    spoil(model)
    with pytest.raises(TrackError, match=f"NaN or infinity; the weights themselves are not finite: {name}"):
        record_track(model, X)
    assert record_track(model, X, nonfinite="keep").n_samples == 5


def test_an_overflow_is_told_from_weights_that_are_not_finite():
    model = tower()
    with pytest.raises(TrackError, match=r"NaN or infinity; the weights are finite, so the forward pass overflows"):
        record_track(model, X * 1e38, forward=lambda model, x: model(x * 1e38))


def test_what_is_no_module_is_refused():
    with pytest.raises(TrackError, match=r"model: expected a torch\.nn\.Module, found function"):
        record_track(lambda x: x, X)
    with pytest.raises(TrackError, match=r"model: expected parameters with shapes, found '0\.weight' lazy"):
        record_track(nn.Sequential(nn.LazyLinear(2)), X)


def test_a_model_that_runs_in_inference_mode_by_itself_gives_ordinary_states(tmp_path):
    class Inference(Tower):
        @torch.inference_mode()
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x)

    torch.manual_seed(0)
    model = Inference()
    x = torch.cat([X, X])
    for inputs in (x, [X, X]):
        for options in ({}, {"pool": lambda state: state + 0.0}, {"storage": tmp_path / type(inputs).__name__}):
            track = record_track(model, inputs, batch_size=5, **options)
            assert not any(state.is_inference() for state in track.states)
            own = model.own_states(X)
            assert all(torch.equal(a, torch.cat([b, b])) for a, b in zip(track.states, own, strict=True))
