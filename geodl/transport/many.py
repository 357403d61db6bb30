"""Several transport problems at once: on all processors, within a bound of memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from geodl.transport.memory import STORED_MATRICES, physical_memory
from geodl.transport.plan import TransportPlan
from geodl.transport.solve import solve_transport
from geodl.transport.threads import n_threads


def solve_many(
    pairs: Sequence[Callable[[], tuple[Any, Any]]],
    *,
    n_samples: int,
    method: str = "auto",
    max_memory: float | None = None,
    **options: Any,
) -> list[TransportPlan]:
    """Solve several transport problems.

    As many at once as there are processors and memory for, each of them on one thread; where only one fits, one after
    the other, on all of them. The plans are those of `solve_transport`, bit for bit.

    Args:
        pairs: For each problem a function that returns its two clouds, called when its turn comes, so that clouds that
            have to be computed first do not all lie in memory.
        n_samples: Samples of the largest cloud, for the bound of memory.
        method: As for `solve_transport`.
        max_memory: Bytes for all problems together; None for half of the machine's memory.
        **options: Further options of `solve_transport`.

    Returns:
        The plans, in the order of the pairs.

    Example:
        >>> plans = solve_many([lambda: ([[0.0], [1.0]], [[1.0], [0.0]])] * 2, n_samples=2)
        >>> [plan.cost for plan in plans]
        [0.0, 0.0]
    """
    memory = physical_memory() / 2 if max_memory is None else max_memory
    needed = STORED_MATRICES * 8.0 * n_samples**2
    # POT holds the interpreter's lock, and Sinkhorn's passes have threads of their own.
    shared = 1 if method in ("emd", "sinkhorn") else n_threads()
    at_once = max(1, min(len(pairs), shared, int(memory // needed) if method != "lazy" else 1))

    def solve(pair: Callable[[], tuple[Any, Any]]) -> TransportPlan:
        threads = 1 if at_once > 1 else None
        return solve_transport(*pair(), method, max_memory=max_memory, threads=threads, **options)

    if at_once == 1:
        return [solve(pair) for pair in pairs]
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(solve, pairs))
