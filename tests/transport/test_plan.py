from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from geodl.transport import TransportPlan


def test_a_failed_plan_needs_a_reason_and_an_optimal_one_a_permutation():
    with pytest.raises(AssertionError, match="reason"):
        TransportPlan(n=3, d=1, status="failed")
    with pytest.raises(AssertionError, match="whole or absent"):
        TransportPlan(n=3, d=1, status="optimal", permutation=np.arange(2))


def test_a_plan_cannot_be_changed():
    plan = TransportPlan(n=3, d=1, status="failed", reason="for the test")
    with pytest.raises(FrozenInstanceError):
        plan.cost = 0.0  # type: ignore[misc]
    assert not plan.optimal
