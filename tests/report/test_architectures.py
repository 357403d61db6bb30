"""Networks of other libraries, which have no depth or width to choose, beside our own in one report."""

from __future__ import annotations

import json
import re

import pytest

from geodl.report.aggregate import aggregate
from geodl.report.build import build_report
from geodl.report.claims import find_verdicts
from geodl.report.collect import collect_sweep, read_run
from geodl.report.gallery import _GROUPS, draw_gallery
from geodl.report.grid import find_grid
from geodl.report.measures import LSS
from geodl.report.notes import find_notes
from geodl.report.panels import decay_rows
from geodl.report.tables import nulls_table, summary_table

RESNET18 = {"name": "resnet18", "library": "torchvision", "family": "torchvision/resnet18", "stem": "cifar"}
TEST_VIT = {"name": "test_vit", "library": "timm", "family": "timm/test_vit", "stem": "cifar"}
VIT = {"name": "vit", "family": "vit", "depth": 6, "width": 64, "heads": 4}


@pytest.fixture(scope="module")
def zoo(tmp_path_factory, make_run):
    """Plain networks, ResNets, a ViT and two foreign architectures, at two decays and two seeds."""
    folder = tmp_path_factory.mktemp("sweeps") / "zoo"
    for decay in (0.0, 0.01):
        for seed in (0, 1):
            shared = {"decay": decay, "seed": seed, "tracks": seed == 0}
            make_run(folder, family="plain", **shared)
            make_run(folder, family="resnet", **shared)
            for network in (VIT, RESNET18, TEST_VIT):
                make_run(folder, family=network["family"], network=network, **shared)
    return folder


@pytest.fixture(scope="module")
def results(zoo):
    return aggregate(collect_sweep(zoo).counted)


def test_every_architecture_is_a_setting_and_sizes_that_it_lacks_are_a_dash(results):
    assert results.keys == ("family", "depth", "width", "weight_decay")
    assert len(results.cells) == 10
    table = summary_table(results)
    sizes = {row[0]: row[1:3] for row in table.rows}
    assert sizes == {
        "plain": ("4", "32"),
        "ResNet": ("4", "32"),
        "ViT": ("6", "64"),
        "torchvision/resnet18": ("-", "-"),
        "timm/test_vit": ("-", "-"),
    }


def test_nothing_is_missing_from_a_grid_whose_architectures_have_their_own_sizes(zoo):
    grid = find_grid(collect_sweep(zoo).runs)
    assert (grid.expected, grid.absent) == (20, ())


def test_what_never_started_is_still_found(tmp_path, make_run):
    for seed in (0, 1):
        make_run(tmp_path, family="plain", seed=seed)
        make_run(tmp_path, family="plain", depth=8, seed=seed)
        make_run(tmp_path, network=RESNET18, seed=seed, decay=0.01)
    make_run(tmp_path, network=RESNET18)
    grid = find_grid(collect_sweep(tmp_path).runs)
    missing = [grid.describe(*job) for job in grid.absent]
    assert "family=torchvision/resnet18, weight_decay=0, seed=1" in [text.replace("0.0", "0") for text in missing]
    assert not any("resnet18" in text and "depth" in text for text in missing)
    assert sum("depth=8" in text for text in missing) == 2  # with decay 0.01


def test_a_stem_that_only_some_have_is_no_hole_for_the_others(tmp_path, make_run):
    make_run(tmp_path, family="plain")
    for stem in ("cifar", "imagenet"):
        make_run(tmp_path / stem, network={**RESNET18, "stem": stem})
        folder = next((tmp_path / stem).iterdir())
        folder.rename(tmp_path / f"{folder.name}{stem}")
    grid = find_grid(collect_sweep(tmp_path).runs)
    assert (grid.expected, grid.absent) == (3, ())


