"""A run of seconds, and what its folder says."""

from __future__ import annotations

import json

import pandas as pd

SMALL = [
    "data=digits",
    "network.depth=2",
    "network.width=16",
    "trainer=cpu",
    "trainer.max_epochs=2",
    "track.n_samples=60",
]


def runs(tmp_path, sweep="default"):
    return sorted(path.parent for path in (tmp_path / "outputs" / sweep).glob("*/status.json"))


def status(folder):
    return json.loads((folder / "status.json").read_text())


def metrics(folder):
    return pd.read_csv(folder / "metrics.csv", index_col="epoch")
