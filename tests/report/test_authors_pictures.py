"""The authors' numbers beside ours."""

from __future__ import annotations

import pytest

from geodl.report.aggregate import aggregate
from geodl.report.authors import AUTHORS, series_for
from geodl.report.authors_pictures import authors_pictures, authors_table
from geodl.report.build import build_report
from geodl.report.collect import collect_sweep


@pytest.fixture
def results(tmp_path, make_run):
    def made(data="mnist5k", name="authors"):
        for family in ("plain", "resnet"):
            for decay in (0.0, 5e-4, 1e-2):
                for seed in (0, 1):
                    make_run(tmp_path / name, family=family, decay=decay, seed=seed, data=data)
        return aggregate(collect_sweep(tmp_path / name).counted)

    return made


def test_every_series_has_a_value_a_decay_and_lies_in_its_range():
    for series in AUTHORS:
        assert len(series.decays) == len(series.values)
        assert list(series.decays) == sorted(series.decays)
        low, high = series.measure.bounds or (1.0, 6.0)
        assert all(low <= value <= high for value in series.values)
    assert {series.data for series in AUTHORS} == {"cifar10", "cifar100", "mnist"}


def test_best_accuracy_and_straightest_tracks_meet_on_cifar10_and_not_on_cifar100():
    """What the plots are known for, so that a slip of the pen in the numbers shows."""
    accuracy, lss = (dict(zip(s.decays, s.values, strict=True)) for s in AUTHORS[:2])
    assert max(accuracy, key=accuracy.get) == min(lss, key=lss.get) == 1e-2
    of = {
        (s.measure.short, s.family): dict(zip(s.decays, s.values, strict=True)) for s in AUTHORS if s.data == "cifar100"
    }
    assert max(of["test acc.", "resnet"], key=of["test acc.", "resnet"].get) == 5e-3
    assert min(of["LSS", "resnet"], key=of["LSS", "resnet"].get) == 5e-4
    for decay in of["LSS", "plain"]:
        assert of["LSS", "plain"][decay] > of["LSS", "resnet"][decay]
        assert of["OTS", "plain"][decay] < of["OTS", "resnet"][decay]


def test_the_sweep_of_that_name_shows_all_of_theirs_whatever_its_data(results):
    found = results()
    pictures = list(authors_pictures(found, everything=True))
    assert [picture.name for picture in pictures] == ["authors_cifar10", "authors_cifar100"]
    assert all("Our data are mnist5k, so accuracies cannot be compared." in picture.caption for picture in pictures)
    rows = authors_table(found, everything=True).rows
    assert len(rows) == 2 * 8 + 3 * 5 + 2
    row = next(row for row in rows if row[:3] == ("CIFAR-100", "OTS (1 = OT map)", "5e-4"))
    assert row[3:6] == ("-", "1.000", "0.000")
    assert row[6].startswith("0.991 ±")  # of 0.99 and 0.992
    assert next(row for row in rows if row[0] == "CIFAR-10")[6] == "-"  # no run of ours at 1e-4


def test_another_sweep_shows_those_of_its_own_data(results):
    found = results(data="cifar100", name="mine")
    (picture,) = authors_pictures(found, everything=False)
    assert picture.name == "authors_cifar100"
    assert "cannot be compared" not in picture.caption
    assert {row[0] for row in authors_table(found, everything=False).rows} == {"CIFAR-100"}


def test_a_sweep_of_other_data_shows_none(results):
    found = results(name="mine")
    assert list(authors_pictures(found, everything=False)) == []
    assert authors_table(found, everything=False).rows == ()
    assert series_for({"mnist5k"}, everything=False) == ()


def test_the_page_lays_them_side_by_side_and_says_what_is_unknown(results, tmp_path):
    results()
    report = build_report(tmp_path / "authors", pdf=False)
    page = report.html.read_text()
    assert {"authors_cifar10.png", "authors_cifar100.png"} <= {path.name for path in report.figures}
    assert "Depths, widths, number of samples n and learning rates are not given there" in page
    assert "theirs, not named" in page
    results(name="mine")
    assert "theirs, not named" not in build_report(tmp_path / "mine", pdf=False).html.read_text()
