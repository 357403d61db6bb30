"""Recording and scoring under other people's LightningModules, probes and loggers."""

from __future__ import annotations

import csv
import json
import math
import subprocess
import sys

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint
from pytorch_lightning.loggers import CSVLogger
from torch.utils.data import DataLoader, TensorDataset

from geodl.callbacks import ScoringCallback, TrackCallback
from geodl.errors import ConfigError, RunFolderError, TrackError
from geodl.track_scores import DEFAULT_SCORES
from tests.callbacks.foreign import Backbone, ByHand, Data, Foreign, Noisy, WithoutForward, fit, samples
from tests.conftest import ROOT

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*does not have many workers.*", "ignore:.*treespec, LeafSpec.*", "ignore:.*Checkpoint directory.*"
)

X, Y = samples(12)
NAMES = ("model.layers.0:input", "model.layers.0", "model.layers.1", "model.layers.2")


class Keep(pl.Callback):
    def __init__(self):
        self.tracks = []

    def on_track(self, trainer, pl_module, track):
        self.tracks.append(track)


@pytest.mark.parametrize("kind", [Foreign, ByHand])
@pytest.mark.parametrize("sanity", [0, 2])
def test_weights_and_generators_are_bit_identical_with_and_without(kind, sanity):
    runs = []
    for callbacks in ([], [TrackCallback(lambda data: data.train, batch_size=5), ScoringCallback()]):
        _, module = fit(callbacks, kind=kind, num_sanity_val_steps=sanity)
        runs.append((module.state_dict(), torch.get_rng_state()))
    (without, rng_without), (with_them, rng_with) = runs
    assert any("running_mean" in name for name in without)
    assert all(torch.equal(value, with_them[name]) for name, value in without.items())
    assert torch.equal(rng_without, rng_with)


def test_start_every_epoch_and_end_are_recorded_and_the_sanity_check_is_not():
    keep = Keep()
    fit([TrackCallback(X), keep], max_epochs=3, num_sanity_val_steps=2)
    assert [(t.epoch, t.metadata["moment"]) for t in keep.tracks] == [
        (0, "start"),
        (1, "epoch"),
        (2, "epoch"),
        (3, "end"),
    ]
    assert all(track.names == NAMES for track in keep.tracks)
    assert all("following tensors" in track.metadata["read_outs"] for track in keep.tracks)


PROBES = {
    "tensor": X,
    "data set": TensorDataset(X, Y),
    "loader": DataLoader(TensorDataset(X, Y), batch_size=5),
    "batches": [X[:7], X[7:]],
    "function": lambda data: TensorDataset(*(t[:12] for t in data.val.tensors)),
}


@pytest.mark.parametrize("kind", PROBES)
def test_a_probe_of_any_kind_is_the_same_samples(kind):
    keep = Keep()
    fit([TrackCallback(PROBES[kind], batch_size=12), keep], max_epochs=1)
    expected = samples(16)[0][:12] if kind == "function" else X
    first = keep.tracks[0]
    torch.manual_seed(0)
    module = Foreign().eval()
    with torch.no_grad():
        state = module.model.embed(expected)
    assert torch.allclose(first.states[0], state, atol=1e-6)
    assert (first.labels is not None) == (kind in ("data set", "loader", "function"))
    assert len(first.metadata["probe"]) == 64


def test_an_augmenting_data_set_is_read_once():
    keep = Keep()
    fit([TrackCallback(lambda data: data.train), keep], max_epochs=2)
    torch.manual_seed(0)
    embed = Foreign().model.embed
    first, *_, last = keep.tracks
    assert first.metadata["probe"] == last.metadata["probe"]
    assert not torch.equal(first.states[0], embed(samples()[0]))  # it was augmented
    again = Keep()
    frozen = [TrackCallback(lambda data: data.train), again]
    fit(frozen, kind=lambda: Foreign(lr=0.0), max_epochs=2)
    assert torch.equal(again.tracks[0].states[0], again.tracks[-1].states[0])  # and never anew


def test_a_mapping_is_passed_as_keywords_and_a_function_may_call():
    class Keywords(Foreign):
        def forward(self, x, scale=1.0):
            return self.model(x * scale)

    by_name, by_function, plain = Keep(), Keep(), Keep()
    fit([TrackCallback({"x": X, "labels": Y}), by_name], kind=Keywords, max_epochs=1)
    fit([TrackCallback(X, forward=lambda module, x: module.model(x)), by_function], kind=WithoutForward, max_epochs=1)
    fit([TrackCallback(X, network="model"), plain], kind=WithoutForward, max_epochs=1)
    assert torch.equal(by_name.tracks[0].labels, Y)
    assert by_name.tracks[0].names == by_function.tracks[0].names == NAMES
    assert plain.tracks[0].names == tuple(name.removeprefix("model.") for name in NAMES)
    for keep in (by_function, plain):
        assert torch.equal(keep.tracks[0].states[-1], by_name.tracks[0].states[-1])


