"""Remarks follow the numbers: turn the numbers round and the remarks turn too."""

from __future__ import annotations

import pytest

from geodl.report.aggregate import aggregate
from geodl.report.notes import find_notes
from tests.report.claims.synthetic import make_runs


def notes(value, **options):
    return find_notes(aggregate(make_runs(value, **options)))


@pytest.mark.parametrize(
    ("plain", "resnet", "says"),
    [(2.9, 1.2, "fit version 3"), (1.3, 1.2, "contradict version 3"), (2.9, 2.9, "fit neither version")],
)
def test_versions_of_the_paper_are_told_apart(plain, resnet, says):
    found = notes(lambda run: {"geometry/lss": plain if run.family == "plain" else resnet}, depths=(9,))  # √L = 3
    (note,) = (note for note in found if note.title.startswith("Line-shaped"))
    assert says in note.text


@pytest.mark.parametrize(("after", "says"), [(0.92, "tells the architecture"), (0.5, "Training moves it by -0.4")])
def test_untrained_ots_is_compared_with_the_trained_one(after, says):
    found = notes(lambda run: {"geometry/ots": after}, families=("resnet",), before=lambda run: {"geometry/ots": 0.9})
    assert [note.title for note in found] == ["OTS of untrained ResNets"]
    assert says in found[0].text


def test_nothing_is_said_of_families_that_a_sweep_lacks():
    found = notes(lambda run: {"geometry/lss": 2.0}, families=("plain",))
    assert not any("ResNet" in note.text for note in found)
