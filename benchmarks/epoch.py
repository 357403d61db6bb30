#!/usr/bin/env python
"""What measuring costs: time of an epoch and of a run, and peak memory, with and without tracks and scores, as ratios.

Usage: python benchmarks/epoch.py [repeats] [epochs]

Each repeat trains the default network (resnet_mlp, depth 8, width 128, mnist5k, n = 1,000 probe samples) and its plain
twin for ten epochs, each time in a process of its own: without measuring, with score=fast, and with score=default, both
in the foreground and in the background. The machine may be noisy, so read the ratios, which come from one repeat each.
"ends" are the scores before and after training. "standing still" is the share of the run's time in which it recorded
tracks or waited for scores; "run" compares whole runs, and so includes what a score in the background takes from the
epochs beside it.
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
BACKGROUND = "score.background=true"
VARIANTS = {
    "no": ["track.every_n_epochs=1000000", "score=line_shape", "callbacks=none"],
    "score=fast": ["score=fast", "callbacks=none"],
    "score=fast, background": ["score=fast", BACKGROUND, "callbacks=none"],
    "score=default": ["score=default", "callbacks=none"],
    "score=default, background": ["score=default", BACKGROUND, "callbacks=none"],
}


def measure(network: str, options: list[str], epochs: int) -> dict[str, float]:
    options = [f"network={network}", f"trainer.max_epochs={epochs}", "logger=csv", *options]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, str(SCRIPT), *options], cwd=folder, check=True, capture_output=True)
        (run,) = Path(folder).glob("outputs/default/*/summary.json")
        summary = json.loads(run.read_text())
        metrics = pd.read_csv(run.parent / "metrics.csv", index_col="epoch")
    inner = metrics.loc[1 : epochs - 1]  # the ends have the costly scores, and are told apart

    def median(column: str) -> float:
        return float(inner.get(column, pd.Series([0.0])).fillna(0).median())

    still = sum(float(metrics[column].fillna(0).sum()) for column in ("time/track_s", "time/score_wait_s"))
    return {
        "epoch": median("time/epoch_s"),
        "track": median("time/track_s"),
        "score": median("time/score_s"),
        "waited": median("time/score_wait_s"),
        "ends": float(metrics["time/score_s"].iloc[[0, -1]].sum()),
        "run": float(summary["seconds"]),
        "still": still / float(summary["seconds"]),
        "memory": float(summary["peak_memory_mb"]),
    }


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    epochs = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    columns = ["network", "measured", "epoch s", "track s", "score s", "waited s", "all of it / epoch", "ends s"]
    columns += ["standing still", "run / not measured", "peak memory / not measured"]
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    for network in ("resnet_mlp", "plain_mlp"):
        rows = [{name: measure(network, options, epochs) for name, options in VARIANTS.items()} for _ in range(repeats)]
        for name in VARIANTS:
            found = [row[name] for row in rows]
            values = {key: statistics.median(f[key] for f in found) for key in found[0]}
            total = statistics.median((f["epoch"] + f["track"] + f["waited"]) / f["epoch"] for f in found)
            run = statistics.median(row[name]["run"] / row["no"]["run"] for row in rows)
            memory = statistics.median(row[name]["memory"] / row["no"]["memory"] for row in rows)
            cells = [network, name, *(f"{values[key]:.2f}" for key in ("epoch", "track", "score", "waited"))]
            cells += [f"{total:.2f}", f"{values['ends']:.1f}", f"{values['still']:.1%}", f"{run:.2f}", f"{memory:.2f}"]
            print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
