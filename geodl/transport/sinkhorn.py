"""Approximate dual potentials of large clouds, by entropic transport in the log domain.

Sinkhorn's iteration alternates the soft transforms of `soft_transform` while ε falls. It starts on a random part of the
samples, where rounds cost nothing, since the potentials of a part extend to all points by one transform and are then
right but for the fluctuation between samples; a few rounds with all of them remove that. What comes out is a start for
proofs and not a proof: it is computed in float32, and only its c-transform in float64 is feasible.

Source:
    Cuturi 2013, arXiv:1306.0895; falling ε and the log domain: Schmitzer 2019, arXiv:1610.06519; over-relaxation:
    Thibault et al. 2021, arXiv:1711.01851.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geodl.errors import ConfigError
from geodl.transport.soft_transform import soft_transform

if TYPE_CHECKING:
    import torch

_PART = 2048  # samples of the first stage
_PART_STEP, _PART_ROUNDS = 0.6, 6  # ε falls by this factor after so many rounds
_FINAL = 1e-3  # of the middle size of an interaction: ε below which rounds gain little
_RESOLUTION = 1e-6  # of its standard deviation: below this ε the exponents are float32's noise
_PART_RELAXATION, _RELAXATION = 1.7, 1.3  # less where ε changes with every round
_GAIN = 1e-4  # relative gain of the dual value in one round that is worth another
_TILE_MEMORY = {"cpu": 2.0**27, "cuda": 2.0**31}


@dataclass(frozen=True)
class SinkhornInfo:
    """How potentials came about.

    Attributes:
        dual: mean_i u_i + mean_j v_j, in squared units of the clouds: a lower bound of W₂² up to float32's rounding, so
            an estimate and no proof.
        epsilon: ε at which the potentials were found, in the same units; 0 if none was needed.
        rounds: Rounds over all samples that were done, of two passes each.
        device: ``"cpu"`` or ``"cuda"``.
        in_time: Whether the iteration ended by itself and not by ``max_seconds``.
        seconds: Wall-clock time.
    """

    dual: float
    epsilon: float
    rounds: int
    device: str
    in_time: bool
    seconds: float


def sinkhorn_potentials(
    source: NDArray[np.float64],
    target: NDArray[np.float64],
    *,
    device: str = "auto",
    max_seconds: float | None = None,
    rounds: int = 16,
    tile_memory: float | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64], SinkhornInfo]:
    """Potentials near the optimum of the dual problem, for clouds too large to solve exactly.

    Time is O(n m d) a round, memory O((n + m) d) beside the tiles. The result does not depend on chance: the part of
    the first stage is drawn with a fixed seed.

    Args:
        source: (n, d) float64, finite.
        target: (m, d) float64, finite.
        device: ``"cpu"``, ``"cuda"`` or ``"auto"`` (CUDA where there is one).
        max_seconds: Time after which no second round over all samples is begun; None for no limit. With a limit the
            result depends on the machine's speed.
        rounds: Most rounds over all samples, >= 1. Eight reach the last planned ε; more follow while the dual value
            gains.
        tile_memory: Bytes of a tile of the cost matrix; None for 128 MiB, or 2 GiB on a GPU.

    Returns:
        u (n,), v (m,), in squared units of the clouds, with u_i + v_j <= ‖x_i - y_j‖² up to float32's rounding; and how
        they came about. Where nothing better was found, both are zero, which is feasible.

    Raises:
        ConfigError: If an option is out of its range, or CUDA is asked for and absent.

    Example:
        >>> x = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
        >>> u, v, info = sinkhorn_potentials(x, x + 5.0, device="cpu")
        >>> round(float(u.mean() + v.mean()), 3)
        50.0
    """
    import torch

    started = time.perf_counter()
    if device not in {"auto", "cpu", "cuda"}:
        raise ConfigError(f"device: expected auto, cpu or cuda, found {device!r}; leave it at auto")
    if isinstance(rounds, bool) or not isinstance(rounds, int) or rounds < 1:
        raise ConfigError(f"rounds: expected an integer >= 1, found {rounds!r}; leave it at 16")
    if device == "cuda" and not torch.cuda.is_available():
        raise ConfigError("device: expected a GPU for 'cuda', found none; take 'cpu' or 'auto'")
    kind = "cuda" if device != "cpu" and torch.cuda.is_available() else "cpu"
    deadline = np.inf if max_seconds is None else started + max_seconds
    centre_x, centre_y = source.mean(axis=0), target.mean(axis=0)
    x, y, delta = source - centre_x, target - centre_y, centre_x - centre_y
    u = np.einsum("ij,ij->i", x, x) + 2.0 * (x @ delta) + delta @ delta
    v = np.einsum("ij,ij->i", y, y) - 2.0 * (y @ delta)
    size_x, size_y = _size(x), _size(y)
    with torch.inference_mode():
        clouds = [torch.from_numpy((cloud / size).astype(np.float32)) for cloud, size in ((x, size_x), (y, size_y))]
        memory = _TILE_MEMORY[kind] if tile_memory is None else tile_memory
        base = float(u.mean() + v.mean()) / (size_x * size_y)
        search = _Search(clouds[0].to(kind), clouds[1].to(kind), base, memory, deadline)
        search.run(rounds)
    unit = size_x * size_y
    u += search.g.numpy() * unit
    v += search.f.numpy() * unit
    if not (np.isfinite(u).all() and np.isfinite(v).all() and u.mean() + v.mean() > 0.0):
        u, v = np.zeros(len(source)), np.zeros(len(target))
    info = SinkhornInfo(
        dual=float(u.mean() + v.mean()),
        epsilon=search.epsilon * unit,
        rounds=search.rounds,
        device=kind,
        in_time=search.in_time,
        seconds=time.perf_counter() - started,
    )
    return u, v, info


def _size(cloud: NDArray[np.float64]) -> float:
    """Return the root mean square of a centred cloud's coordinates; 1 if all its points coincide."""
    largest = float(np.abs(cloud).max())
    return largest * float(np.sqrt(np.mean((cloud / largest) ** 2))) if largest > 0.0 else 1.0


