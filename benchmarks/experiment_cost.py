#!/usr/bin/env python
"""What an experiment costs on this machine: its jobs, times its epochs, times an epoch measured here.

    python benchmarks/experiment_cost.py weight_decay                  # as it is, scale=small
    python benchmarks/experiment_cost.py paper_cnn scale=paper data=cifar10

Each choice of network at each depth and width is trained for two epochs, the second of which is timed, with all that is
measured in it; what comes before the first and after the last epoch is timed too. Hours of one job after the other, on
the device that `trainer.accelerator` finds: give the number with the device it was measured on.
"""

from __future__ import annotations

import itertools
import json
import math
import sys
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from hydra import compose, initialize_config_dir

from geodl.config import CONFIG_NAME, VERSION_BASE, check_command_line, conf_dir, register, resolve
from geodl.training import train

SIZES = ("network", "network.depth", "network.width", "data", "network.norm", "track.n_samples", "optimizer")
EPOCHS = 2


def composed(overrides: list[str]) -> Any:
    with initialize_config_dir(str(conf_dir()), version_base=VERSION_BASE):
        return compose(CONFIG_NAME, overrides, return_hydra_config=True)


def axes(overrides: list[str]) -> dict[str, list[str]]:
    swept = {key: str(value).split(",") for key, value in composed(overrides).hydra.sweeper.params.items()}
    return swept | {key: [value] for key, value in (o.split("=", 1) for o in overrides) if key in swept}


def seconds(overrides: list[str], folder: Path) -> tuple[float, float, int]:
    """Seconds of an epoch and of what surrounds training, and the epochs of the experiment."""
    wanted = composed(overrides)
    epochs, every = wanted.trainer.max_epochs, wanted.track.every_n_epochs
    short = [f"trainer.max_epochs={EPOCHS}", "track.every_n_epochs=1", "logger=csv", f"paths.outputs={folder}"]
    with initialize_config_dir(str(conf_dir()), version_base=VERSION_BASE):
        summary = train(resolve(compose(CONFIG_NAME, [*overrides, *short])))
    run = Path(summary.folder)
    rows = pd.read_csv(run / "metrics.csv").set_index("epoch")
    total = json.loads((run / "summary.json").read_text())["seconds"]
    measured = rows.loc[1, ["time/track_s", "time/score_s"]].sum()  # the last epoch has the scores of the ends too
    around = total - rows.loc[1:, "time/epoch_s"].sum() - measured
    return float(rows.loc[EPOCHS, "time/epoch_s"] + measured / every), float(around), epochs


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        print(__doc__)
        return
    register()
    overrides = [f"experiment={sys.argv[1]}", *sys.argv[2:]]
    check_command_line(overrides)
    grid = axes(overrides)
    sized = {key: values for key, values in grid.items() if key in SIZES}
    others = math.prod(len(values) for key, values in grid.items() if key not in SIZES)
    given = [o for o in overrides if o.split("=", 1)[0] not in grid]
    hours = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for k, values in enumerate(itertools.product(*sized.values())):
            chosen = [f"{key}={value}" for key, value in zip(sized, values, strict=True)]
            epoch, around, epochs = seconds([*given, *chosen], Path(folder) / str(k))
            hours += others * (epochs * epoch + around) / 3600
            print(f"{' '.join(chosen)}: {epoch:.2f} s an epoch, {around:.1f} s around, {epochs} epochs, {others} jobs")
    jobs = others * math.prod(len(values) for values in sized.values())
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else f"{torch.get_num_threads()} CPU threads"
    print(f"{jobs} jobs, {hours:.2f} hours one after the other on {device}")


if __name__ == "__main__":
    main()
