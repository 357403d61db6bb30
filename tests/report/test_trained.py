"""Networks that failed to train are named and left out, and known maps are no networks."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from geodl.errors import DataError
from geodl.report.trained import sort_trained
from tests.report.claims.synthetic import At, make_run


def run(accuracy, seed=0, **final):
    return make_run(At("resnet", 4, 0.0, seed), {"train/accuracy": accuracy, **final})


def test_half_way_between_chance_and_one_is_the_level():
    found = sort_trained([run(0.56), run(0.54, seed=1)])
    assert [r.seed for r in found.runs] == [0]
    assert [(left.run.seed, left.reason) for left in found.failed] == [(1, "training accuracy 0.54, below 0.55")]
    assert found.level == "training accuracy at least half-way between chance and 1 (0.55)"


def test_another_level_can_be_asked_for():
    runs = [run(0.56), run(0.54, seed=1)]
    assert len(sort_trained(runs, 0.9).failed) == 2
    assert len(sort_trained(runs, 0.0).runs) == 2
    with pytest.raises(DataError, match="min_accuracy: expected a training accuracy in"):
        sort_trained(runs, 55)


def test_what_diverged_is_named():
    diverged = replace(
        run(0.9, seed=2),
        status="failed",
        state={"error_type": "TrainingDivergedError", "error": "the loss is NaN in epoch 3"},
    )
    found = sort_trained([run(math.nan), run(0.9, seed=1, **{"train/loss": math.nan}), diverged])
    assert found.runs == ()
    assert [left.reason for left in found.failed] == [
        "train/accuracy is nan",
        "train/loss is nan",
        "diverged: the loss is NaN in epoch 3",
    ]


def test_a_run_that_tells_no_accuracy_counts_as_trained():
    bare = run(0.9)
    bare = replace(bare, final={"geometry/lss": 1.0}, summary={})
    assert sort_trained([bare]).runs == (bare,)


def test_known_maps_are_no_networks():
    known = make_run(At("resnet", 4, 0.0, 0), {}, **{"calibration.map": "rotation"})
    none = make_run(At("resnet", 4, 0.0, 1), {}, **{"calibration.map": None})
    found = sort_trained([known, none])
    assert (found.runs, found.failed) == ((none,), ())