class _Search:
    """The best potentials so far, while ε falls; all in units of the product of both clouds' sizes.

    Attributes:
        g: (n,) float64, the source's potentials without the norms.
        f: (m,) float64, the target's.
        epsilon: Where they were found.
        rounds: Rounds over all samples so far.
        in_time: Whether the deadline never came between.
    """

    def __init__(self, x: torch.Tensor, y: torch.Tensor, base: float, memory: float, deadline: float) -> None:
        import torch

        self.x, self.y, self.base, self.memory, self.deadline = x, y, base, memory, deadline
        self.g = torch.zeros(len(x), dtype=torch.float64)
        self.f = torch.zeros(len(y), dtype=torch.float64)
        self.best, self.epsilon, self.rounds, self.in_time = -np.inf, 0.0, 0, True

    def run(self, rounds: int) -> None:
        """Search on a part of the samples and then on all of them.

        Args:
            rounds: Most rounds over all.
        """
        import torch

        generator = np.random.default_rng(0)
        n, m = len(self.x), len(self.y)
        part = torch.from_numpy(generator.permutation(n)[:_PART])
        other = part if n == m else torch.from_numpy(generator.permutation(m)[:_PART])
        x, y = self.x[part], self.y[other]
        interaction = 2.0 * (x @ y.T).abs()
        deviation = float(interaction.square().mean().sqrt())
        if not deviation > 0.0 or not np.isfinite(deviation):  # all points of one cloud coincide: the norms are all
            self._keep(self.g, self.f, 0.0)
            return
        floor = _RESOLUTION * deviation
        last = max(_FINAL * float(interaction.flatten()[:: max(1, interaction.numel() // 2**20)].median()), floor)
        del interaction
        epsilon, f, g = max(deviation, last), torch.zeros(len(y), dtype=torch.float64), None
        while self._time_left():
            for _ in range(_PART_ROUNDS):
                g, f, _, _ = self._round(x, y, f, g, epsilon, _PART_RELAXATION)
            if epsilon == last:
                break
            epsilon = max(epsilon * _PART_STEP, last)
        f = soft_transform(self.y, x, g, epsilon, self.memory)[0] if g is not None else self.f
        self._rounds_over_all(f, rounds, last, floor)

    def _rounds_over_all(self, f: torch.Tensor, rounds: int, last: float, floor: float) -> None:
        """Do rounds with all samples from given potentials, ε being halved down to ``last``, and on while it gains."""
        g = None
        planned = min(rounds, 8)
        epsilon = last * 2.0 ** (planned - 1)
        for number in range(rounds):
            before = self.best
            old_f = f
            g, f, hard_g, hard_f = self._round(self.x, self.y, f, g, epsilon, _RELAXATION)
            self.rounds += 1
            self._keep(hard_g, old_f, epsilon)
            self._keep(g, hard_f, epsilon)
            if not self._time_left():
                return
            if number >= planned - 1 and not self.best - before > _GAIN * abs(self.best):
                return
            epsilon = max(epsilon / 2.0, floor)

    def _round(
        self,
        x: torch.Tensor,
        y: torch.Tensor,
        f: torch.Tensor,
        g: torch.Tensor | None,
        epsilon: float,
        relaxation: float,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return new g and f, and the hard transforms of the old f and of the new g."""
        soft, hard_g = soft_transform(x, y, f, epsilon, self.memory)
        g = soft if g is None else g + relaxation * (soft - g)
        soft, hard_f = soft_transform(y, x, g, epsilon, self.memory)
        return g, f + relaxation * (soft - f), hard_g, hard_f

    def _keep(self, g: torch.Tensor, f: torch.Tensor, epsilon: float) -> None:
        """Keep a feasible pair if its dual value is the best so far; NaN never is."""
        value = self.base + float(g.mean() + f.mean())
        if value > self.best:
            self.best, self.g, self.f, self.epsilon = value, g, f, epsilon

    def _time_left(self) -> bool:
        """Return whether another round may begin."""
        self.in_time = self.in_time and time.perf_counter() < self.deadline
        return self.in_time
