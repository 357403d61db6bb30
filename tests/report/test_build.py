"""The report as a whole: one page that stands alone, files beside it, nothing lost and nothing mixed."""

from __future__ import annotations

import csv
import html.parser
import itertools
import math
import re
import subprocess
import sys

import pandas as pd
import pytest
import yaml

from geodl.cli.report import main
from geodl.errors import DataError
from geodl.report.build import build_report
from geodl.report.collect import collect_sweep
from geodl.report.gallery import draw_gallery
from geodl.report.judged import judge_sweep
from geodl.report.provenance import run_command
from geodl.report.tables import format_table
from geodl.report.verdict_parts import verdict_lines

VOID = {"meta", "img", "br", "link", "hr", "input"}


class Page(html.parser.HTMLParser):
    """Collects a page's references and checks that its tags are balanced."""

    def __init__(self, text):
        super().__init__()
        self.open, self.references, self.ids, self.images, self.text = [], [], set(), [], ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.references += [found[key] for key in ("src", "href", "action", "data", "srcset") if key in found]
        self.ids |= {found["id"]} if "id" in found else set()
        self.images += [found] if tag == "img" else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def page(grid_report):
    return Page(grid_report.html.read_text(encoding="utf-8"))


@pytest.fixture
def one_figure(monkeypatch):
    """Draws a single figure: for tests of what stands around the figures."""
    monkeypatch.setattr("geodl.report.build.draw_gallery", lambda results: itertools.islice(draw_gallery(results), 1))


def test_page_stands_alone(grid_report, page):
    source = grid_report.html.read_text(encoding="utf-8")
    assert all(ref.startswith(("#", "data:image/png;base64,")) for ref in page.references)
    assert {ref[1:] for ref in page.references if ref.startswith("#")} <= page.ids
    assert "<script" not in source
    assert not re.search(r"url\(|@import|https?://", source)
    assert all(image["alt"] for image in page.images)


def test_page_holds_every_figure_and_every_figure_has_its_files(grid_report, page):
    names = {path.stem for path in grid_report.figures}
    assert {f"figure-{name}" for name in names} <= page.ids
    expected = "lss_by_epoch lss_by_weight_decay lss_by_depth ots_by_epoch ots_by_weight_decay ots_by_depth"
    assert {*expected.split(), "tracks_training_depth4", "tracks_decay_depth4"} <= names
    assert all(path.stat().st_size > 2000 for path in grid_report.figures)
    assert {path.suffix for path in grid_report.figures} == {".png", ".pdf"}


def test_page_lists_what_is_missing(page):
    for expected in (
        "TrainingDivergedError: the loss is NaN in epoch 3",
        "interrupted",
        "family=plain, depth=8, width=32, weight_decay=0.01, seed=2",
        "1 of the grid without a run",
        "2 runs without a result",
    ):
        assert expected in re.sub(r"\s+", " ", page.text)


def test_page_tells_how_to_read_it(page):
    shown = re.sub(r"\s+", " ", page.text)
    for expected in (
        "A random walk in high dimension has LSS = √L",
        "1/n (OTS null)",
        "untrained LSS",
        "OTS saturates",
    ):
        assert expected in shown
    for expected in ("Learning rate and schedule are as configured", "probe n", "torch", "2.14.1", "a" * 40):
        assert expected in shown


def test_n_d_and_transport_ratio_stand_beside_ots(page):
    shown = re.sub(r"\s+", " ", page.text)
    assert (
        shown.count("Read it beside n = 500 samples of dimension d = 32.") == 4
    )  # by decay, by depth, OTS and ratio by epoch
    assert "Optimal-transport score and transport ratio by weight decay" in shown


def test_page_has_the_command_of_every_run(grid_sweep, page):
    command = "geodl-train network=plain_mlp network.depth=4 optimizer.weight_decay=0.01 seed=2"
    assert command in page.text
    assert all(run_command(run) in page.text for run in collect_sweep(grid_sweep).runs)


