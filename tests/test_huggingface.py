"""transformers' Trainer, with padding, dropout and shuffling: its logs have the scores, its weights are as without."""

from __future__ import annotations

import importlib
import importlib.util
import json
import math
import sys

import pytest
import torch

from geodl.errors import MissingExtraError, TrackError
from geodl.tracks import record_track

transformers = pytest.importorskip("transformers", reason="geodl[huggingface] is not installed")
pytest.importorskip("accelerate", reason="geodl[huggingface] is not installed")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore:.*pin_memory.*")

from geodl.huggingface import TrackTrainerCallback  # noqa: E402 - after the skip


def ids(n=16, length=6, *, seed=0):
    generator = torch.Generator().manual_seed(seed)
    mask = (torch.arange(length) < torch.randint(2, length + 1, (n, 1), generator=generator)).long()
    return {"input_ids": torch.randint(5, 60, (n, length), generator=generator) * mask, "attention_mask": mask}


def model():
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=64, hidden_size=16, num_hidden_layers=3, num_attention_heads=2, intermediate_size=32, num_labels=2
    )
    return transformers.BertForSequenceClassification(config)


class Seen(transformers.TrainerCallback):
    """Stands for a report integration: what W&B and TensorBoard receive."""

    def __init__(self):
        self.logs = []

    def on_log(self, args, state, control, logs=None, **kwargs):
        self.logs.append((state.global_step, dict(logs)))


def train(folder, callbacks=(), **options):
    data = ids()
    samples = [{"labels": i % 2, **{key: value[i] for key, value in data.items()}} for i in range(16)]
    defaults = {"num_train_epochs": 2, "logging_strategy": "epoch", "save_strategy": "no", "report_to": "none"}
    arguments = transformers.TrainingArguments(
        str(folder), per_device_train_batch_size=8, use_cpu=True, disable_tqdm=True, **{**defaults, **options}
    )
    trainer = transformers.Trainer(model(), arguments, train_dataset=samples, callbacks=list(callbacks))
    trainer.train()
    return trainer


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trainer")
    seen, callback = Seen(), TrackTrainerCallback(ids(10, seed=1), tokens="mean", path=folder / "scores")
    return train(folder), train(folder, [seen, callback]), seen, callback, folder


def own(history):
    return [{k: v for k, v in row.items() if "runtime" not in k and "per_second" not in k} for row in history]


def test_weights_and_the_trainers_own_logs_are_those_without_the_callback(runs):
    without, with_it, *_ = runs
    weights = with_it.model.state_dict()
    assert all(torch.equal(value, weights[name]) for name, value in without.model.state_dict().items())
    logs = [row for row in with_it.state.log_history if "geometry/lss" not in row]
    assert own(logs) == own(without.state.log_history)
    assert sum("loss" in row for row in logs) == 2


def test_the_untrained_model_and_every_epoch_are_in_the_trainers_history(runs):
    _, trainer, seen, callback, _ = runs
    rows = [row for row in trainer.state.log_history if "geometry/lss" in row]
    assert [(row["step"], row["epoch"]) for row in rows] == [(0, 0), (2, 1.0), (4, 2.0)]
    assert [row["geometry/lss"] for row in rows] == [row["geometry/lss"] for row in callback.history]
    assert [(step, logs["geometry/ots"]) for step, logs in seen.logs if "geometry/ots" in logs] == [
        (row["step"], row["geometry/ots"]) for row in rows
    ]


def test_the_scores_are_those_of_the_trained_model_without_padding(runs):
    _, trainer, _, callback, folder = runs
    track = record_track(trainer.model, ids(10, seed=1), tokens="mean")
    assert track.names == callback.monitor.track.names
    assert all(torch.equal(a, b) for a, b in zip(track.states, callback.monitor.track.states, strict=True))
    assert track.n_samples == callback.history[-1]["geometry/n_samples"] == 10
    assert "Tokens: mean over each sequence, without padding." in str(callback.scores)
    lines = [json.loads(line) for line in (folder / "scores" / "scores.jsonl").read_text().splitlines()]
    assert {line["step"] for line in lines} == {0, 2, 4}


def test_every_n_steps_and_the_end_also_when_training_stops_in_an_epoch(tmp_path):
    callback = TrackTrainerCallback(ids(6), scores=["line_shape"], every_n_steps=2)
    train(tmp_path, [callback], max_steps=3)
    assert [row["step"] for row in callback.history] == [0, 2, 3]
    assert all(math.isfinite(row["geometry/lss"]) for row in callback.history)
    train(tmp_path, [callback], max_steps=1)  # used again, it begins again
    assert [row["step"] for row in callback.history] == [0, 1]


def test_without_a_trainer_it_says_what_to_use_instead():
    with pytest.raises(TrackError, match=r"found another caller; use geodl\.Monitor"):
        TrackTrainerCallback(ids(6)).on_train_begin(None, None, None)


def test_without_transformers_the_extra_is_named(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "transformers" else find(name))
    monkeypatch.delitem(sys.modules, "geodl.huggingface")
    with pytest.raises(MissingExtraError, match=r"huggingface: .*found none; pip install 'geodl\[huggingface\]'"):
        importlib.import_module("geodl.huggingface")
