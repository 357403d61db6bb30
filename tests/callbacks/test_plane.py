"""A moving picture of training where the states lie in a plane, and nothing elsewhere."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from PIL import Image

from geodl.training import train
from tests.end_to_end.wandb_file import read_records

PLANE = ["data=blobs", "network.width=2", "network.hidden=8", "network.activation=tanh", "trainer.max_epochs=3"]


def run(compose_config, folder, *overrides):
    train(compose_config(*PLANE, "score=fast", "trainer.progress_bar=off", *overrides))
    (status,) = folder.glob("outputs/*/*/status.json")
    return status.parent


def test_a_run_in_the_plane_leaves_its_animation_in_folder_and_wandb(compose_config, tmp_path):
    folder = run(compose_config, tmp_path, "logger=wandb", "logger.mode=offline")
    with Image.open(folder / "figures" / "plane.gif") as image:
        assert image.n_frames == 4  # before training, and after each of three epochs
    (file,) = folder.glob("wandb/offline-run-*/*.wandb")
    history = [record.history.item for record in read_records(file) if record.WhichOneof("record_type") == "history"]
    rows = [{i.nested_key[0] if i.nested_key else i.key: i for i in items} for items in history]
    (row,) = [row for row in rows if "figures/plane" in row]
    assert json.loads(row["epoch"].value_json) == 3
    (copy,) = folder.glob("wandb/offline-run-*/files/media/videos/figures/plane*.gif")
    assert copy.read_bytes() == (folder / "figures" / "plane.gif").read_bytes()


def test_the_animation_changes_no_number(compose_config, tmp_path):
    tables = []
    for enabled in ("true", "false"):
        root = tmp_path / enabled
        folder = run(compose_config, root, f"callbacks.figure.enabled={enabled}", f"paths.outputs={root}/outputs")
        assert (folder / "figures" / "plane.gif").is_file() is (enabled == "true")
        table = pd.read_csv(folder / "metrics.csv")
        tables.append(table[[column for column in table if not column.startswith("time/")]])
    pd.testing.assert_frame_equal(*tables)


@pytest.mark.parametrize(
    "overrides", [("network.width=3",), ("track.every_n_epochs=1", "data=digits", "network.width=4")]
)
def test_states_of_more_dimensions_are_left_alone(compose_config, tmp_path, overrides):
    assert not (run(compose_config, tmp_path, *overrides) / "figures" / "plane.gif").exists()
