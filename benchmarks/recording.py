"""What recording costs above the bare forward pass: time as a ratio, and memory in processes of their own.

    python benchmarks/recording.py        # ResNet-18, 1,000 images of 224 x 224, about ten minutes on two cores
    python benchmarks/recording.py --n 200 --size 64

The passes alternate, so that a noisy machine slows all of them alike; the ratio of medians is what counts.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import torch
import torchvision

from geodl import record_track


def images(n: int, size: int, batch: int) -> Iterator[torch.Tensor]:
    one = torch.randn(batch, 3, size, size, generator=torch.Generator().manual_seed(0))
    for start in range(0, n, batch):
        yield one[: min(batch, n - start)]


def bare(model: torch.nn.Module, batches: Iterator[torch.Tensor]) -> None:
    with torch.no_grad():
        for x in batches:
            model(x)


def run(kind: str, model: torch.nn.Module, n: int, size: int, batch: int) -> float:
    began = time.perf_counter()
    if kind == "bare":
        bare(model, images(n, size, batch))
    elif kind == "memory":
        record_track(model, images(n, size, batch), pool="none")
    elif kind == "pooled":
        record_track(model, images(n, size, batch), pool="mean")
    else:
        with tempfile.TemporaryDirectory() as folder:
            record_track(model, images(n, size, batch), pool="none", storage=Path(folder) / "track")
    return time.perf_counter() - began


def peak_mib(kind: str, n: int, size: int, batch: int) -> float:
    command = [sys.executable, __file__, "--child", kind, "--n", str(n), "--size", str(size), "--batch", str(batch)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=1000)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--batch", type=int, default=50)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--child", default="")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    model = torchvision.models.resnet18(weights=None).eval()
    if options.child:
        run(options.child, model, options.n, options.size, options.batch)
        # of this program; ru_maxrss begins with what the process that started it had
        lines = Path("/proc/self/status").read_text().splitlines()
        print(next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")))
        return
    kinds = ("bare", "pooled", "memory", "folder")
    seconds: dict[str, list[float]] = {kind: [] for kind in kinds}
    run("bare", model, 2 * options.batch, options.size, options.batch)  # warm up
    for _ in range(options.repeats):
        for kind in kinds:
            seconds[kind].append(run(kind, model, options.n, options.size, options.batch))
    print(f"ResNet-18, n = {options.n}, {options.size} x {options.size}, batches of {options.batch}, float32")
    print("recording                  seconds  times the bare pass  peak MiB at n/4  at n")
    names = {"bare": "bare forward pass", "pooled": "pool=mean, in memory", "memory": "pool=none, in memory"}
    names["folder"] = "pool=none, in a folder"
    for kind in kinds:
        median = statistics.median(seconds[kind])
        ratio = median / statistics.median(seconds["bare"])
        peaks = [peak_mib(kind, n, options.size, options.batch) for n in (options.n // 4, options.n)]
        print(f"{names[kind]:<25} {median:8.1f} {ratio:20.2f} {peaks[0]:16.0f} {peaks[1]:5.0f}")


if __name__ == "__main__":
    main()
