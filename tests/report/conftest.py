"""Synthetic sweeps that follow the run folder's layout exactly, with values that can be averaged by hand."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from geodl.figures.projection import project_tracks
from geodl.report.build import ReportPaths, build_report

FAMILIES, DEPTHS, DECAYS, SEEDS = ("plain", "resnet"), (4, 8), (0.0, 0.01), (0, 1, 2)
SEED_STEP = {"geometry/lss": 0.05, "geometry/ots": 0.002, "test/accuracy": 0.004}


def final_value(metric: str, family: str, depth: int, decay: float, seed: int) -> float:
    """Value of a metric after training: over seeds 0, 1, 2 the mean is that of seed 1."""
    resnet, fall = family == "resnet", 1.0 / (1.0 + 150.0 * decay)
    straight = 1.0 + (1.1 if resnet else 4.0) * (0.25 + 0.75 * fall) * (depth / 8) ** 0.5
    base = {
        "geometry/lss": straight,
        "geometry/ots": 0.99 if resnet else 0.02 + 0.1 * decay,
        "geometry/transport_ratio": 0.999 if resnet else 0.93,
        "geometry/kinetic_straightness": min(0.98, 1 / straight),
        "geometry/geodesic_score": min(0.97, 0.95 / straight),
        "geometry/track_bound_share": 0.9 if resnet else 0.4,
        "geometry/track_margin": 2.0 if resnet else 0.5,
        "geometry/action": 30 * straight,
        "geometry/weight_norm": 900 * straight**2,
        "train/accuracy": 0.97 + 0.01 * resnet,
        "test/accuracy": 0.93 + 0.02 * resnet + decay,
        "train/loss": 0.1,
        "test/loss": 0.2,
    }[metric]
    return base + SEED_STEP.get(metric, 0.0) * seed


METRICS = [
    "geometry/lss",
    "geometry/ots",
    "geometry/transport_ratio",
    "geometry/kinetic_straightness",
    "geometry/geodesic_score",
    "geometry/track_bound_share",
    "geometry/track_margin",
    "geometry/action",
    "geometry/weight_norm",
    "train/accuracy",
    "train/loss",
    "test/accuracy",
    "test/loss",
]


@dataclass
class Job:
    """One run folder to write."""

    family: str = "plain"
    depth: int = 4
    decay: float = 0.0
    seed: int = 0
    status: str = "finished"
    epochs: int = 4
    commit: str = "a" * 40
    diff_sha: str | None = None
    digest: str = "probe-digest-1"
    value: Callable[..., float] = final_value
    changed: dict[str, float | None] = field(default_factory=dict)
    tracks: bool = False
    legs: int = 1
    data: str = "mnist5k"
    dim: int = 32
    network: dict[str, Any] | None = None  # the network group, where it is not that of an MLP


def write_run(sweep: Path, job: Job) -> Path:
    network = job.network or {"name": f"{job.family}_mlp", "family": job.family, "depth": job.depth, "width": 32}
    name = network["family"].replace("/", "_") if job.network else f"{job.family}_mlp-d{job.depth}-w32"
    slug = f"{job.data}-{name}-sgd-wd{job.decay:g}-s{job.seed}"
    folder = sweep / f"{slug}-{zlib.crc32(f'{slug}{job.commit}'.encode()):08x}"
    (folder / "figures").mkdir(parents=True)
    finished = job.status == "finished"
    epochs = job.epochs if finished else job.epochs // 2
    _dump(
        folder / "status.json",
        {
            "status": job.status,
            "fingerprint": folder.name[-8:],
            "slug": slug,
            "sweep": sweep.name,
            "attempt": 1,
            "pid": 1,
            "host": "elsewhere",
            "epoch": epochs,
            "max_epochs": job.epochs,
            "error": "the loss is NaN in epoch 3" if job.status == "failed" else None,
            "error_type": "TrainingDivergedError" if job.status == "failed" else None,
        },
    )
    config: dict[str, Any] = {
        "data": {"name": job.data, "batch_size": 128},
        "network": network,
        "optimizer": {"name": "sgd", "lr": 0.05, "weight_decay": job.decay},
        "trainer": {"max_epochs": job.epochs, "accelerator": "cpu"},
        "paths": {"root": str(folder)},
        "seed": job.seed,
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    sizes = [] if job.network else [f"network.depth={job.depth}"]
    overrides = [f"network={network['name']}", *sizes, f"optimizer.weight_decay={job.decay:g}"]
    (folder / "overrides.yaml").write_text(yaml.safe_dump(overrides))
    _dump(
        folder / "provenance.json",
        {
            "python": "3.11.2",
            "packages": {"torch": "2.14.1", "POT": "0.9.7"},
            "commit": job.commit,
            "dirty": job.diff_sha is not None,
            "diff_sha": job.diff_sha,
            "probe_digest": job.digest,
        },
    )
    rows = [_epoch_row(job, epoch) for epoch in range(epochs + 1)]
    rows[-1].update(job.changed)
    lines = [",".join(rows[0])]
    lines += [",".join("" if value is None else repr(value) for value in row.values()) for row in rows]
    (folder / "metrics.csv").write_text("\n".join(lines) + "\n")
    if finished:
        steps = job.depth
        _dump(
            folder / "summary.json",
            {
                "metrics": rows[-1],
                "network": {
                    **{key: network.get(key) for key in ("family", "depth", "width")},
                    "n_parameters": 1000,
                    "tokens": "mean" if "vit" in network["family"] else None,
                    "final_norm": "left out: norm (LayerNorm)" if "timm" in network["family"] else "none",
                },
                "data": {"name": job.data, "n_classes": 10},
                "probe": {"n": 500, "split": "train", "seed": 0, "digest": job.digest},
                "legs": [
                    {"index": k, "names": ["stem", "blocks.0"], "dim": job.dim, "n_steps": steps}
                    for k in range(job.legs)
                ],
                "null": {"lss_sqrt_L": math.sqrt(steps)},
                "seconds": 65.0,
                "epochs": job.epochs,
            },
        )
    if job.tracks:
        for epoch in (0, epochs // 2, epochs):
            _write_tracks(folder, job, epoch, epoch / epochs)
    return folder


def _epoch_row(job: Job, epoch: int) -> dict[str, Any]:
    share = 1 - math.exp(-4 * epoch / job.epochs)
    share = 1.0 if epoch == job.epochs else share
    row: dict[str, Any] = {"epoch": float(epoch)}
    for metric in METRICS:
        last = job.value(metric, job.family, job.depth, job.decay, job.seed)
        first = job.value(metric, job.family, job.depth, 0.0, job.seed) * (1.25 if metric == "geometry/lss" else 1.0)
        first = 0.1 if "accuracy" in metric else first
        row[metric] = first + share * (last - first)
    row["gap/accuracy"] = row["train/accuracy"] - row["test/accuracy"]
    row["geometry/n_samples"] = 500.0
    if job.legs > 1:
        for k in range(job.legs):
            row[f"geometry/leg{k}/lss"] = row["geometry/lss"] + k - (job.legs - 1) / 2
    return row


def _write_tracks(folder: Path, job: Job, epoch: int, share: float) -> None:
    generator = np.random.default_rng(job.seed)
    labels = np.arange(200) % 10
    centres = generator.normal(size=(10, job.dim))
    start = generator.normal(size=(200, job.dim)) * 0.8 + centres[labels] * 0.6
    end = centres[labels] * (1 + 2 * share) + 0.3 * start
    twist = generator.normal(size=(job.dim, job.dim)) / math.sqrt(job.dim)
    bend = 3.0 if job.family == "plain" else 2.2 * (1 - share * (0.6 + 30 * job.decay))
    states = []
    for step in range(job.depth + 1):
        t = step / job.depth
        side = np.tanh(start @ twist) * math.sin(2.5 * math.pi * t) + np.tanh(start @ twist.T) * math.sin(math.pi * t)
        states.append((1 - t) * start + t * end + max(bend, 0.0) * 0.6 * side)
    row = _epoch_row(job, epoch)
    tracks = project_tracks(
        states,
        labels,
        epoch=epoch,
        lss=row["geometry/lss"],
        ots=row["geometry/ots"],
        transport_ratio=row["geometry/transport_ratio"],
    )
    tracks.save(folder / "figures" / f"tracks_epoch_{epoch:04d}.npz")


def _dump(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1))


def write_grid(sweep: Path, *, tracks: bool = False) -> Path:
    """2 families x 2 depths x 2 decays x 3 seeds, of which one failed, one was interrupted and one never started."""
    for family in FAMILIES:
        for depth in DEPTHS:
            for decay in DECAYS:
                for seed in SEEDS:
                    job = Job(family, depth, decay, seed, tracks=tracks and seed == 0 and depth == 4)
                    if (family, depth, decay) == ("plain", 8, 0.01) and seed > 0:
                        if seed == 2:
                            continue
                        job.status = "failed"
                    if (family, depth, decay, seed) == ("resnet", 4, 0.0, 2):
                        job.status = "interrupted"
                    write_run(sweep, job)
    (sweep / ".attempts").mkdir()
    (sweep / ".attempts" / "status.json").write_text("{}")
    return sweep


@pytest.fixture(scope="session")
def make_run() -> Callable[..., Path]:
    def make(sweep: Path, **settings: Any) -> Path:
        return write_run(sweep, Job(**settings))

    return make


@pytest.fixture(scope="session")
def grid_sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_grid(tmp_path_factory.mktemp("sweeps") / "depth_and_decay", tracks=True)


@pytest.fixture(scope="session")
def grid_report(grid_sweep: Path) -> ReportPaths:
    return build_report(grid_sweep, pdf=True)
