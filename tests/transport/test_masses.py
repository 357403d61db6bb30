from __future__ import annotations

import numpy as np
import pytest
import torch

from geodl.errors import DataError
from geodl.transport.masses import masses


def test_only_proportions_count():
    assert masses([2, 6, 0], 3, "w").tolist() == [0.25, 0.75, 0.0]
    assert masses(torch.tensor([1.0, 1.0]), 2, "w").tolist() == [0.5, 0.5]
    assert masses([1e308, 1e308, 1e308, 1e308], 4, "w").tolist() == [0.25] * 4
    assert masses([5e-324], 1, "w").tolist() == [1.0]
    assert masses(None, 8, "w").sum() == 1.0


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ([1.0, 2.0], r"source_weights: expected one weight for each sample, shape \(3,\), found shape \(2,\)"),
        ([[1.0, 2.0, 3.0]], r"found shape \(1, 3\)"),
        (1.0, r"found shape \(\)"),
        ([1.0, -2.0, 3.0], r"expected finite numbers >= 0, found -2 \(and 0 more"),
        ([np.nan, np.inf, 3.0], r"found nan \(and 1 more"),
        ([0.0, 0.0, 0.0], "found only zeros"),
    ],
)
def test_what_is_no_weight_raises_with_the_name(weights, words):
    with pytest.raises(DataError, match=words):
        masses(weights, 3, "source_weights")
