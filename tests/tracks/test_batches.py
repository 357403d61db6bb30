"""Inputs of every kind give the same track."""

from __future__ import annotations

import itertools
import random
from collections import UserDict
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

from geodl.errors import TrackError
from geodl.tracks import Track, record_track
from geodl.tracks.batches import as_batch, batches
from tests.tracks.blocks_of_tests import tower

X = torch.randn(7, 3, generator=torch.Generator().manual_seed(0))
Y = torch.tensor([3, 1, 4, 1, 5, 9, 2])


def assert_equal(left: Track, right: Track, *, labels: bool = True) -> None:
    assert left.names == right.names
    assert left.metadata == right.metadata
    assert all(torch.equal(a, b) for a, b in zip(left.states, right.states, strict=True))
    if labels:
        assert torch.equal(left.labels, right.labels)


class Images(Dataset):
    """Not a list: it has no end of its own."""

    def __init__(self, *, labels: bool) -> None:
        self.labels = labels

    def __len__(self) -> int:
        return len(X)

    def __getitem__(self, index: int) -> Any:
        return (X[index], int(Y[index])) if self.labels else X[index]


class Stream(IterableDataset):
    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        yield from zip(X, Y, strict=True)


def parts() -> list[tuple[Tensor, Tensor]]:
    return [(X[k : k + 3], Y[k : k + 3]) for k in (0, 3, 6)]


LABELLED = {
    "tensor dataset": lambda: TensorDataset(X, Y),
    "dataset": lambda: Images(labels=True),
    "iterable dataset": Stream,
    "loader": lambda: DataLoader(TensorDataset(X, Y), batch_size=3),
    "loader with workers": lambda: DataLoader(TensorDataset(X, Y), batch_size=3, num_workers=1),
    "list of pairs": parts,
    "list of lists": lambda: [list(pair) for pair in parts()],
    "generator of pairs": lambda: (pair for pair in parts()),
    "zip": lambda: zip([x for x, _ in parts()], [y for _, y in parts()], strict=True),
    "mapping": lambda: {"x": X, "labels": Y},
    "list of mappings": lambda: [{"x": x, "labels": y} for x, y in parts()],
    "mappings that are no dictionaries": lambda: (UserDict({"x": x, "labels": y}) for x, y in parts()),
    "small integers": lambda: [(x, y.to(torch.uint8)) for x, y in parts()],
    "pairs of mapping and labels": lambda: [({"x": x}, y) for x, y in parts()],
}
PLAIN = {
    "tensor": lambda: X,
    "tensor that wants a gradient": lambda: X.clone().requires_grad_(),
    "dataset": lambda: Images(labels=False),
    "list": lambda: [x for x, _ in parts()],
    "iterator": lambda: iter([x for x, _ in parts()]),
    "list of singles": lambda: [(x,) for x, _ in parts()],
    "tensor dataset": lambda: TensorDataset(X),
    "mapping": lambda: {"x": X},
}


@pytest.mark.parametrize("kind", LABELLED)
def test_labelled_inputs_of_every_kind_give_the_same_track(kind):
    model = tower()
    expected = record_track(model, X, batch_size=3, labels=Y)
    track = record_track(model, LABELLED[kind](), batch_size=3)
    assert_equal(track, expected)
    assert track.labels.dtype == torch.int64
    assert track.sample_ids is None


@pytest.mark.parametrize("kind", PLAIN)
def test_inputs_of_every_kind_give_the_same_track(kind):
    model = tower()
    track = record_track(model, PLAIN[kind](), batch_size=3)
    assert_equal(track, record_track(model, X, batch_size=3), labels=False)
    assert track.labels is None


def test_labels_of_the_caller_win_over_those_that_came_with_the_inputs():
    assert record_track(tower(), TensorDataset(X, Y), labels=range(7)).labels.tolist() == list(range(7))


@pytest.mark.parametrize("own", [False, True])
def test_a_loader_that_shuffles_draws_as_if_nothing_had_been_recorded(own):
    def loader() -> DataLoader:
        generator = torch.Generator().manual_seed(3) if own else None
        return DataLoader(TensorDataset(X, Y), batch_size=3, shuffle=True, generator=generator)

    model = tower()
    torch.manual_seed(4)
    expected = [y.tolist() for _, y in loader()]
    torch.manual_seed(4)
    data = loader()
    track = record_track(model, data)
    assert [y.tolist() for _, y in data] == expected
    assert track.labels.tolist() == [label for batch in expected for label in batch]


def test_labels_stay_with_their_samples_in_whatever_order_these_come():
    x, y = X, torch.arange(7)
    model = tower()
    by_label = dict(zip(y.tolist(), record_track(model, x, batch_size=1).states[-1], strict=True))
    track = record_track(model, DataLoader(TensorDataset(x, y), batch_size=1, shuffle=True))
    assert sorted(track.labels.tolist()) == y.tolist()
    assert all(torch.equal(row, by_label[int(k)]) for k, row in zip(track.labels, track.states[-1], strict=True))


def test_data_sets_that_draw_random_numbers_leave_no_trace():
    class Augmented(Images):
        def __getitem__(self, index: int) -> Any:
            return X[index] + torch.rand(1) + random.random() + float(np.random.rand())  # noqa: NPY002

    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    record_track(tower(), Augmented(labels=False))
    assert torch.equal(torch.get_rng_state(), before[0])
    assert random.getstate() == before[1]
    assert np.random.get_state()[1].tolist() == before[2]  # noqa: NPY002


def test_batches_come_one_by_one():
    seen: list[str] = []

    def stream() -> Iterator[Tensor]:
        for index in range(3):
            seen.append(f"made {index}")
            yield X[2 * index : 2 * index + 2]

    model = tower()
    model.head.register_forward_hook(lambda *_: seen.append("ran"))
    record_track(model, stream())
    made = [index for index, text in enumerate(seen) if text.startswith("made")]
    assert all(right - left > 1 for left, right in itertools.pairwise(made))


