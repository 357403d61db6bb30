from __future__ import annotations

import numpy as np
import pytest
import torch

from geodl.errors import DataError
from geodl.transport.clouds import as_cloud, as_float64, cloud_fault


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.int32])
def test_tensors_of_any_real_type_are_widened_exactly(dtype):
    tensor = torch.tensor([[1.0, -2.0], [0.0, 64.0]]).to(dtype)
    array = as_cloud(tensor, "source")
    assert array.dtype == np.float64
    assert array.tolist() == [[1.0, -2.0], [0.0, 64.0]]


def test_a_tensor_that_requires_grad_is_detached():
    tensor = torch.ones(2, 2, requires_grad=True)
    assert as_cloud(tensor, "source").sum() == 4.0
    assert tensor.grad is None


@pytest.mark.parametrize(
    "values",
    [np.ones((2, 2), dtype=complex), torch.ones(2, 2, dtype=torch.complex64), [["a"]], None, torch.ones(2, 2) > 0],
)
def test_what_is_not_a_real_number_raises_with_the_name(values):
    with pytest.raises(TypeError, match=r"source: expected real numbers"):
        as_float64(values, "source")


@pytest.mark.parametrize("shape", [(3,), (2, 2, 2), (0, 3), (3, 0)])
def test_anything_but_a_full_matrix_raises_with_the_name(shape):
    with pytest.raises(DataError, match=r"target: expected samples by features"):
        as_cloud(np.zeros(shape), "target")


def test_ragged_rows_raise_with_the_name():
    with pytest.raises(DataError, match="source: expected a rectangular array"):
        as_cloud([[1.0], [1.0, 2.0]], "source")


@pytest.mark.parametrize(
    ("cloud", "words"),
    [
        (np.zeros((1, 2)), "at least 2"),
        (np.array([[np.nan], [0.0]]), "1 value that is NaN or infinite"),
        (np.array([[np.inf], [-np.inf]]), "2 values that are NaN or infinite"),
        (np.array([[1e200], [0.0]]), "may overflow"),
    ],
)
def test_clouds_that_cannot_be_measured_have_a_reason(cloud, words):
    assert words in cloud_fault(cloud)


def test_a_good_cloud_has_no_fault():
    assert not cloud_fault(np.eye(3))
