from __future__ import annotations

import numpy as np
import pytest
import torch

from geodl.transport.soft_transform import soft_transform, tile_rows


def problem(seed, n=37, m=23, d=5):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), rng.normal(size=(m, d)), rng.normal(size=m)


def transformed(x, y, f, epsilon, memory=1e6):
    soft, hard = soft_transform(
        torch.tensor(x).float(), torch.tensor(y).float(), torch.tensor(f).double(), epsilon, memory
    )
    return soft.numpy(), hard.numpy()


@pytest.mark.parametrize("epsilon", [1e-4, 0.1, 1.0, 100.0])
def test_both_are_those_of_the_definition(epsilon):
    x, y, f = problem(0)
    soft, hard = transformed(x, y, f, epsilon)
    exponents = 2.0 * x @ y.T + f
    np.testing.assert_allclose(hard, -exponents.max(axis=1), atol=1e-5)
    largest = exponents.max(axis=1, keepdims=True)
    sums = np.log(np.exp((exponents - largest) / epsilon).mean(axis=1))
    np.testing.assert_allclose(soft, -largest[:, 0] - epsilon * sums, atol=1e-5 * max(1.0, epsilon))


@pytest.mark.parametrize("epsilon", [1e-6, 0.3, 10.0])
def test_the_soft_transform_lies_above_the_hard_one_by_at_most_the_logarithm(epsilon):
    soft, hard = transformed(*problem(1), epsilon)
    assert np.all(soft >= hard)
    assert np.all(soft <= hard + epsilon * np.log(23) + 1e-12)


def test_tiles_change_nothing_beyond_rounding():
    whole, parts = transformed(*problem(2), 0.2, 1e9), transformed(*problem(2), 0.2, 1.0)
    np.testing.assert_allclose(parts, whole, atol=1e-5)


def test_a_row_always_fits():
    assert tile_rows(10**9, 1.0) == 1
    assert tile_rows(10, 1e12) == 4096
