"""Every experiment, sweep and debug file runs; the demo finds what the README says."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from geodl.config import conf_dir
from geodl.training import train

OVERLAYS = sorted(
    (p.parent.name, p.stem) for g in ("experiment", "sweep", "debug") for p in (conf_dir() / g).glob("*.yaml")
)


@pytest.mark.parametrize(("group", "choice"), OVERLAYS)
def test_every_overlay_runs_a_step(compose_config, tmp_path, group, choice):
    small = ["data=digits", "network.width=8", "track.n_samples=40", "logger=csv", "trainer=cpu"]
    steps = ["trainer.max_epochs=1", "trainer.limit_train_batches=1", "trainer.progress_bar=off"]
    train(compose_config(f"{group}={choice}", *small, *steps, small=False))
    (status,) = tmp_path.glob("outputs/*/*/status.json")
    assert json.loads(status.read_text())["status"] == "finished"


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_the_demo_finds_what_the_readme_says(run_cli, tmp_path):
    done = run_cli("train", "experiment=demo", timeout=1200, OMP_NUM_THREADS="2")
    assert done.returncode == 0, done.stderr
    assert "8 jobs: 8 trained, 0 already finished, 0 failed" in done.stderr
    report = run_cli("report", "outputs/demo", timeout=300)
    assert report.returncode == 0, report.stderr
    assert "8 finished" in report.stdout
    runs = pd.read_csv(tmp_path / "outputs" / "demo" / "report" / "runs.csv")
    runs = runs.set_index(["family", "depth", "weight_decay"])
    verdicts = pd.read_csv(tmp_path / "outputs" / "demo" / "report" / "verdicts.csv").set_index("claim")
    assert set(verdicts["verdict"]) == {"undecided"}  # one seed decides nothing
    assert "one seed: a sketch" in verdicts.loc["C3", "text"]
    assert verdicts.loc["C3", "effect"] < 0 < verdicts.loc["C4", "effect"]
    lss, ots = runs["geometry/lss"], runs["geometry/ots"]
    for depth in (4, 8):
        for decay in (0.0, 0.01):
            assert lss["resnet", depth, decay] < lss["plain", depth, decay]
            assert ots["resnet", depth, decay] > 0.95
            assert ots["plain", depth, decay] < 0.1
        assert lss["resnet", depth, 0.01] < 1.2 < 1.6 < lss["resnet", depth, 0.0]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_memory_stays_flat_over_the_jobs_of_a_sweep(tmp_path, compose_config):
    import gc
    from pathlib import Path

    from geodl.training import train

    def resident() -> float:
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * 4096 / 1e6

    if not Path("/proc/self/statm").exists():
        pytest.skip("reads the resident size from /proc, until there is another way to know it on this system")
    after = []
    for seed in range(7):
        train(compose_config("network.width=256", "network.depth=8", "logger=wandb", "score=fast", f"seed={seed}"))
        after.append(resident())
    assert max(after[3:]) - after[2] < 60, after  # megabytes; the first jobs fill caches
