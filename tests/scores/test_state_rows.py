from __future__ import annotations

import numpy as np
import pytest
import torch

from geodl.errors import DataError
from geodl.scores.state_rows import as_source, first_fault, fits_float32, state_rows
from geodl.transport.clouds import LARGEST_COORDINATE, cloud_fault


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.int32])
def test_what_numpy_knows_is_shared_and_not_copied(dtype):
    tensor = torch.arange(12).reshape(4, 3).to(dtype)
    source = as_source(tensor, "state")
    assert np.shares_memory(source, tensor.numpy())
    assert np.array_equal(state_rows(source, 1, 3), tensor[1:3].double().numpy())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_stays_a_tensor_until_rows_are_wanted(dtype):
    tensor = torch.randn(5, 3, requires_grad=True).to(dtype)
    source = as_source(tensor, "state")
    assert isinstance(source, torch.Tensor)
    assert not source.requires_grad
    assert fits_float32(source)
    for narrow, kind in ((False, np.float64), (True, np.float32)):
        rows = state_rows(source, 2, 4, narrow=narrow)
        assert rows.dtype == kind
        assert np.array_equal(rows, tensor[2:4].detach().double().numpy())


@pytest.mark.parametrize("dtype", [torch.float64, torch.int16, torch.int64])
def test_other_dtypes_are_read_in_float64(dtype):
    source = as_source(torch.arange(12).reshape(4, 3).to(dtype), "state")
    assert not fits_float32(source)
    assert not fits_float32(np.ones((2, 2), np.float16))  # would fit, but is quicker to widen to float64
    assert state_rows(source, 0, 2).dtype == np.float64


def test_mapped_files_stay_mapped(tmp_path):
    np.save(tmp_path / "state.npy", np.eye(3))
    mapped = np.load(tmp_path / "state.npy", mmap_mode="r")
    assert np.shares_memory(as_source(mapped, "state"), mapped)


@pytest.mark.parametrize(
    "values", [torch.ones(2, 2, dtype=torch.bool), np.ones((2, 2), complex), torch.ones(2, 2) * 1j]
)
def test_what_is_no_real_number_raises_with_its_name(values):
    with pytest.raises(TypeError, match="mine: expected real numbers"):
        as_source(values, "mine")


@pytest.mark.parametrize("shape", [(), (3,), (0, 2), (2, 0), (2, 2, 2)])
def test_other_shapes_raise_with_their_name(shape):
    for values in (np.ones(shape), torch.ones(shape)):
        with pytest.raises(DataError, match="mine: expected samples by features"):
            as_source(values, "mine")


FAULTY = [
    np.eye(3),
    np.full((3, 2), np.nan),
    np.array([[1.0, np.inf], [0.0, -np.inf], [np.nan, 1e300]]),
    np.array([[1.0, np.inf], [0.0, 1.0]]),
    np.array([[1.0, 2 * LARGEST_COORDINATE], [0.0, 1.0]]),
    np.array([[-1e200, LARGEST_COORDINATE], [0.0, 1.0]]),
    np.array([[LARGEST_COORDINATE, 1.0]] * 2),
    np.ones((1, 4)),
    np.full((1, 4), np.nan),
]


@pytest.mark.parametrize("block", [1, 4, 2**19])
@pytest.mark.parametrize("state", FAULTY)
def test_faults_have_the_words_of_the_transports_check(state, block, monkeypatch):
    monkeypatch.setattr("geodl.scores.state_rows._BLOCK", block)
    expected = cloud_fault(state)
    assert first_fault([state], ["x"]) == (f"x {expected}" if expected else "")


def test_the_first_faulty_state_is_named():
    assert first_fault([np.eye(2), np.full((2, 2), np.nan), np.ones((1, 2))], ["a", "b", "c"]).startswith("b holds 4")
