"""Scores over a further key: one picture a key, as many columns as settings, and no flood of single settings."""

from __future__ import annotations

import pytest
import yaml

from geodl.report.aggregate import aggregate
from geodl.report.axis_pictures import axis_pictures
from geodl.report.collect import collect_sweep
from geodl.report.gallery import draw_gallery


def sweep_over(folder, make_run, sizes, splits=("train",)):
    for n in sizes:
        for split in splits:
            for family in ("plain", "resnet"):
                for seed in (0, 1):
                    run = make_run(folder / f"{n}-{split}", family=family, seed=seed)
                    config = yaml.safe_load((run / "config.yaml").read_text())
                    config["track"] = {"n_samples": n, "split": split}
                    (run / "config.yaml").write_text(yaml.safe_dump(config))
                    run.rename(folder / f"{n}-{split}-{run.name}")
            (folder / f"{n}-{split}").rmdir()
    return aggregate(collect_sweep(folder).counted)


def test_each_further_number_has_a_picture_with_a_curve_a_family(tmp_path, make_run):
    (picture,) = axis_pictures(sweep_over(tmp_path, make_run, (100, 200, 400), ("train", "test")))
    assert picture.name == "scores_by_n_samples"
    last = picture.figure.axes[-1]  # the ticks stand below the last row
    assert [text.get_text() for text in last.get_xticklabels()] == ["100", "200", "400"]
    titles = [axes.get_title(loc="left") for axes in picture.figure.axes]
    assert {"split train", "split test"} <= set(titles)
    assert {text.get_text() for text in picture.figure.legends[0].get_texts()} >= {"plain", "ResNet"}
    assert "tables" not in picture.caption


def test_a_wide_range_is_logarithmic_and_keeps_its_labels(tmp_path, make_run):
    (picture,) = axis_pictures(sweep_over(tmp_path, make_run, (100, 1600)))
    axes = picture.figure.axes[-1]
    assert [text.get_text() for text in axes.get_xticklabels()] == ["100", "1600"]
    assert axes.get_xticks()[1] - axes.get_xticks()[0] == pytest.approx(4.0)  # octaves
    assert "Logarithmic" in picture.caption


def test_a_key_with_one_value_has_none(tmp_path, make_run):
    assert list(axis_pictures(sweep_over(tmp_path, make_run, (100,)))) == []


def test_of_many_settings_a_few_are_drawn_one_by_one_and_each_says_so(tmp_path, make_run):
    results = sweep_over(tmp_path, make_run, (100, 200, 300, 400, 500, 600))
    titles = [picture.title for picture in draw_gallery(results) if picture.name.startswith("lss_by_epoch")]
    assert len(titles) == 4
    assert all("of 6; drawn: 4]" in title for title in titles)