def test_tables_hold_the_means(page):
    assert "0.992 ± 0.005" in page.text  # OTS of the deep ResNet with decay: 0.990, 0.992, 0.994


def test_csv_files_hold_all_runs_epochs_and_means(grid_report):
    runs = pd.read_csv(grid_report.runs_csv)
    assert len(runs) == 23
    assert runs["counted"].sum() == 21
    epochs = pd.read_csv(grid_report.epochs_csv)
    assert len(epochs) == 21 * 5 + 2 * 3
    means = pd.read_csv(grid_report.aggregate_csv)
    row = means[(means["metric"] == "geometry/ots") & (means["family"] == "resnet") & (means["depth"] == 8)].iloc[0]
    assert row["mean"] == pytest.approx(0.992)
    assert row["low_95"] == pytest.approx(0.992 - 4.302653 * 0.002 / math.sqrt(3))


def test_closing_table_and_status_line(grid_report):
    assert grid_report.status == "21 finished, 1 interrupted, 1 failed, 1 of the grid without a run"
    header = grid_report.summary.splitlines()[0].split()
    assert header == ["family", "depth", "width", "weight", "decay", "n", "test", "acc.", "LSS", "OTS", "ratio"]


def test_verdicts_stand_on_the_page_in_the_table_and_in_the_terminal(grid_report, page, capsys):
    table = pd.read_csv(grid_report.verdicts_csv)
    expected = ["claim", "statement", "verdict", "effect", "low", "high", "n_runs", "test", "p_adjusted"]
    assert list(table.columns[:9]) == expected
    assert {text[:2] for text in table["claim"]} == {f"C{k}" for k in range(1, 9)}
    assert all(statement in page.text for statement in table["statement"])
    assert {"verdict", "figure-verdicts", "untrained"} <= page.ids
    shown = re.sub(r"\s+", " ", page.text)
    assert "✓ supported" in shown
    assert all(row.text in shown for row in grid_report.verdicts)
    lines = verdict_lines(grid_report.verdicts)
    assert len(lines) == len(table)
    (ots,) = (line for line in lines if "OTS of ResNets is above" in line)
    assert ots.startswith("✓ C4   supported")
    assert "p <1e-4" in ots or re.search(r"p 0\.\d", ots)


def test_text_from_run_folders_is_escaped(tmp_path, make_run, one_figure):
    folder = make_run(tmp_path / "s", status="failed")
    status = folder / "status.json"
    status.write_text(status.read_text().replace("the loss", "<b onclick='x'>the loss"))
    make_run(tmp_path / "s", seed=1)
    source = build_report(tmp_path / "s", pdf=False).html.read_text(encoding="utf-8")
    assert "<b onclick" not in source
    assert "&lt;b onclick" in source


def test_mixed_commits_are_refused_unless_allowed_and_then_shown(tmp_path, make_run, one_figure, capsys):
    make_run(tmp_path / "s", seed=0)
    make_run(tmp_path / "s", seed=1, commit="b" * 40)
    assert main([str(tmp_path / "s")]) == 2
    assert "found 2 groups: [commit aaaaaaaaaaaa" in capsys.readouterr().err
    assert not (tmp_path / "s" / "report").exists()
    assert main([str(tmp_path / "s"), "--allow-mixed", "--no-pdf"]) == 0
    assert "Mixed on purpose." in (tmp_path / "s" / "report" / "report.html").read_text(encoding="utf-8")


def test_nan_is_shown_with_its_count(tmp_path, make_run, one_figure):
    make_run(tmp_path / "s", seed=0)
    make_run(tmp_path / "s", seed=1, changed={"geometry/lss": float("nan")})
    paths = build_report(tmp_path / "s", pdf=False)
    assert re.search(r"\(n = 1, 1 NaN\)", paths.summary)
    source = paths.html.read_text(encoding="utf-8")
    assert "geometry/lss in 1 run" in source
    assert "<td>NaN</td>" in source
    with paths.runs_csv.open() as stream:
        assert sorted(row["geometry/lss"] == "nan" for row in csv.DictReader(stream)) == [False, True]


