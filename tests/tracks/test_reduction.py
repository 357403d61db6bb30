"""Rules for tokens and maps, against loops over samples and tokens."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor, nn

from geodl.errors import TrackError
from geodl.tracks import record_track
from geodl.tracks.layout import CHANNELS_FIRST, CHANNELS_LAST, UNKNOWN
from geodl.tracks.reduction import Reduction

N, T, D = 4, 6, 3
MASKS = {
    "right": [[1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0], [1, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 0]],
    "left": [[1, 1, 1, 1, 1, 1], [0, 0, 0, 1, 1, 1], [0, 0, 0, 0, 0, 1], [0, 1, 1, 1, 1, 1]],
    "both and holes": [[0, 1, 1, 1, 1, 0], [1, 0, 0, 1, 0, 0], [0, 0, 1, 0, 0, 0], [0, 1, 0, 1, 0, 1]],
    "ones": [[1] * 6] * 4,
}


def sequences(dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.randn(N, T, D, generator=torch.Generator().manual_seed(0), dtype=torch.float64).to(dtype)


def slowly(state: Tensor, mask: list[list[int]], rule: str) -> Tensor:
    rows = []
    for sample, kept in zip(state, mask, strict=True):
        tokens = [token for token, one in zip(sample, kept, strict=True) if one]
        if rule == "all":
            rows += tokens
        elif rule == "mean":
            rows.append(sum(token.double() for token in tokens) / len(tokens))
        else:
            rows.append(tokens[-1] if rule == "last" else tokens[0])
    return torch.stack(rows)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
@pytest.mark.parametrize(("rule", "padding"), list(itertools.product(["all", "last", "cls", "mean"], MASKS)))
def test_rules_equal_a_loop_over_tokens_whatever_the_padding_holds(rule, padding, dtype):
    state, kept = sequences(dtype), MASKS[padding]
    mask = torch.tensor(kept).bool()
    expected = slowly(state, kept, rule)
    for filling in (0.0, torch.nan, torch.inf, -1e30):
        filled = state.masked_fill(~mask[:, :, None], filling)
        rows = Reduction(rule)(filled, CHANNELS_LAST, mask, "h")
        if rule == "mean":
            assert rows.dtype == (torch.float64 if dtype == torch.float64 else torch.float32)
            torch.testing.assert_close(rows.double(), expected, rtol=1e-6, atol=1e-6)
        else:
            assert rows.dtype == dtype
            assert torch.equal(rows, expected)


@pytest.mark.parametrize("rule", ["all", "last", "cls", "mean"])
def test_no_mask_is_a_mask_of_ones(rule):
    state = sequences()
    without = Reduction(rule)(state, CHANNELS_LAST, None, "h")
    torch.testing.assert_close(without, Reduction(rule)(state, CHANNELS_LAST, torch.ones(N, T).bool(), "h"))


def test_flattened_sequences_have_no_padding():
    state = sequences()
    assert torch.equal(Reduction("flatten")(state, CHANNELS_LAST, torch.ones(N, T).bool(), "h"), state)
    with pytest.raises(TrackError, match="expected sequences without padding for 'flatten', found 9 padded tokens"):
        Reduction("flatten")(state, CHANNELS_LAST, torch.tensor(MASKS["right"]).bool(), "h")


def test_a_function_gets_state_and_mask():
    mask = torch.tensor(MASKS["left"]).bool()
    seen = []

    def second_to_last(state: Tensor, mask: Tensor | None) -> Tensor:
        seen.append(mask)
        return state[:, -2]

    state = sequences()
    assert torch.equal(Reduction(second_to_last)(state, CHANNELS_LAST, mask, "h"), state[:, -2])
    assert torch.equal(seen[0], mask)
    assert Reduction(second_to_last).words["tokens"].endswith("second_to_last")


@pytest.mark.parametrize(
    "function",
    [
        lambda state, mask: state[0],
        lambda state, mask: state.mean(),
        lambda state, mask: state.mean(dim=(1, 2)),
        lambda state, mask: None,
        lambda state, mask: state[:, 0].long(),
    ],
)
def test_a_function_that_returns_no_rows_is_refused(function):
    with pytest.raises(TrackError, match=r"track\.tokens: expected the function to return a floating tensor \(4, \*"):
        Reduction(function)(sequences(), CHANNELS_LAST, None, "h")


@pytest.mark.parametrize("shape", [(N, T - 1), (N, T + 1), (1, T), (N * T,)])
def test_a_mask_of_another_shape_is_refused(shape):
    with pytest.raises(TrackError, match=r"mask: expected shape \(4, 6\), one entry per token at 'h', found"):
        Reduction("mean")(sequences(), CHANNELS_LAST, torch.ones(shape).bool(), "h")


def test_a_padded_map_is_refused():
    with pytest.raises(TrackError, match=r"expected states \(n, T, d\) where the inputs are padded"):
        Reduction()(torch.zeros(N, 2, 3, 3), CHANNELS_FIRST, torch.tensor(MASKS["left"]).bool(), "h")


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
@pytest.mark.parametrize("pixels", [(5,), (4, 5), (2, 3, 4)])
def test_pooling_equals_a_loop_over_pixels_in_both_layouts(pixels, dtype):
    state = torch.randn(N, D, *pixels, dtype=torch.float64).to(dtype)
    expected = torch.zeros(N, D, dtype=torch.float64)
    for place in itertools.product(*map(range, pixels)):
        expected += state[(slice(None), slice(None), *place)].double() / len(state[0, 0].flatten())
    first = Reduction(pool="mean")(state, CHANNELS_FIRST, None, "h")
    torch.testing.assert_close(first.double(), expected, rtol=1e-5, atol=1e-6)
    if len(pixels) > 1:
        last = Reduction(pool="mean")(state.movedim(1, -1), CHANNELS_LAST, None, "h")
        torch.testing.assert_close(last.double(), expected, rtol=1e-5, atol=1e-6)


def test_unknown_layouts_are_neither_pooled_nor_cut_into_tokens():
    with pytest.raises(TrackError, match="where no layer tells which axis holds the channels"):
        Reduction(pool="mean")(torch.zeros(2, 4, 4, 4), UNKNOWN, None, "h")
    for rule in ("all", "mean", "last", "cls"):
        with pytest.raises(TrackError, match="where no layer tells whether the last axis holds the features"):
            Reduction(rule)(torch.zeros(2, 4, 4), UNKNOWN, None, "h")
    state = sequences()
    assert torch.equal(Reduction("flatten")(state, UNKNOWN, None, "h"), state)


class Mixer(nn.Module):
    """A block over sequences of which the padding is no number."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.linear = nn.LayerNorm(D), nn.Linear(D, D)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.linear(self.norm(x))


