"""Runs from W&B: the report of their folders, refused where folders would be, and a line for each mistake."""

from __future__ import annotations

import csv
import json
from types import SimpleNamespace

import pandas as pd
import pytest
import yaml
from hydra import compose, initialize_config_dir

from geodl.cli.report import main
from geodl.config import CONFIG_NAME, VERSION_BASE, conf_dir, register, resolve
from geodl.errors import ConfigError, DataError
from geodl.records.run_folder import RunFolder
from geodl.records.wandb_session import SUMMARY_KEY
from geodl.report.build import build_report
from geodl.report.wandb_source import fetch_sweep
from geodl.training import train
from tests.conftest import SMALL


class FakeRun(SimpleNamespace):
    """A run as `wandb.Api` shows it."""

    def scan_history(self):
        return iter(self.history)


class FakeApi:
    def __init__(self, runs):
        self.found, self.asked = runs, []

    def runs(self, path, filters):
        self.asked.append((path, filters))
        return [run for run in self.found if not filters or run.group == filters["group"]]


def as_wandb_shows(folder, state="finished"):
    """What W&B would answer of a run folder: lines with gaps, NaN as text, a summary with further keys."""
    config = yaml.safe_load((folder / "config.yaml").read_text())
    with (folder / "metrics.csv").open() as file:
        rows = [{k: v for k, v in row.items() if v != ""} for row in csv.DictReader(file)]
    history = []
    for step, row in enumerate(rows):
        names = sorted(row)
        for part in (names[::2], names[1::2]):  # two lines an epoch, each with its epoch
            line = dict.fromkeys(names) | {name: _value(row[name]) for name in part}
            history.append({**line, "epoch": int(row["epoch"]), "_step": step, "_timestamp": 1.0})
    facts = RunFolder(folder).facts()
    return FakeRun(
        id=f"id-{folder.name[-8:]}",
        name=folder.name.rsplit("-", 1)[0],
        group=config["sweep"]["name"],
        state=state,
        config=config,
        summary={SUMMARY_KEY: facts, "test/accuracy": 0.5, "_runtime": 3},
        history=history,
    )


def _value(text):
    return "NaN" if text == "nan" else float(text)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("trained")
    register()
    with pytest.MonkeyPatch.context() as patch, initialize_config_dir(str(conf_dir()), version_base=VERSION_BASE):
        patch.setenv("GEODL_ROOT", str(root))
        for family in ("plain", "resnet"):
            for seed in (0, 1):
                options = [f"network={family}_mlp", "score=fast", f"seed={seed}"]
                train(resolve(compose(CONFIG_NAME, [*SMALL, *options])))
    return sorted((root / "outputs" / "default").glob("*_mlp*"))


def test_the_report_of_a_group_has_the_numbers_of_its_folders(folders, tmp_path):
    api = FakeApi([as_wandb_shows(folder) for folder in folders])
    fetched, ignored = fetch_sweep("somebody/geodl", "default", tmp_path / "reports", api=api)
    assert api.asked == [("somebody/geodl", {"group": "default"})]
    assert fetched.name == "wandb-somebody-geodl-default"
    assert ignored == []
    ours, theirs = build_report(folders[0].parent, tmp_path / "ours", pdf=False), build_report(fetched, pdf=False)
    assert ours.status == theirs.status == "4 finished"
    pd.testing.assert_frame_equal(pd.read_csv(ours.aggregate_csv), pd.read_csv(theirs.aggregate_csv))
    pd.testing.assert_frame_equal(pd.read_csv(ours.verdicts_csv), pd.read_csv(theirs.verdicts_csv))


def test_runs_of_other_code_and_other_probes_are_refused_as_from_folders(folders, tmp_path):
    for key, value in (("commit", "f" * 40), ("probe_digest", "0" * 64)):
        runs = [as_wandb_shows(folder) for folder in folders]
        runs[0].summary[SUMMARY_KEY]["provenance"][key] = value
        fetched, _ = fetch_sweep("me/mixed", None, tmp_path / key, api=FakeApi(runs))
        with pytest.raises(DataError, match="found 2 groups"):
            build_report(fetched, pdf=False)
        assert build_report(fetched, allow_mixed=True, pdf=False).status == "4 finished"


def test_what_is_missing_from_the_grid_is_listed(folders, tmp_path):
    runs = [as_wandb_shows(folder) for folder in folders]
    crashed = as_wandb_shows(folders[0], state="crashed")
    del crashed.summary[SUMMARY_KEY]
    fetched, _ = fetch_sweep("me/geodl", None, tmp_path / "reports", api=FakeApi([crashed, *runs[1:3]]))
    report = build_report(fetched, pdf=False)
    assert report.status == "2 finished, 1 failed, 1 of the grid without a run"


def test_runs_of_others_are_left_out_with_the_reason(folders, tmp_path):
    good = as_wandb_shows(folders[0])
    old = as_wandb_shows(folders[1])
    del old.summary[SUMMARY_KEY]
    other = FakeRun(id="x", name="sweet-run", group="", state="finished", config={"lr": 0.1}, summary={}, history=[])
    fetched, ignored = fetch_sweep("me/geodl", None, tmp_path / "reports", api=FakeApi([good, old, other]))
    assert len(list(fetched.glob("*/status.json"))) == 1
    assert any("sweet-run (x): no configuration of geodl-train" in line for line in ignored)
    assert any("made before geodl wrote it" in line for line in ignored)
    with pytest.raises(DataError, match="found 1 other runs"):
        fetch_sweep("me/other", None, tmp_path / "reports", api=FakeApi([other]))


def test_nan_stays_nan(folders, tmp_path):
    run = as_wandb_shows(folders[0])
    run.history[-1]["geometry/ots"] = "NaN"
    fetched, _ = fetch_sweep("me/geodl", None, tmp_path / "reports", api=FakeApi([run]))
    (summary,) = fetched.glob("*/summary.json")
    value = json.loads(summary.read_text())["metrics"]["geometry/ots"]
    assert value != value


def test_a_project_that_cannot_be_reached_is_one_line(tmp_path):
    class Down:
        def runs(self, path, filters):
            raise ConnectionError("no route to host")

    with pytest.raises(ConfigError, match=r"found me/geodl \(no route to host\); check name and network"):
        fetch_sweep("me/geodl", None, tmp_path, api=Down())


def test_somebody_elses_folder_is_left_alone(folders, tmp_path):
    (tmp_path / "wandb-me-geodl").mkdir()
    with pytest.raises(DataError, match="found another folder; move it"):
        fetch_sweep("me/geodl", None, tmp_path, api=FakeApi([as_wandb_shows(folders[0])]))


@pytest.mark.parametrize(
    "words", [["report.source=wandb", "project=me/geodl", "group=default"], ["--source", "wandb", "--project", "me/g"]]
)
def test_without_an_api_key_the_command_says_so(words, capsys):
    assert main(words) == 2
    assert "report.source: expected an API key of W&B, found none" in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["report.source=wandb"], ["outputs/x", "--source", "wandb", "--project", "a/b"]])
def test_half_a_source_is_a_mistake(words, capsys):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert "expected" in capsys.readouterr().err