def test_nothing_but_tensors_of_n_rows_is_cut():
    fixed = torch.ones(1, 5)
    (first, second) = batches({"x": X[:4], "fixed": fixed, "flag": True, "text": "a"}, 3)
    assert (first.n, second.n) == (3, 1)
    assert torch.equal(second.inputs["x"], X[3:4])
    assert second.inputs["fixed"] is fixed
    assert second.inputs["flag"] is True
    assert second.inputs["text"] == "a"


def test_labels_that_are_no_classes_stay_inputs():
    tokens = torch.randint(0, 9, (4, 5))
    batch = as_batch({"input_ids": tokens, "labels": tokens})
    assert batch.labels is None
    assert "labels" in batch.inputs
    assert "labels" not in as_batch({"input_ids": tokens, "labels": tokens[:, 0]}).inputs


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (X[0], r"inputs: expected tensors \(n, \.\.\.\) of n >= 1 samples, found shape \(3,\); .* x\[None\]"),
        ((X, Y), r"inputs: expected a tensor .* found tuple of a tensor \(7, 3\), a tensor \(7,\)"),
        (X.numpy(), "inputs: expected .* found"),
        (7, "inputs: expected a tensor .* found int"),
        ("images", "inputs: expected a tensor .* found str"),
        ({}, r"inputs: expected a mapping with tensors, found keys \[\] without any"),
        ({"input_ids": [[1, 2]]}, r"found keys \['input_ids'\] without any; .* return_tensors=\"pt\""),
        ({"x": X, "z": X[:5]}, r"inputs: expected tensors of as many samples, n = 7 >= 1, found \{'z': \(5, 3\)\}"),
        ({"x": X[:0]}, "inputs: expected tensors of as many samples"),
        ([], "inputs: expected n >= 1 samples, found none"),
        ([X, None], "inputs: expected batches that are a tensor.* found NoneType"),
        ([(X, Y, Y)], "inputs: expected batches that are a tensor.* found tuple of a tensor"),
        ([(X, Y.float())], "inputs: expected batches that are a tensor.* n integer labels, found tuple"),
        ([(X, Y[:3])], "inputs: expected batches that are a tensor.* n integer labels, found tuple"),
        (X[:1], "inputs: expected at least 2 samples, found 1"),
        ([X[:1]], "inputs: expected at least 2 samples, found 1"),
        ({"x": X, "attention_mask": torch.ones(7)}, r"mask: expected 'attention_mask' of shape \(n, T\) with n = 7"),
        ({"x": X, "attention_mask": torch.full((7, 2), 2)}, "mask: expected 'attention_mask' .* entries 0 and 1"),
        ({"x": X, "attention_mask": torch.tensor([[-1e4, 0.0]] * 7)}, "mask: expected 'attention_mask' .* 0 and 1"),
        ({"x": X, "attention_mask": torch.zeros(7, 2)}, "mask: expected at least one token in each sequence, .* 0 all"),
        ({"x": X, "padding_mask": torch.ones(7, 2)}, "mask: expected to be told which tokens .* found padding_mask"),
    ],
)
def test_inputs_that_mean_nothing_are_refused(inputs, message):
    with pytest.raises(TrackError, match=message):
        record_track(tower(), inputs)


class Ragged(Dataset):
    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> Tensor:
        return torch.zeros(3 + index % 2)


def test_ragged_samples_are_refused():
    with pytest.raises(TrackError, match="inputs: expected a Dataset whose samples stack into batches"):
        record_track(tower(), Ragged())


def test_batches_that_lead_to_states_of_different_shapes_are_refused():
    convolution = torch.nn.Conv2d(2, 2, 3, padding=1)
    model = torch.nn.Sequential(convolution, torch.nn.ReLU(), torch.nn.Conv2d(2, 2, 3, padding=1), torch.nn.ReLU())
    ragged = [torch.randn(2, 2, 5, 5), torch.randn(2, 2, 6, 5)]
    with pytest.raises(TrackError, match=r"states of one shape, found \(2, 5, 5\) and then \(2, 6, 5\) at '0:input'"):
        record_track(model, ragged)
    assert record_track(model, ragged, pool="mean").n_samples == 4


def test_an_exception_of_the_iterator_is_the_callers_own():
    def broken() -> Iterator[Tensor]:
        yield X
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        record_track(tower(), broken())


def test_batches_may_have_sequences_of_different_lengths():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), *tower().blocks)
    ragged = [torch.randn(2, 5, 3), torch.randn(3, 4, 3)]
    track = record_track(model, ragged)
    expected = [(k, t) for k in range(5) for t in range(5 if k < 2 else 4)]
    assert list(zip(track.sample_ids.tolist(), track.positions.tolist(), strict=True)) == expected
    with torch.no_grad():
        assert torch.equal(track.states[0], torch.cat([model[0](x).flatten(0, 1) for x in ragged]))
    with pytest.raises(TrackError, match=r"states of one shape, found \(5, 4\) and then \(4, 4\)"):
        record_track(model, ragged, tokens="flatten")


@pytest.mark.parametrize("unbatched", [lambda: [torch.randn(5, 8), torch.randn(7, 8)], lambda: [torch.randn(6, 8)]])
def test_a_list_of_single_sequences_is_not_taken_for_batches(unbatched):
    layer = torch.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    model = torch.nn.TransformerEncoder(layer, 3, enable_nested_tensor=False)
    with pytest.raises(TrackError, match="expected states that belong to one sample each"):
        record_track(model, unbatched())