def test_a_single_run_makes_a_report(tmp_path, make_run):
    make_run(tmp_path / "s", tracks=True)
    paths = build_report(tmp_path / "s", pdf=False)
    names = {path.stem for path in paths.figures}
    assert {"lss_by_epoch", "tracks_training_depth4"} <= names
    assert "lss_by_weight_decay" not in names  # one value is no curve
    assert "One seed: no interval, so treat as a sketch." in paths.html.read_text(encoding="utf-8")


def test_a_run_folder_of_its_own_makes_a_report(tmp_path, make_run, one_figure):
    folder = make_run(tmp_path / "s")
    paths = build_report(folder, pdf=False)
    assert paths.html.parent == folder / "report"
    assert paths.status == "1 finished"


def test_a_sweep_without_a_finished_run_still_lists_its_runs(tmp_path, make_run):
    make_run(tmp_path / "s", status="running")
    paths = build_report(tmp_path / "s", pdf=False)
    assert paths.summary == "No run has finished: no means."
    assert paths.status == "1 running"
    assert "No run has finished" in Page(paths.html.read_text(encoding="utf-8")).text


def test_several_legs_have_a_table_of_their_own(tmp_path, make_run, one_figure):
    make_run(tmp_path / "s", legs=3)
    shown = re.sub(r"\s+", " ", Page(build_report(tmp_path / "s", pdf=False).html.read_text(encoding="utf-8")).text)
    assert "The scores in figures and tables are means over the legs of two or more steps" in shown
    assert "Leg by leg" in shown


def test_networks_that_failed_to_train_are_listed_and_in_no_verdict(tmp_path, make_run, one_figure, capsys):
    for family in ("plain", "resnet"):
        for seed in (0, 1):
            bad = {"train/accuracy": 0.3} if (family, seed) == ("plain", 1) else {}
            make_run(tmp_path / "s", family=family, seed=seed, changed=bad)
    paths = build_report(tmp_path / "s", pdf=False)
    shown = re.sub(r"\s+", " ", Page(paths.html.read_text(encoding="utf-8")).text)
    assert "1 left out of every verdict; a trained network has training accuracy at least half-way" in shown
    assert "training accuracy 0.3, below 0.55" in shown
    assert next(v for v in paths.verdicts if v.claim == "C3").n_runs == 2
    assert main([str(tmp_path / "s"), "--min-accuracy", "0.2"]) == 0
    page = (tmp_path / "s" / "report" / "report.html").read_text(encoding="utf-8")
    assert "Every network that finished has training accuracy of at least 0.2." in page
    assert "--min-accuracy 0.2</pre>" in page
    capsys.readouterr()
    assert main([str(tmp_path / "s"), "--min-accuracy", "20"]) == 2
    assert "min_accuracy: expected a training accuracy in [0, 1], found 20.0" in capsys.readouterr().err


def test_chosen_learning_rates_stand_on_the_page_and_choose_what_is_drawn(tmp_path, make_run, one_figure):
    for rate, loss in ((0.01, 0.5), (0.1, 0.1), (1.0, 0.3)):
        for seed in (0, 1):
            folder = make_run(tmp_path / f"{rate}", seed=seed, changed={"train/loss": loss, "geometry/lss": 10 * rate})
            config = yaml.safe_load((folder / "config.yaml").read_text())
            config["optimizer"]["lr"] = rate
            (folder / "config.yaml").write_text(yaml.safe_dump(config))
            (tmp_path / "s").mkdir(exist_ok=True)
            folder.rename(tmp_path / "s" / f"{folder.name}-{rate}")
    paths = build_report(tmp_path / "s", pdf=False)
    page = paths.html.read_text(encoding="utf-8")
    assert "<td>0.01, 0.1, 1</td><td>0.1</td><td>0.1</td><td>2</td>" in page
    assert "not tuned for each setting" not in page
    assert len(paths.summary.splitlines()) == 2 + 3  # the table holds all of them
    assert judge_sweep(collect_sweep(tmp_path / "s")).shown.final(("plain", 4, 32, 0.0), "geometry/lss").mean == 1.0


