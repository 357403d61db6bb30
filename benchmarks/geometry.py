"""What the scores of the tracks' shapes cost beside reading the states once.

    python benchmarks/geometry.py                       # 16 steps of 10,000 samples of 256 features, a minute
    python benchmarks/geometry.py --n 100 --d 65536     # few samples of many features

"Read once" is a compiled loop that adds all numbers up, on as many threads as the scores use (``OMP_NUM_THREADS`` says
on fewer than all). In every repeat all kinds take turns, and the quickest call of each counts, since whatever else the
machine does only adds to it; the ratios are given repeat by repeat.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numba
import numpy as np
import torch

from geodl.scores import line_shape_score, score_leg
from geodl.transport.threads import n_threads

SHAPES = ["line_shape", "path_straightness", "kinetic_straightness", "action"]


@numba.njit(nogil=True, fastmath={"reassoc", "contract", "nsz"})
def add_up(numbers: Any) -> float:
    total = 0.0
    for index in range(numbers.size):
        total += numbers[index]
    return total


def read_once(pool: ThreadPoolExecutor, states: Any) -> None:
    list(pool.map(add_up, np.array_split(states.reshape(-1), 4 * n_threads())))


def seconds(call: Callable[[], Any]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=10_000)
    parser.add_argument("--d", type=int, default=256)
    parser.add_argument("--steps", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--calls", type=int, default=25)
    options = parser.parse_args()
    shape = (options.steps + 1, options.n, options.d)
    rng = np.random.default_rng(0)
    states = rng.standard_normal(shape, dtype=np.float32)
    np.cumsum(states, axis=0, out=states)
    wide, half = states.astype(np.float64), states.astype(np.float16)
    half_tensor, brain_tensor = torch.from_numpy(half), torch.from_numpy(states).bfloat16()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(n_threads()) as pool:
        states.tofile(Path(folder) / "track")
        mapped = np.memmap(Path(folder) / "track", np.float32, "r", shape=shape)
        kinds: dict[str, tuple[str, Callable[[], Any]]] = {
            "read once": ("read once", lambda: read_once(pool, states)),
            "line-shape score": ("read once", lambda: line_shape_score(states)),
            "four scores of shape": ("read once", lambda: score_leg(states, scores=SHAPES)),
            "line-shape score, mapped file": ("read once", lambda: line_shape_score(mapped)),
            "read float64 once": ("read float64 once", lambda: read_once(pool, wide)),
            "line-shape score, float64": ("read float64 once", lambda: line_shape_score(wide)),
            "line-shape score, float16 array": ("read once", lambda: line_shape_score(half)),
            "line-shape score, float16 tensor": ("read once", lambda: line_shape_score(half_tensor)),
            "line-shape score, bfloat16 tensor": ("read once", lambda: line_shape_score(brain_tensor)),
        }
        for _, call in kinds.values():
            call()  # compile
        repeats = []
        for _ in range(options.repeats):
            rounds = [{name: seconds(call) for name, (_, call) in kinds.items()} for _ in range(options.calls)]
            repeats.append({name: min(times[name] for times in rounds) for name in kinds})
    print(f"{shape} float32 of {states.nbytes / 2**20:.0f} MiB, {n_threads()} threads, {options.repeats} repeats")
    print(f"{'':<34} {'ms':>8}  times reading once")
    for name, (unit, _) in kinds.items():
        middle = statistics.median(repeat[name] for repeat in repeats)
        ratios = "  ".join(f"{repeat[name] / repeat[unit]:5.2f}" for repeat in repeats)
        print(f"{name:<34} {1e3 * middle:8.1f}  {ratios}")


if __name__ == "__main__":
    main()
