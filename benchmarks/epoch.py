#!/usr/bin/env python
"""What measuring costs: time of an epoch and peak memory with and without tracks and scores, as ratios in one run.

Usage: python benchmarks/epoch.py [repeats]

Each repeat trains the default network (resnet_mlp, depth 8, width 128, mnist5k) and its plain twin for four epochs,
each time in a process of its own: without measuring, with score=fast, and with score=default. The machine may be noisy,
so read the ratios, which come from one repeat each. "ends" are the scores before and after training.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "train.py"
EPOCHS = 4
NEVER = f"track.every_n_epochs={10 * EPOCHS}"
VARIANTS = {
    "not measured": [NEVER, "score=line_shape", "callbacks=none"],
    "score=fast": ["score=fast", "callbacks=none"],
    "score=default": ["score=default", "callbacks=none"],
}


def measure(network: str, options: list[str]) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, str(SCRIPT), f"network={network}", f"trainer.max_epochs={EPOCHS}", "logger=csv", *options],
            cwd=folder,
            check=True,
            capture_output=True,
        )
        (run,) = Path(folder).glob("outputs/default/*/summary.json")
        summary = json.loads(run.read_text())
        metrics = pd.read_csv(run.parent / "metrics.csv", index_col="epoch")
    inner = metrics.loc[1 : EPOCHS - 1]  # the ends have the costly scores, and are told apart
    return {
        "epoch": float(inner["time/epoch_s"].median()),
        "track": float(inner.get("time/track_s", pd.Series([0.0])).fillna(0).median()),
        "score": float(inner.get("time/score_s", pd.Series([0.0])).fillna(0).median()),
        "ends": float(metrics["time/score_s"].iloc[[0, -1]].sum()),
        "memory": float(summary["peak_memory_mb"]),
    }


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    print("network     measured       epoch s  track s  score s  all of it/epoch  ends s  peak MB  / not measured")
    for network in ("resnet_mlp", "plain_mlp"):
        rows = [{name: measure(network, options) for name, options in VARIANTS.items()} for _ in range(repeats)]
        for name in VARIANTS:
            found = [row[name] for row in rows]
            values = {key: statistics.median(f[key] for f in found) for key in found[0]}
            total = statistics.median((f["epoch"] + f["track"] + f["score"]) / f["epoch"] for f in found)
            memory = statistics.median(row[name]["memory"] / row["not measured"]["memory"] for row in rows)
            print(
                f"{network:<11} {name:<13} {values['epoch']:8.3f} {values['track']:8.3f} {values['score']:8.3f}"
                f" {total:15.2f} {values['ends']:8.2f} {values['memory']:8.0f} {memory:14.2f}"
            )


if __name__ == "__main__":
    main()
