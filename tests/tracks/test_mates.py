"""A state that depends on the samples beside it, or whose first axis is no axis of samples, is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from geodl.errors import TrackError
from geodl.tracks import record_track
from tests.tracks.blocks_of_tests import Block

MIXED = "expected states that belong to one sample each, found that the state at '.*' changes"
ORDER = "expected states in the order of the samples, found those at '.*' in another"
X = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))


def behind(first: nn.Module | Callable[[Tensor], Tensor]) -> nn.Module:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = first
            self.blocks = nn.Sequential(Block(), Block(), Block())

        def forward(self, x: Tensor) -> Tensor:
            return self.blocks(self.first(x))

    torch.manual_seed(0)
    return Model()


class Swapped(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.transpose(1, 2)


class StubbornNorm(nn.BatchNorm1d):
    def train(self, mode: bool = True) -> StubbornNorm:
        return super().train(True)


@pytest.mark.parametrize("norm", [lambda: nn.BatchNorm1d(4, track_running_stats=False), lambda: StubbornNorm(4)])
def test_a_norm_over_the_batch_is_refused(norm):
    with pytest.raises(TrackError, match=f"{MIXED}|Expected more than 1 value per channel when training"):
        record_track(behind(norm()), X)
    with pytest.raises(TrackError, match=MIXED):  # of one sample such a norm takes the mean over tokens
        record_track(
            behind(nn.Sequential(Swapped(), norm(), Swapped())), X[:, None].expand(-1, 5, -1) * torch.rand(5, 1)
        )


def test_a_norm_over_the_batch_in_eval_mode_is_none():
    model = behind(nn.BatchNorm1d(4)).train()
    expected = nn.Sequential(model.first, model.blocks).eval()
    with torch.no_grad():
        expected = expected(X)
    model.train()
    assert torch.equal(record_track(model, X).states[-1], expected)


@pytest.mark.parametrize(
    "inputs",
    [
        pytest.param(lambda: [X[:1], X[1:]], id="first batch of one sample"),
        pytest.param(lambda: torch.cat([X, X[:1]]), id="first and last sample equal"),
        pytest.param(lambda: [X[:1].expand(3, -1), X], id="first batch of equal samples"),
    ],
)
def test_the_samples_compared_are_different_ones(inputs):
    norm = lambda x: (x - x.mean(dim=0)) if len(x) > 1 else x  # noqa: E731 - one line says it
    with pytest.raises(TrackError, match=MIXED):
        record_track(behind(norm), inputs())


@pytest.mark.parametrize(
    "mixes",
    [
        lambda x: x + x.sum(dim=0),
        lambda x: x + x[:1],
        lambda x: x + x[-1:],
        lambda x: x.roll(1, dims=0),
        lambda x: x.flip(0),
        lambda x: x / x.abs().amax(),
        lambda x: torch.cummax(x, dim=0).values,
        lambda x: x[x[:, 0].argsort()],
        lambda x: x[x[:, 0].argsort(descending=True)],
    ],
)
def test_samples_that_reach_each_other_are_refused(mixes):
    with pytest.raises(TrackError, match=f"{MIXED}|{ORDER}"):
        record_track(behind(mixes), X)


class TimeFirst(nn.Module):
    """An encoder of the form (T, n, d) that takes and returns (n, T, d)."""

    def __init__(self) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(8, 2, 16)
        self.encoder = nn.TransformerEncoder(layer, 3, enable_nested_tensor=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.encoder(x.transpose(0, 1)).transpose(0, 1)


@pytest.mark.parametrize(("n", "length"), [(5, 6), (6, 6), (2, 2), (5, 1)])
@pytest.mark.parametrize("tokens", ["all", "mean", "flatten"])
def test_states_with_time_first_are_refused_also_where_there_are_as_many_samples(n, length, tokens):
    with pytest.raises(TrackError, match="samples first"):
        record_track(TimeFirst(), torch.randn(n, length, 8), tokens=tokens)


def test_inputs_with_time_taken_for_samples_are_refused():
    layer = nn.TransformerEncoderLayer(8, 2, 16)
    model = nn.TransformerEncoder(layer, 3, enable_nested_tensor=False)
    with pytest.raises(TrackError, match=MIXED):
        record_track(model, torch.randn(6, 6, 8))


def test_transformers_with_time_first_are_refused():
    transformers = pytest.importorskip("transformers")
    config = transformers.XLNetConfig(vocab_size=64, d_model=32, n_layer=3, n_head=4, d_inner=64)
    with pytest.raises(TrackError, match="samples first"):
        record_track(transformers.XLNetModel(config), torch.randint(1, 4, (6, 6)) + 8, tokens="mean")


def test_a_network_with_noise_of_its_own_is_refused():
    with pytest.raises(TrackError, match=r"model: expected the same states twice .* random numbers in eval mode"):
        record_track(behind(lambda x: nn.functional.dropout(x, 0.5)), X)  # in training mode whatever the module says


def test_huge_and_half_precision_states_are_no_influence():
    scaled = behind(lambda x: 1e30 * x)
    assert record_track(scaled, X).n_samples == 6
    for dtype in (torch.float16, torch.bfloat16):
        assert record_track(behind(nn.Identity()).to(dtype), X.to(dtype)).states[0].dtype == dtype


def test_states_that_are_all_the_same_are_no_influence_of_one_sample_on_the_other():
    for width in (4, 37, 256):
        model = nn.Sequential(
            nn.Linear(3, width), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh()
        )
        nn.init.zeros_(model[0].weight)  # a network that has collapsed
        track = record_track(model, torch.randn(9, 3), ["0", "2", "4"])
        assert torch.equal(track.states[0], track.states[0][:1].expand(9, -1))
