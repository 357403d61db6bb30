"""A scored model: its run folder, its page, its place beside others."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import pandas as pd
import pytest

from geodl import Track, score_track
from geodl.cli.report import main as report
from geodl.config import settle
from geodl.errors import TrackError
from geodl.report.models import write_comparison
from geodl.scoring import score_model

SMALL = ["model=python", "data=digits", "track.n_samples=40", "score=fast", "device=cpu"]


@pytest.fixture
def config(compose_score):
    def composed(*overrides, build="build"):
        return settle(compose_score(*SMALL, f"model.target=tests.models.small.{build}", *overrides))

    return composed


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    """One scored model whose track is kept, shared by the tests that only read it."""
    from hydra import compose, initialize_config_dir

    from geodl.config import SCORE, VERSION_BASE, conf_dir, register, resolve

    register()
    folder = tmp_path_factory.mktemp("scored")
    overrides = [
        *(word for word in SMALL if word != "score=fast"),
        "model.target=tests.models.small.build",
        "score=[line_shape,optimal_transport,transport_ratio,step_transport]",
        "track.storage=disk",
        "logger=csv",
        f"paths.outputs={folder}",
    ]
    with initialize_config_dir(str(conf_dir()), version_base=VERSION_BASE):
        config = settle(resolve(compose(SCORE.config_name, overrides)))
    summary = score_model(config, overrides=overrides)
    return Path(summary.folder), summary


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_run_folder_holds_everything(scored):
    folder, summary = scored
    assert {path.name for path in folder.iterdir()} == {
        *("config.yaml", "overrides.yaml", "provenance.json", "status.json", "score.log", "summary.json"),
        *("describe.txt", "scores.txt", "scores.jsonl", "scores.csv", "read_outs.csv", "report.html"),
        *("figures", "tracks"),
    }
    assert {path.name for path in (folder / "figures").iterdir()} == {
        *("tracks.png", "lss.png", "depth.png", "tracks_leg0.npz")
    }
    status = json.loads((folder / "status.json").read_text())
    assert (status["status"], status["kind"]) == ("finished", "score")
    assert summary.slug == "digits-small.build-s0"


def test_the_kept_track_gives_the_same_numbers(scored):
    folder, summary = scored
    track = Track.load(folder / "tracks" / "track")
    assert track.labels is not None
    assert score_track(track).metrics["lss"] == summary.metrics["geometry/lss"]
    (leg,) = rows(folder / "scores.csv")
    assert float(leg["lss"]) == summary.metrics["geometry/lss"]
    assert float(leg["lss_null"]) == math.sqrt(3)
    assert (leg["n"], leg["d"], leg["L"]) == ("40", "12", "3")


def test_the_table_of_read_outs_says_what_happens_at_each(scored):
    table = rows(scored[0] / "read_outs.csv")
    assert [row["read_out"] for row in table] == ["blocks.0:input", "blocks.0", "blocks.1", "blocks.2"]
    assert [row["type"] for row in table] == ["input of Block", "Block", "Block", "Block"]
    assert float(table[2]["step_length"]) > 0
    assert 0 < float(table[2]["angle_to_step_before"]) < 180
    assert float(table[2]["step_ots"]) == 1.0


def test_the_page_stands_alone_and_says_what_belongs_beside_the_numbers(scored):
    page = (scored[0] / "report.html").read_text()
    assert "n = 40 samples, d = 12, L = 3; final norm: none." in page
    assert "(1.73)" in page  # the null value beside LSS
    assert "(0.025)" in page  # and beside OTS
    assert page.count("data:image/png;base64,") == 3
    assert "<script" not in page
    assert 'src="http' not in page
    assert "OTS saturates in high dimension" in page
    assert "geodl-score model=python" in page


def test_a_finished_job_is_skipped(config, tmp_path):
    first = score_model(config())
    again = score_model(config("threads=1"))
    assert (first.skipped, again.skipped) == (False, True)
    assert again.metrics == first.metrics


def test_a_job_repeats_bit_for_bit_from_its_folder(config, capsys, monkeypatch):
    from geodl.cli.rerun import rerun_scoring

    folder = Path(score_model(config("logger=csv")).folder)
    assert rerun_scoring(folder) == 0
    assert "over 1 legs, bit for bit" in capsys.readouterr().out
    table = (folder / "scores.csv").read_text()
    (folder / "scores.csv").write_text(table.replace(",40,", ",41,"))
    assert rerun_scoring(folder) == 1
    assert "different: n" in capsys.readouterr().err
    (folder / "config.yaml").write_text((folder / "config.yaml").read_text().replace("n_samples: 40", "n_samples: 50"))
    assert rerun_scoring(folder) == 2


def test_a_user_who_stops_a_job_finds_it_interrupted(config, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        score_model(config(build="stopped"))
    (status,) = tmp_path.glob("outputs/default/*/status.json")
    assert json.loads(status.read_text())["status"] == "interrupted"
    summary = score_model(config())  # and the next one goes on
    assert not summary.skipped


def test_read_outs_pool_and_tokens_reach_the_recording(config):
    summary = score_model(config("track.read_outs=[stem,blocks.1,blocks.2]"))
    legs = json.loads((Path(summary.folder) / "summary.json").read_text())["legs"]
    assert [leg["names"] for leg in legs] == [["stem", "blocks.1", "blocks.2"]]


def test_a_model_that_cannot_take_the_data_is_refused_in_words(config, tmp_path):
    with pytest.raises(TrackError, match=r"data: expected samples that small\.build takes, found vectors .*x \(2,\)"):
        score_model(config("data=blobs"))
    (status,) = tmp_path.glob("outputs/default/*/status.json")
    assert json.loads(status.read_text())["status"] == "failed"


def test_several_models_lie_side_by_side_and_the_report_leaves_them_alone(config, tmp_path, capsys):
    for depth in (2, 4):
        score_model(config(f"++model.args.depth={depth}", f"model.label=depth {depth}"), multirun=True)
    with pytest.raises(TrackError):
        score_model(config("data=blobs"))
    sweep = tmp_path / "outputs" / "default"
    comparison = write_comparison(sweep)
    table = pd.read_csv(comparison.csv)
    assert table["model"].tolist() == ["depth 2", "depth 4"]
    assert table["L"].tolist() == [2, 4]
    assert "depth 4" in comparison.table
    page = comparison.html.read_text()
    assert "number of steps L" in page  # what differs beside the model
    assert "Without a result" in page
    assert report([str(sweep)]) == 0
    assert "Models:" in capsys.readouterr().out
    assert report([str(next(sweep.glob("*depth_2*")))]) == 0
    assert not (sweep / "report").exists()


def test_the_report_of_a_sweep_with_models_in_it_counts_the_runs_alone(config, compose_config, tmp_path, capsys):
    from geodl.training import train

    train(compose_config("score=fast", "trainer.max_epochs=1"))
    score_model(config())
    sweep = tmp_path / "outputs" / "default"
    assert report([str(sweep)]) == 0
    out = capsys.readouterr().out
    assert "Runs: 1 finished" in out
    assert "models.html" in out
    assert "a model that geodl-score has scored" in (sweep / "report" / "report.html").read_text()