def test_an_old_report_is_replaced_whole(tmp_path, make_run, one_figure):
    make_run(tmp_path / "s")
    first = build_report(tmp_path / "s", pdf=False)
    (first.folder / "figures" / "stale.png").write_bytes(b"old")
    build_report(tmp_path / "s", pdf=False)
    assert not (first.folder / "figures" / "stale.png").exists()
    assert [path.name for path in (tmp_path / "s").iterdir() if path.name.startswith(".")] == []


def test_an_old_report_survives_a_failure(tmp_path, make_run, one_figure, monkeypatch):
    make_run(tmp_path / "s")
    before = build_report(tmp_path / "s", pdf=False).html.read_bytes()

    def fail(page):
        raise OSError("disk full")

    monkeypatch.setattr("geodl.report.build.render_page", fail)
    with pytest.raises(OSError, match="disk full"):
        build_report(tmp_path / "s", pdf=False)
    assert (tmp_path / "s" / "report" / "report.html").read_bytes() == before
    assert [path.name for path in (tmp_path / "s").iterdir() if path.name.startswith(".")] == []


def test_a_folder_with_other_files_is_never_replaced(tmp_path, make_run):
    make_run(tmp_path / "s")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("years of work")
    with pytest.raises(DataError, match=r"found thesis\.tex"):
        build_report(tmp_path / "s", out=tmp_path / "mine", pdf=False)
    assert (tmp_path / "mine" / "thesis.tex").exists()


def test_command_line_prints_table_and_path(tmp_path, make_run, one_figure, capsys):
    make_run(tmp_path / "s")
    assert main([str(tmp_path / "s"), "--out", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("family")
    assert "? C3   undecided     LSS of ResNets is below that of plain networks\n" in printed
    assert f"Report: {tmp_path / 'out' / 'report.html'}" in printed


@pytest.mark.parametrize(
    ("written", "suffixes"), [([], {".png", ".pdf"}), (["--pdf"], {".png", ".pdf"}), (["--no-pdf"], {".png"})]
)
def test_figures_come_as_pdf_too_unless_they_are_left_out(tmp_path, make_run, one_figure, written, suffixes):
    make_run(tmp_path / "s")
    assert main([str(tmp_path / "s"), *written]) == 0
    report = tmp_path / "s" / "report"
    assert {path.suffix for path in (report / "figures").iterdir()} == suffixes
    page = re.sub(r"\s+", " ", (report / "report.html").read_text(encoding="utf-8"))
    assert ("PDF for print" in page) == (".pdf" in suffixes)
    assert ("--no-pdf" in page) == (".pdf" not in suffixes)


@pytest.mark.parametrize(("name", "message"), [("absent", "expected a folder"), ("", "expected run folders")])
def test_command_line_answers_mistakes_in_one_line(tmp_path, capsys, name, message):
    assert main([str(tmp_path / name)]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("geodl-report: sweep: ")
    assert message in captured.err
    assert captured.err.count("\n") == 1


def test_help_loads_nothing_heavy():
    code = (
        "import sys, contextlib, geodl.cli.report as r\n"
        "with contextlib.suppress(SystemExit): r.main(['--help'])\n"
        "print([m for m in ('torch', 'matplotlib', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")


def test_plain_table_aligns_numbers_right():
    assert format_table(["name", "n"], [["a", 1], ["bb", 10]]).splitlines() == [
        "name   n",
        "----  --",
        "a      1",
        "bb    10",
    ]