def test_double_precision_training_takes_a_single_precision_probe():
    keep = Keep()
    fit([TrackCallback(X, network="model"), keep], max_epochs=1, precision="64-true", kind=Doubled)
    assert keep.tracks[-1].states[0].dtype == torch.float64


class Doubled(Foreign):
    def training_step(self, batch, batch_idx):
        return super().training_step((batch[0].double(), batch[1]), batch_idx)


@pytest.fixture(scope="module")
def logged(tmp_path_factory):
    """One run with two loggers of Lightning's, a checkpoint and early stopping on scores."""
    folder = tmp_path_factory.mktemp("foreign")
    checkpoint = ModelCheckpoint(folder / "best", monitor="geometry/lss", mode="min")
    stop = EarlyStopping("geometry/ots", mode="max", patience=9)
    scoring = ScoringCallback(record=folder / "scores.jsonl")
    loggers = [CSVLogger(folder, name="a"), CSVLogger(folder, name="b")]
    fit([TrackCallback(X), scoring, stop, checkpoint], logger=loggers, folder=folder, max_epochs=3)
    texts = [(folder / name / "version_0" / "metrics.csv").read_text().splitlines() for name in "ab"]
    rows = [list(csv.DictReader(text)) for text in texts]
    return folder, rows, scoring, checkpoint


def test_every_logger_has_the_scores_on_the_epoch_axis(logged):
    _, (rows, others), scoring, _ = logged
    assert rows == others
    scored = [row for row in rows if row["geometry/lss"]]
    assert [float(row["geometry/epoch"]) for row in scored] == [0, 1, 2, 3]
    assert float(scored[-1]["geometry/lss"]) == scoring.metrics["geometry/lss"] == scoring.last.metrics["lss"]
    assert scored[-1]["val_loss"] == ""  # Lightning logs validation by itself
    assert scored[-1]["train_loss_epoch"]
    steps = [row["epoch"] for row in rows if row["train_loss_step"]]
    assert set(steps) == {"0", "1", "2"}  # the module's own axis is as it would be without geodl
    assert {row["epoch"] for row in scored[1:]} == {"0", "1", "2"}


def test_scores_can_be_monitored(logged):
    _, _, _, checkpoint = logged
    assert math.isfinite(float(checkpoint.best_model_score))
    assert checkpoint.best_model_path.endswith(".ckpt")


def test_the_record_says_how(logged):
    folder, _, _, _ = logged
    lines = [json.loads(line) for line in (folder / "scores.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines if line["score"] == "line_shape"] == [0, 1, 2, 3]
    assert {line["score"] for line in lines} == set(DEFAULT_SCORES)
    assert lines[0]["final_norm"] == "none"
    assert lines[0]["read_outs"] == list(NAMES)


def test_the_headline_is_printable(logged):
    assert str(logged[2].last).startswith("Scores of Foreign: 12 samples, 1 leg, epoch 3")


def test_no_logger_and_no_callback_of_ours_but_one():
    scoring = ScoringCallback(["line_shape"])
    trainer, _ = fit([scoring, TrackCallback(X)], max_epochs=1)
    assert float(trainer.callback_metrics["geometry/lss"]) == scoring.metrics["geometry/lss"]
    assert "geometry/ots" not in scoring.metrics


@pytest.mark.parametrize(
    ("callbacks", "kind", "error", "message"),
    [
        (
            [TrackCallback(X)],
            WithoutForward,
            TrackError,
            r"network: expected WithoutForward to have a forward .*forward=",
        ),
        ([TrackCallback(X, network="net")], Foreign, TrackError, "network: .*found 'net'; it has model"),
        ([ScoringCallback()], Foreign, ConfigError, "callbacks: expected a TrackCallback beside"),
        (
            [TrackCallback(X), TrackCallback(X[:6]), ScoringCallback()],
            Foreign,
            ConfigError,
            "callbacks: expected one TrackCallback, found 2",
        ),
        (
            [EarlyStopping("geometry/lss"), TrackCallback(X), ScoringCallback()],
            Foreign,
            ConfigError,
            "expected EarlyStopping on 'geometry/lss' after",
        ),
        (
            [TrackCallback(lambda data: data.train_dataloader())],
            Foreign,
            ConfigError,
            "found a DataLoader that shuffles",
        ),
        ([TrackCallback(3)], Foreign, ConfigError, "probe: expected a tensor .*found int"),
        ([TrackCallback([])], Foreign, ConfigError, "probe: expected at least 2 samples, found no batch"),
        ([TrackCallback(TensorDataset(X[:0]))], Foreign, ConfigError, "found an empty Dataset"),
        ([TrackCallback(X, read_outs=["layers"])], Foreign, TrackError, "read_outs: expected names of modules"),
    ],
)
def test_mistakes_are_named_before_training(callbacks, kind, error, message):
    began = []

    class Began(pl.Callback):
        def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
            began.append(batch_idx)

    with pytest.raises(error, match=message):
        fit([*callbacks, Began()], kind=kind, max_epochs=1)
    assert not began


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ({"lss": "always"}, "expected a list of names"),
        ({"line_shape": "often"}, "expected always or ends, found 'often'"),
    ],
)
def test_wrong_scores_are_refused(scores, message):
    with pytest.raises(ConfigError, match=message):
        ScoringCallback(scores)


