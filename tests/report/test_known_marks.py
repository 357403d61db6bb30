"""Known maps at the n and d of a sweep: in its table of null values, and as marks in its figures."""

from __future__ import annotations

import numpy as np
import pytest

from geodl.calibration import known_states, reference_scores
from geodl.calibration.reference import MOST_SAMPLES
from geodl.report.aggregate import aggregate
from geodl.report.build import build_report
from geodl.report.collect import collect_sweep
from geodl.report.known_marks import known_maps_table, probe_sizes, with_marks
from geodl.report.measures import LSS, OTS, RATIO
from geodl.report.panels import decay_rows
from geodl.scores import score_leg


@pytest.fixture
def sweep(tmp_path, make_run):
    for family in ("plain", "resnet"):
        for decay in (0.0, 0.01):
            make_run(tmp_path / "sweep", family=family, decay=decay)
    return tmp_path / "sweep"


def test_the_table_holds_the_scores_of_the_maps_themselves(sweep):
    table = known_maps_table(aggregate(collect_sweep(sweep).counted))
    assert {row[:2] for row in table.rows} == {("500", "32")}
    states = known_states("rotation", 60.0, n=500, dim=32, depth=1, seed=0)
    scores = score_leg(states, scores=["optimal_transport", "transport_ratio"])
    expected = tuple(f"{scores[name].value:.3f}" for name in ("optimal_transport", "transport_ratio"))
    assert next(row for row in table.rows if row[2] == "rotation by 60°")[3:] == expected
    assert 0.0 < scores["optimal_transport"].value < 1.0  # a value that can be wrong


def test_the_page_shows_it(sweep):
    page = build_report(sweep, pdf=False).html.read_text()
    assert "Known maps at the same n and d" in page
    assert "rotation by 60°" in page
    assert "Arrows at the right edge" in page


def test_marks_stand_in_the_last_panel_of_ots_and_ratio_alone(sweep):
    results = aggregate(collect_sweep(sweep).counted)
    rows, _ = decay_rows(results, results.cells, (LSS, OTS, RATIO))
    marked, caption = with_marks(rows, results, results.cells)
    assert caption
    by_label = {row.label: [panel.marks for panel in row.panels] for row in marked}
    assert by_label[LSS.label] == [()]
    (ots,), (ratio,) = by_label[OTS.label], by_label[RATIO.label]
    assert [label for label, _ in ots] == ["10°", "30°", "60°", "pairing"]
    scores = reference_scores(500, 32)
    assert dict(ratio)["60°"] == scores[2].transport_ratio
    assert dict(ots)["60°"] == scores[2].ots != dict(ratio)["60°"]


def test_networks_of_several_dimensions_have_no_marks_but_a_table(sweep, make_run):
    make_run(sweep, family="resnet", decay=0.1, dim=8)
    results = aggregate(collect_sweep(sweep).counted)
    assert probe_sizes(results, results.cells) == [(500, 8), (500, 32)]
    rows, _ = decay_rows(results, results.cells, (OTS,))
    assert with_marks(rows, results, results.cells) == (rows, "")
    assert {row[1] for row in known_maps_table(results).rows} == {"8", "32"}


def test_large_probe_sets_are_scored_at_the_most_that_is_quick():
    assert reference_scores(MOST_SAMPLES + 5, 4) == reference_scores(MOST_SAMPLES, 4)


def test_ots_falls_with_the_angle_and_a_random_pairing_has_next_to_none():
    scores = [score.ots for score in reference_scores(200, 8)]
    assert scores[0] == 1.0
    assert np.all(np.diff(scores[:3]) <= 0)
    assert scores[-1] < 0.05
