"""Runs made of numbers, without folders."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geodl.report.record import RunRecord


@dataclass(frozen=True)
class At:
    """Where a run stands in the grid."""

    family: str
    depth: int
    decay: float
    seed: int


def make_run(at: At, final: Mapping[str, float], before: Mapping[str, float] | None = None, **extra: Any) -> RunRecord:
    settings = {
        "network.family": at.family,
        "network.depth": at.depth,
        "network.width": 32,
        "network.name": f"{at.family}_mlp",
        "optimizer.weight_decay": at.decay,
        **extra,
    }
    values = {"train/accuracy": 0.97, **final}
    return RunRecord(
        folder=Path("_".join(map(str, (*vars(at).values(), *extra.values())))),
        status="finished",
        state={},
        config={"seed": at.seed},
        settings=settings,
        overrides=(),
        provenance={},
        history={(0, key): value for key, value in (before or {}).items()},
        final=values,
        summary={"probe": {"n": 200}, "null": {"lss_sqrt_L": at.depth**0.5}, "data": {"n_classes": 10}},
    )


def make_runs(
    final: Callable[[At], Mapping[str, float]],
    *,
    families=("plain", "resnet"),
    depths=(4,),
    decays=(0.0, 0.01),
    seeds=(0, 1, 2, 3, 4),
    before: Callable[[At], Mapping[str, float]] | None = None,
) -> list[RunRecord]:
    grid = (At(*place) for place in itertools.product(families, depths, decays, seeds))
    return [make_run(at, final(at), before(at) if before else None) for at in grid]