def test_the_same_callbacks_follow_another_module_anew(tmp_path):
    class Deeper(Foreign):
        def __init__(self):
            super().__init__()
            self.model = Backbone(width=6, depth=4)

    keep, files = Keep(), [tmp_path / "first.jsonl", tmp_path / "second.jsonl"]
    scoring = ScoringCallback(["line_shape"], record=files[0])
    callbacks = [TrackCallback(X), scoring, keep]
    fit(callbacks, max_epochs=1)
    before = files[0].read_bytes()
    with pytest.raises(RunFolderError, match=r"record: expected a new file at the start .*first\.jsonl"):
        fit(callbacks, max_epochs=1, kind=Deeper)
    assert files[0].read_bytes() == before
    keep.tracks, scoring.record.path = keep.tracks[:2], files[1]
    fit(callbacks, max_epochs=1, kind=Deeper)
    assert [len(track.names) for track in keep.tracks] == [4, 4, 5, 5]
    assert [json.loads(line)["d"] for file in files for line in file.read_text().splitlines()] == [8, 8, 6, 6]


def test_a_function_needs_a_data_module():
    trainer = pl.Trainer(
        max_epochs=1,
        callbacks=[TrackCallback(lambda data: data.val)],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        accelerator="cpu",
    )
    data = Data()
    data.setup("fit")
    with pytest.raises(TrackError, match="probe: expected a data module for the function to take"):
        trainer.fit(Foreign(), data.val_dataloader(), data.val_dataloader())


def test_a_generator_that_training_shares_is_put_back():
    shared = torch.Generator().manual_seed(3)
    before = shared.get_state()
    from geodl.fixed_probe import fix_probe

    loader = DataLoader(Noisy(*samples()), batch_size=8, generator=shared)
    rng = torch.get_rng_state()
    fix_probe(loader)
    assert torch.equal(shared.get_state(), before)
    assert torch.equal(torch.get_rng_state(), rng)


@pytest.mark.slow
def test_an_offline_wandb_run_holds_the_scores_beside_the_modules_own(tmp_path, monkeypatch):
    import wandb
    from pytorch_lightning.loggers import WandbLogger

    from tests.end_to_end.wandb_file import read_records

    monkeypatch.setenv("WANDB_SILENT", "true")
    logger = WandbLogger(project="foreign", save_dir=tmp_path, offline=True)
    scoring = ScoringCallback(["line_shape"])
    fit([TrackCallback(X), scoring], logger=[logger, CSVLogger(tmp_path)], folder=tmp_path)
    logger.experiment.finish()
    wandb.teardown()  # finish() returns before the file is whole
    (file,) = tmp_path.glob("wandb/offline-run-*/*.wandb")
    rows = []
    for record in read_records(file):
        if record.HasField("history"):
            items = record.history.item
            rows.append({(item.key or ".".join(item.nested_key)): json.loads(item.value_json) for item in items})
    scored = [row for row in rows if "geometry/lss" in row]
    assert [row["geometry/epoch"] for row in scored] == [0, 1, 2]
    assert scored[-1]["geometry/lss"] == scoring.metrics["geometry/lss"]
    assert any("train_loss_step" in row for row in rows)


@pytest.mark.slow
def test_two_processes_share_the_scores_of_the_first(tmp_path):
    """A checkpoint that monitors a score would fail in a process that does not know it."""
    code = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
from geodl.callbacks import ScoringCallback, TrackCallback
from tests.callbacks.foreign import Foreign, fit, samples

if __name__ == "__main__":
    checkpoint = ModelCheckpoint({str(tmp_path)!r}, monitor="geometry/lss")
    scoring = ScoringCallback(record={str(tmp_path / "scores.jsonl")!r})
    callbacks = [TrackCallback(samples(12)[0]), scoring, checkpoint]
    trainer, module = fit(callbacks, strategy="ddp", devices=2, max_epochs=2)
    seen = trainer.strategy.all_gather(trainer.callback_metrics["geometry/lss"])
    if trainer.is_global_zero:
        print("seen", seen.tolist(), scoring.metrics["geometry/lss"], bool(checkpoint.best_model_path))
"""
    script = tmp_path / "run.py"
    script.write_text(code)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(script)],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("seen")]
    first, second, scored, saved = line.removeprefix("seen ").replace("[", "").replace("]", "").replace(",", "").split()
    assert first == second == scored
    assert saved == "True"
    lines = (tmp_path / "scores.jsonl").read_text().splitlines()
    assert len(lines) == 3 * len(DEFAULT_SCORES)  # written by one process
