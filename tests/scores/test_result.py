from __future__ import annotations

import math
from dataclasses import FrozenInstanceError

import pytest

from geodl.scores import ScoreResult


def test_an_invalid_score_is_nan_with_its_reason_and_details():
    result = ScoreResult.invalid("no step", n=3)
    assert math.isnan(result.value)
    assert (result.valid, result.reason, result.details) == (False, "no step", {"n": 3})


@pytest.mark.parametrize(
    "fields", [{"value": math.nan}, {"value": 1.0, "reason": "why"}, {"value": 1.0, "valid": False, "reason": "why"}]
)
def test_a_number_and_a_reason_exclude_each_other(fields):
    with pytest.raises(AssertionError, match="a score is"):
        ScoreResult(**fields)


def test_a_result_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        ScoreResult(1.0).value = 2.0  # type: ignore[misc]