def test_verdicts_speak_of_them_by_name_and_never_of_a_depth_they_lack(results):
    verdicts = find_verdicts(results)
    statements = [verdict.statement for verdict in verdicts]
    assert "Training lowers LSS of torchvision/resnet18" in statements
    assert "Weight decay lowers LSS of ViTs" in statements
    assert "OTS of untrained timm/test_vit" in [note.title for note in find_notes(results)]
    assert not any("None" in f"{verdict.statement} {verdict.text}" for verdict in verdicts)
    (twins,) = (verdict for verdict in verdicts if verdict.claim == "C3")
    assert "over 2 settings, 2 seeds, 8 runs" in twins.text  # the twins alone


def test_all_architectures_stand_in_one_set_of_figures(results, monkeypatch):
    monkeypatch.setattr("geodl.report.gallery._GROUPS", _GROUPS[:1])
    pictures = {picture.name: picture for picture in draw_gallery(results)}
    assert {"lss_by_weight_decay", "lss_by_epoch", "lss_by_depth", "tracks_training", "tracks_decay"} <= set(pictures)
    assert {"tracks_training_depth4", "tracks_training_depth6"} <= set(pictures)
    titles = [axes.get_title(loc="left") for axes in pictures["lss_by_weight_decay"].figure.axes]
    assert titles == ["depth 4", "depth 6", "published depth"]
    titles = [axes.get_title(loc="left") for axes in pictures["lss_by_epoch"].figure.axes]
    assert [title for title in titles if title] == [
        "plain, depth 4",
        "ResNet, depth 4",
        "ViT, depth 6",
        "timm/test_vit",
        "torchvision/resnet18",
    ]
    rows = [text.get_text() for text in pictures["tracks_training"].figure.texts]
    assert {"timm/test_vit", "torchvision/resnet18"} <= set(rows)
    assert "plain" not in rows


def test_how_states_were_read_stands_beside_the_null_values(results):
    table = nulls_table(results)
    states = {row[0]: row[-1] for row in table.rows}
    assert table.headers[-1] == "states"
    assert states["ViT"] == "tokens: mean"
    assert states["timm/test_vit"] == "tokens: mean; final norm left out: norm (LayerNorm)"
    assert states["torchvision/resnet18"] == ""


def test_the_page_is_built(zoo, monkeypatch):
    monkeypatch.setattr("geodl.report.build.draw_gallery", lambda results: iter(()))
    monkeypatch.setattr("geodl.report.build.draw_run_strip", lambda run: None)
    page = build_report(zoo, pdf=False).html.read_text(encoding="utf-8")
    assert re.search(r"torchvision/resnet18", page)
    assert "None" not in re.sub(r"<style.*?</style>", "", page, flags=re.DOTALL)


def test_architectures_of_different_length_have_null_values_of_their_own(tmp_path, make_run):
    for decay in (0.0, 0.01):
        for network, depth in ((RESNET18, 2), (TEST_VIT, 6)):
            make_run(tmp_path, family=network["family"], network=network, depth=depth, decay=decay)
    results = aggregate(collect_sweep(tmp_path).counted)
    ((row,), _) = decay_rows(results, results.cells, [LSS])
    levels = {null.label: float(null.y[0]) for null in row.panels[0].nulls if "√L" in null.label}
    assert levels == {
        "timm/test_vit, √L (random walk)": pytest.approx(6**0.5),
        "torchvision/resnet18, √L (random walk)": pytest.approx(2**0.5),
    }


def test_the_null_value_is_that_of_the_legs_over_which_the_headline_averages(tmp_path, make_run):
    folder = make_run(tmp_path)
    summary = json.loads((folder / "summary.json").read_text())
    summary["legs"] = [{"index": k, "n_steps": steps} for k, steps in enumerate((2, 1, 1, 1))]
    del summary["null"]
    (folder / "summary.json").write_text(json.dumps(summary))
    assert read_run(folder).nulls["lss_sqrt_L"] == pytest.approx(2**0.5)
