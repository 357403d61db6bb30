"""The solvers that benchmarks/transport.py compares, in a process that can be ended when one takes too long.

Each solver gets two clouds and builds its own cost matrix, all in float64. POT builds it by `ot.dist`; SciPy and lapx,
which bring no cost of their own, by `cost_by_blas`, the fastest way there is here, which alone is the floor.
"""

from __future__ import annotations

import multiprocessing
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Cloud = NDArray[np.float64]
SOLVERS = ("floor", "geodl", "pot", "pot-emd2", "scipy", "lapjv", "lapjvr")  # and geodl:<method>
_ENDLESS = 10**9  # pivots: the time limit ends a solver, never this


@dataclass
class Outcome:
    """What one call of a solver gave. Costs are mean squared distances over the plan, by differences."""

    seconds: float = float("nan")
    cost: float = float("nan")
    own: float = float("nan")  # share of the samples that keep their own output
    lower: float = float("nan")  # proved bounds of the transport ratio, of geodl alone
    upper: float = float("nan")
    gap: float = float("nan")
    method: str = ""
    how: str = ""
    status: str = ""
    error: str = ""


def cost_by_blas(x: Cloud, y: Cloud) -> Cloud:
    """‖x_i‖² + ‖y_j‖² - 2 x_i·y_j as one matrix product of d + 2 columns: no second pass over the matrix."""
    ones = np.ones((len(x), 1))
    left = np.hstack([x, np.einsum("ij,ij->i", x, x)[:, None], ones])
    right = np.hstack([-2.0 * y, ones, np.einsum("ij,ij->i", y, y)[:, None]])
    cost: Cloud = left @ right.T
    return cost


def solve(solver: str, x: Cloud, y: Cloud, **options: Any) -> Outcome:
    """Time one solver; what it cannot do is an error in the outcome, and never a number."""
    try:
        began = time.perf_counter()
        answer = _answer(solver, x, y, options)
        seconds = time.perf_counter() - began
    except Exception as error:  # noqa: BLE001 - of a foreign library, and told in the table
        return Outcome(error=f"{type(error).__name__}: {error}")
    if answer is None:
        return Outcome(seconds=seconds, status="floor")
    if isinstance(answer, float):
        return Outcome(seconds=seconds, cost=answer, status="optimal")
    if isinstance(answer, np.ndarray):
        answer = answer.argmax(axis=1) if answer.ndim == 2 else answer  # a plan as a matrix: not timed
        cost = float(np.square(x - y[answer]).sum(axis=1).mean())
        own = float((answer == np.arange(len(x))).mean())
        return Outcome(seconds=seconds, cost=cost, own=own, status="optimal")
    plan = answer
    own = plan.kept if len(plan.kept) else plan.permutation == np.arange(len(plan.permutation))
    return Outcome(
        seconds=seconds,
        cost=plan.cost,
        own=float(own.mean()) if plan.status == "optimal" else float("nan"),
        lower=plan.lower,
        upper=plan.upper,
        gap=plan.gap,
        method=plan.method,
        how=plan.how,
        status=plan.status,
        error=plan.reason if plan.status == "failed" else "",
    )


def _answer(solver: str, x: Cloud, y: Cloud, options: dict[str, Any]) -> Any:
    """None, a cost, a permutation, a plan as a matrix, or a plan of geodl."""
    if solver.partition(":")[0] == "geodl":
        from geodl.transport import solve_transport

        method = solver.partition(":")[2]
        return solve_transport(x, y, **({"method": method} if method else {}), **options)
    if solver in {"pot", "pot-emd2"}:
        import ot

        cost = ot.dist(x, y)
        if solver == "pot-emd2":
            return float(ot.emd2([], [], cost, numItermax=_ENDLESS))
        weights = np.ones(len(x))  # whole numbers: the plan's entries are exactly 0 or 1
        return ot.emd(weights, weights, cost, numItermax=_ENDLESS)
    cost = cost_by_blas(x, y)
    if solver == "floor":
        return None
    if solver == "scipy":
        from scipy.optimize import linear_sum_assignment

        return linear_sum_assignment(cost)[1]
    import lap  # lapx: a C-contiguous float64 matrix is used in place, anything else is copied

    if solver == "lapjv":
        return lap.lapjv(cost, return_cost=False)[0]
    return np.asarray(lap.lapjvr(cost, return_cost=False)[1])


class Worker:
    """A process that holds two clouds and solves them on request; ended and started anew when it takes too long.

    Args:
        solvers: The solvers to warm up, so that neither imports nor compilation are timed.
    """

    def __init__(self, solvers: tuple[str, ...]) -> None:
        self.solvers = solvers
        self.folder: Path | None = None
        self._start()

    def load(self, folder: Path) -> None:
        """Read the clouds x.npy and y.npy of a folder."""
        self.folder = folder
        self._ask(("load", folder), None)

    def solve(self, solver: str, limit: float, **options: Any) -> Outcome:
        """Solve by one solver; a status "limit" or "died" if there was no answer."""
        try:
            outcome = self._ask(("solve", solver, options), limit)
        except EOFError:
            outcome = Outcome(status="died", error="the process died, as it does when there is no memory left")
        else:
            if isinstance(outcome, Outcome):
                return outcome
            outcome = Outcome(seconds=limit, status="limit")
        self.close()
        self._start()
        if self.folder is not None:
            self.load(self.folder)
        return outcome

    def memory(self) -> tuple[float, float]:
        """Peak memory of the process so far, and what it had after imports and warm-up, before any cloud; bytes."""
        answer: tuple[float, float] = self._ask(("memory",), None)
        return answer

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join()
        self._pipe.close()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other, self.solvers), daemon=True)
        self._process.start()
        other.close()
        self._pipe.recv()

    def _ask(self, request: tuple[Any, ...], limit: float | None) -> Any:
        self._pipe.send(request)
        return self._pipe.recv() if self._pipe.poll(limit) else None


def _serve(pipe: Connection, solvers: tuple[str, ...]) -> None:
    """The process: warm up, then answer until it is ended."""
    _warm_up(solvers)
    baseline = _memory("VmRSS")
    pipe.send("ready")
    x = y = np.zeros((1, 1))
    while True:
        kind, *arguments = pipe.recv()
        if kind == "load":
            x, y = (np.load(arguments[0] / name) for name in ("x.npy", "y.npy"))
            # What is compiled, and when, may depend on the problem: a small part of it is solved before the clock runs.
            for solver in solvers:
                if solver.startswith("geodl"):
                    solve(solver, x[:500], y[:500])
            pipe.send("loaded")
        elif kind == "solve":
            pipe.send(solve(arguments[0], x, y, **arguments[1]))
        else:
            pipe.send((_memory("VmHWM"), baseline))


def _warm_up(solvers: tuple[str, ...]) -> None:
    generator = np.random.default_rng(0)
    x, noise = generator.standard_normal((2, 300, 16))
    for solver in solvers:
        for y in (x + 0.01 * noise, x + 0.5 * noise, noise):
            solve(solver, x, y)


def _memory(field: str) -> float:
    """A field of the kernel's account of this process, in bytes; VmHWM is the peak of resident memory."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024.0 * int(line.split()[1]) for line in lines if line.startswith(field))
