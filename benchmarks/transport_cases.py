"""The clouds that benchmarks/transport.py solves: states of networks that scripts/train.py trains here.

Up to 4,000 samples the data are mnist5k's training digits. Beyond, they are the images of `--npz`, or, without it, the
5,000 digits and the same shifted by one pixel to the right, down and left: 20,000 different real images.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from geodl.tracks import Track

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "train.py"
SMALL, LARGE = 4_000, 20_000  # probe samples recorded: all that mnist5k trains on, and the most that a case needs
EPOCHS = 3

NETWORKS = {
    "resnet": ["network=resnet_mlp", "network.width=256", "optimizer.weight_decay=0"],
    "resnet-decay": ["network=resnet_mlp", "network.width=256", "optimizer.weight_decay=1e-3"],
    "plain": ["network=plain_mlp", "network.width=256", "optimizer.weight_decay=0"],
    "plain-decay": ["network=plain_mlp", "network.width=256", "optimizer.weight_decay=1e-3"],
    # Between the two: in x + 5 f(x) the branch outweighs the skip; three features leave little room to pass each other.
    "scaled": ["network=resnet_mlp", "network.width=256", "network.residual_scale=5"],
    "narrow": ["network=resnet_mlp", "network.width=3"],
    # As many features as pixels.
    "resnet-784": ["network=resnet_mlp", "network.width=784", "optimizer.weight_decay=1e-3"],
    "plain-784": ["network=plain_mlp", "network.width=784", "optimizer.weight_decay=1e-3"],
}


@dataclass(frozen=True)
class Case:
    """Two clouds, and what is asked of them: time, memory of the exact plan, or a bracket in little memory."""

    network: str  # a key of NETWORKS, or "random"
    states: tuple[int, int]
    n: int
    kind: str = "time"

    @property
    def name(self) -> str:
        pair = f" {self.states[0]}->{self.states[1]}" if self.network != "random" else ""
        return f"{self.network}{pair} n={self.n}" + (f" {self.kind}" if self.kind != "time" else "")

    @property
    def plain(self) -> bool:
        return self.network.startswith("plain")


def all_cases(n: int, large: int, huge: int) -> list[Case]:
    """Every case of the table: many at the usual size, few at the large one, one of each kind beyond."""
    pairs = {
        "resnet": [(0, 8), (0, 4), (3, 4)],
        "resnet-decay": [(0, 8)],
        "scaled": [(0, 8)],
        "narrow": [(0, 4)],
        "plain": [(0, 8), (0, 4), (7, 8)],
        "plain-decay": [(0, 8), (7, 8)],
        "random": [(0, 1)],
    }
    return [
        *(Case(network, states, n) for network, several in pairs.items() for states in several),
        *(Case(network, (0, 8), large) for network in ("resnet-decay", "scaled", "plain-decay")),
        *(Case(network, (0, 8), large, "memory") for network in ("resnet-784", "plain-784")),
        *(Case(network, (0, 8), huge, "bracket") for network in ("resnet-decay", "plain-decay")),
    ]


def clouds(case: Case, cache: Path, npz: Path | None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The two clouds of a case, float64: n samples of the track, the same ones for every pair of its states."""
    generator = np.random.default_rng(0)
    if case.network == "random":
        return generator.standard_normal((case.n, 256)), generator.standard_normal((case.n, 256))
    recorded = _track(case.network, SMALL if npz is None and case.n <= SMALL else LARGE, cache, npz)
    if case.n > recorded.n_samples:
        raise SystemExit(f"{case.name}: expected at most {recorded.n_samples} samples; choose a smaller size")
    chosen = np.sort(generator.permutation(recorded.n_samples)[: case.n])
    first, last = (recorded.states[state].numpy()[chosen].astype(np.float64) for state in case.states)
    return first, last


def _track(network: str, n: int, cache: Path, npz: Path | None) -> Track:
    """The last track of a network, trained now or found in the cache."""
    from geodl.tracks import Track  # brings torch, which the processes that solve have no use for

    cache.mkdir(parents=True, exist_ok=True)
    if npz is not None:
        digest = hashlib.sha256(npz.read_bytes()).hexdigest()[:8]
        data = ["data=npz", f"data.path={npz.resolve()}", f"data.n_train={n}"]
    elif n == SMALL:
        digest, data = "mnist5k", ["data=mnist5k"]
    else:
        digest, data = "shifted", ["data=npz", f"data.path={_shifted_digits(cache)}"]
    options = ["network.depth=8", *NETWORKS[network], f"trainer.max_epochs={EPOCHS}", *data]
    # The file is named after all that made it, so that an edited network is trained again.
    recipe = hashlib.sha256(" ".join([*NETWORKS[network], str(EPOCHS)]).encode()).hexdigest()[:8]
    file = cache / f"{digest}-{network}-{recipe}-n{n}.safetensors"
    if not file.exists():
        print(f"training {network} on {digest} ...", file=sys.stderr, flush=True)
        options += [f"track.n_samples={n}", f"track.every_n_epochs={10 * EPOCHS}", "track.save=last"]
        options += ["score=line_shape", "callbacks=none", "logger=csv"]
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [sys.executable, str(SCRIPT), *options], cwd=folder, capture_output=True, text=True, check=False
            )
            found = list(Path(folder).glob("outputs/*/*/tracks/last.safetensors"))
            if done.returncode or not found:
                raise SystemExit(f"training {network} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
            half = file.with_suffix(".part")
            shutil.move(found[0], half)
            half.replace(file)
    return Track.load(file)


def _shifted_digits(cache: Path) -> Path:
    """Write 20,000 training images, the digits of mnist5k as they are and moved by one pixel; moved up they test."""
    from geodl.data.mnist5k import load_mnist5k

    file = cache / "shifted_digits.npz"
    if not file.exists():
        digits = load_mnist5k()
        x = np.concatenate([digits.x_train, digits.x_test])[:, 0]
        y = np.concatenate([digits.y_train, digits.y_test])
        moved = [x, np.roll(x, 1, axis=2), np.roll(x, 1, axis=1), np.roll(x, -1, axis=2)]
        half = cache / "shifted_digits.part.npz"
        np.savez(half, x_train=np.concatenate(moved), y_train=np.tile(y, 4), x_test=np.roll(x, -1, axis=1), y_test=y)
        half.replace(file)
    return file
