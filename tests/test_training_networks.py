"""Runs of networks beyond the twins: transformers and other libraries' models, from the configuration to the folder."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from geodl.errors import ConfigError, TrackError
from geodl.training import train

SMALL = [
    "data=digits",
    "data.n_train=80",
    "trainer.max_epochs=1",
    "trainer.limit_train_batches=2",
    "trainer.accelerator=cpu",
    "data.batch_size=16",
    "track.n_samples=40",
    "score=fast",
    "logger=csv",
    "callbacks.figure.enabled=false",
]


def numbers(folder):
    table = pd.read_csv(Path(folder) / "metrics.csv", dtype=str, index_col="epoch")
    return table[[name for name in table.columns if not name.startswith("time/")]]


def summary(folder):
    return json.loads((Path(folder) / "summary.json").read_text())


def test_a_vision_transformer_trains_the_same_twice_and_its_folder_says_how_states_were_read(compose_config):
    chosen = ["network=vit", "network.depth=2", "network.width=16", "network.dropout=0.1", "optimizer=adamw"]
    first, second = (train(compose_config(*SMALL, *chosen, f"sweep.name={name}", small=False)) for name in ("a", "b"))
    pd.testing.assert_frame_equal(numbers(first.folder), numbers(second.folder))
    assert first.metrics["geometry/lss"] >= 1
    found = summary(first.folder)
    assert found["network"] == {
        "name": "vit",
        "family": "vit",
        "depth": 2,
        "width": 16,
        "n_parameters": found["network"]["n_parameters"],
        "read_outs": ["stem", "blocks.0", "blocks.1"],
        "tokens": "mean",
        "pool": None,
        "final_norm": "none",
    }
    assert found["legs"] == [{"index": 0, "names": ["stem", "blocks.0", "blocks.1"], "dim": 16, "n_steps": 2}]


def test_a_model_of_timm_trains_and_has_neither_depth_nor_width(compose_config):
    pytest.importorskip("timm")
    run = train(compose_config(*SMALL, "network=timm", "network.name=test_vit", "track.tokens=cls", small=False))
    found = summary(run.folder)["network"]
    assert (found["depth"], found["width"], found["tokens"]) == (None, None, "cls")
    assert found["name"] == found["family"] == "timm/test_vit"
    assert found["read_outs"][0] == "blocks.0:input"
    assert found["final_norm"].startswith("left out: ")


def test_a_run_starts_from_the_weights_of_another_and_may_name_its_read_outs(compose_config):
    chosen = ["network=torchvision", "network.name=shufflenet_v2_x0_5", "track.pool=mean"]
    first = train(compose_config(*SMALL, *chosen, small=False))
    checkpoint = Path(first.folder) / "checkpoints" / "last.ckpt"
    named = 'track.read_outs="stage3.*"'
    second = train(compose_config(*SMALL, *chosen, f"network.weights={checkpoint}", named, small=False))
    assert summary(second.folder)["network"]["read_outs"] == [f"stage3.{k}" for k in range(8)]
    assert second.folder != first.folder
    before, after = numbers(second.folder).iloc[0], numbers(first.folder).iloc[-1]
    assert before["test/loss"] == after["test/loss"]


@pytest.mark.parametrize(
    ("overrides", "error", "message"),
    [
        (["data=blobs", "network=vit"], ConfigError, r"network: expected images .*found samples of shape \(2,\)"),
        (["data=blobs", "network=torchvision"], ConfigError, r"network: expected images .* for torchvision/resnet18"),
        (["network=vit", "network.patch_size=3"], ConfigError, r"network\.patch_size: expected a divisor .*8 x 8"),
        (["network=vit", "track.read_outs=[blocks.9]"], TrackError, r"blocks\.9"),
    ],
)
def test_a_mistake_that_only_the_data_show_fails_the_run(compose_config, tmp_path, overrides, error, message):
    with pytest.raises(error, match=message):
        train(compose_config(*SMALL, *overrides, small=False))
    (folder,) = (tmp_path / "outputs" / "default").iterdir()
    assert json.loads((folder / "status.json").read_text())["status"] == "failed"


def test_a_misspelt_model_makes_no_run_folder(compose_config, tmp_path):
    with pytest.raises(ConfigError, match="did you mean 'resnet18'"):
        train(compose_config(*SMALL, "network=torchvision", "network.name=resnet_18", small=False))
    assert not (tmp_path / "outputs").exists()
