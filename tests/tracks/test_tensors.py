from __future__ import annotations

from collections import OrderedDict, namedtuple

import pytest
import torch

from geodl.errors import TrackError
from geodl.tracks.tensors import named_inputs, named_tensors, pick

A, B = torch.zeros(1), torch.ones(2, 3)
Pair = namedtuple("Pair", "state cache")


@pytest.mark.parametrize(
    ("values", "paths"),
    [
        (A, [""]),
        ((A, B), ["0", "1"]),
        ([A, None, (B, "text", 3)], ["0", "2.0"]),
        (OrderedDict(state=A, more={"deep": [B]}), ["state", "more.deep.0"]),
        (Pair(A, B), ["0", "1"]),
        ((torch.zeros(1, dtype=torch.int64), torch.zeros(1, dtype=torch.bool)), []),
        (None, []),
        (object(), []),
    ],
)
def test_floating_tensors_are_found_by_path(values, paths):
    assert list(named_tensors(values)) == paths


def test_arguments_have_numbers_and_names():
    assert list(named_inputs((A, 3), {"mask": B, "flag": True})) == ["0", "mask"]


def test_half_precision_counts():
    assert list(named_tensors((A.half(), A.bfloat16(), A.double()))) == ["0", "1", "2"]


def test_one_tensor_needs_no_item_and_of_several_one_has_to_be_named():
    assert pick({"": A}, None, read_out="h", what="returns") is A
    assert pick({"0": A, "1": B}, "1", read_out="h[1]", what="returns") is B
    with pytest.raises(
        TrackError, match=r"'h' to be one floating tensor, .* returns \[0\] \(1,\), \[1\] \(2, 3\); .* 'h\[0\]'"
    ):
        pick({"0": A, "1": B}, None, read_out="h", what="returns")
    with pytest.raises(TrackError, match=r"'h\[2\]' to be an item \[2\], .* such as 'h\[0\]'"):
        pick({"0": A, "1": B}, "2", read_out="h[2]", what="returns")
    with pytest.raises(TrackError, match="expected 'h' to be a floating tensor, found a module that returns none"):
        pick({}, None, read_out="h", what="returns")