@pytest.mark.parametrize("batch_size", [1, 3, 4])
@pytest.mark.parametrize("padding", ["right", "left", "both and holes"])
def test_tokens_of_a_track_say_whose_they_are(padding, batch_size):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, D), Mixer(), Mixer(), Mixer())
    kept = torch.tensor(MASKS[padding])
    x = torch.randn(N, T, 2)
    inputs = {"x": x, "attention_mask": kept, "labels": torch.tensor([5, 6, 7, 8])}
    forward = lambda model, batch: model(batch["x"])  # noqa: E731 - one line says it
    track = record_track(model, inputs, forward=forward, batch_size=batch_size)
    states = record_track(model, x, tokens="flatten", batch_size=batch_size).states
    expected = [
        (sample, token) for sample, token in itertools.product(range(N), range(T)) if MASKS[padding][sample][token]
    ]
    assert list(zip(track.sample_ids.tolist(), track.positions.tolist(), strict=True)) == expected
    assert track.labels.tolist() == [5 + sample for sample, _ in expected]
    for state, whole in zip(track.states, states, strict=True):
        assert all(torch.equal(row, whole[at]) for row, at in zip(state, expected, strict=True))
    ids = record_track(model, inputs, forward=forward, sample_ids=[40, 30, 20, 10], batch_size=batch_size).sample_ids
    assert ids.tolist() == [40 - 10 * sample for sample, _ in expected]


@pytest.mark.parametrize("rule", ["last", "cls", "mean"])
def test_one_row_a_sample_needs_no_positions(rule):
    model = nn.Sequential(nn.Linear(2, D), Mixer(), Mixer())
    track = record_track(model, torch.randn(N, T, 2), tokens=rule, labels=[0, 1, 2, 3])
    assert track.positions is None
    assert track.n_samples == N
    assert track.labels.tolist() == [0, 1, 2, 3]
    assert track.metadata["tokens"] == rule


def test_read_outs_with_different_numbers_of_tokens_are_refused_as_samples():
    class Merge(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.reshape(len(x), -1, 2, D).mean(dim=2)

    model = nn.Sequential(nn.Linear(2, D), Mixer(), Mixer(), Merge(), Mixer(), Mixer())
    x = torch.randn(N, T, 2)
    with pytest.raises(TrackError, match=r"the same number of tokens at every read-out, found 24 at .* and 12 at"):
        record_track(model, x)
    assert [leg.dim for leg in record_track(model, x, tokens="mean").legs()] == [D]
    assert [leg.dim for leg in record_track(model, x, tokens="flatten").legs()] == [T * D, T * D // 2]
