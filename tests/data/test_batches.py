"""Batches: an order that is a function of seed and epoch, complete passes, no global randomness."""

from __future__ import annotations

import pytest
import torch

from geodl.data.batches import EpochShuffle, TensorBatches

X, Y = torch.arange(20.0).reshape(10, 2), torch.arange(10)


def labels(batches):
    return [y.tolist() for _, y in batches]


@pytest.mark.parametrize(("drop_last", "sizes"), [(True, [4, 4]), (False, [4, 4, 2])])
def test_sizes_and_length(drop_last, sizes):
    batches = TensorBatches(X, Y, 4, sampler=EpochShuffle(10, 0), drop_last=drop_last)
    assert [len(y) for y in labels(batches)] == sizes
    assert len(batches) == len(sizes)


def test_a_pass_has_every_sample_once_with_its_label():
    seen = []
    for x, y in TensorBatches(X, Y, 3, sampler=EpochShuffle(10, 0)):
        assert torch.equal(x, X[y])
        seen += y.tolist()
    assert sorted(seen) == list(range(10))
    assert seen != list(range(10))


def test_order_is_a_function_of_seed_and_epoch_whatever_else_is_drawn():
    one, two = (TensorBatches(X, Y, 4, sampler=EpochShuffle(10, 7)) for _ in range(2))
    first = [labels(one), labels(one)]
    torch.manual_seed(123)
    second = [labels(two)]
    torch.rand(100)
    second.append(labels(two))
    assert first == second
    assert first[0] != first[1]
    two.sampler.set_epoch(0)
    assert labels(two) == first[0]


def test_seeds_give_different_orders():
    assert EpochShuffle(10, 0).next_order().tolist() != EpochShuffle(10, 1).next_order().tolist()


def test_iterating_leaves_the_global_generator_alone():
    before = torch.get_rng_state()
    labels(TensorBatches(X, Y, 4, sampler=EpochShuffle(10, 0)))
    labels(TensorBatches(X, Y, 4))
    assert torch.equal(torch.get_rng_state(), before)


def test_without_a_sampler_the_order_is_that_of_the_data():
    assert labels(TensorBatches(X, Y, 4)) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_the_epoch_may_be_set_after_the_iterator_is_made():
    batches = TensorBatches(X, Y, 10, sampler=EpochShuffle(10, 0))
    iterator = iter(batches)
    batches.sampler.set_epoch(5)
    _, y = next(iterator)
    assert torch.equal(y, batches.sampler.permutation(5))
    assert len(batches.sampler) == 10
