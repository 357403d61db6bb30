#!/usr/bin/env python
"""Optimal transport between states of trained networks: geodl beside POT, SciPy and lapx, as ratios in one run.

    python benchmarks/transport.py                    # everything: trains eight small networks first, takes hours
    python benchmarks/transport.py --skip-slow        # without SciPy and lapx where they need minutes
    python benchmarks/transport.py --n 1000 --large 2000 --huge 3000 --repeats 2     # a few minutes
    python benchmarks/transport.py --npz mnist.npz --cases 'plain*' --solvers floor geodl geodl:emd pot --json all.json

Every solver builds its own cost matrix, in float64. All run in one process, one after the other, `--repeats` times
over; one that needs more than a minute runs once, and one that exceeds `--limit` seconds is ended and told as
"> limit". A plan whose cost differs from another solver's by more than 1e-9 ends the program with an error. Memory is
measured in processes of their own. `--json` keeps every single outcome. Tracks are kept in `--cache`.
"""

from __future__ import annotations

import argparse
import dataclasses
import fnmatch
import json
import math
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
from transport_cases import Case, all_cases, clouds
from transport_goals import Result, goals
from transport_solvers import SOLVERS, Worker

AGREEMENT = 1e-9
SLOW = ("scipy", "lapjv", "lapjvr")
ONCE = 60.0  # seconds above which a solver runs once
BRACKET_MEMORY = 2 * 10**9
LONG_LIMIT = 900.0  # of the memory and the bracket cases, which run once


def measure(case: Case, folder: Path, options: argparse.Namespace) -> Result:
    result = Result(case)
    if case.kind == "time":
        solvers = [s for s in options.solvers if not (options.skip_slow and s in SLOW and not _easy(case))]
        worker = Worker(tuple(solvers))
        worker.load(folder)
        for _ in range(options.repeats):
            for solver in solvers:
                found = result.outcomes.setdefault(solver, [])
                if not found or (found[0].seconds <= ONCE and not found[0].error and found[0].status != "limit"):
                    found.append(worker.solve(solver, options.limit))
                    print(f"  {solver}: {found[-1].seconds:.3f} s {found[-1].error}", file=sys.stderr, flush=True)
        check_agreement(result)
    else:
        solver = "geodl:sinkhorn" if case.kind == "bracket" else "geodl"
        worker = Worker((solver,))
        worker.load(folder)
        given = {"max_memory": BRACKET_MEMORY} if case.kind == "bracket" else {}
        result.outcomes["geodl"] = [worker.solve(solver, max(options.limit, LONG_LIMIT), **given)]
        if result.outcomes["geodl"][0].status not in {"limit", "died"}:
            result.peak, result.baseline = worker.memory()
    worker.close()
    return result


def _easy(case: Case) -> bool:
    return case.network.startswith("resnet")


def check_agreement(result: Result) -> None:
    """Every optimal plan has the same cost, and a bracket contains it."""
    found = [(outcome.cost, solver, outcome.status) for solver, runs in result.outcomes.items() for outcome in runs]
    optimal = [pair for *pair, status in found if status == "optimal"]
    if not optimal:
        return
    (low, cheap), (high, dear) = min(optimal), max(optimal)
    if high - low > AGREEMENT * high:
        raise SystemExit(f"{result.case.name}: {cheap} and {dear} disagree: {low!r}, {high!r}")
    for cost, solver, status in found:
        if status == "bracket" and cost < low * (1.0 - AGREEMENT):
            raise SystemExit(f"{result.case.name}: {solver}'s plan is cheaper than an optimal one: {cost!r}, {low!r}")


def time_table(results: list[Result], solvers: list[str]) -> list[str]:
    """Median seconds by case and solver, and the ratios that the goals are about."""
    ratios = ["geodl / floor", "POT / geodl", "best other / geodl"]
    rows = [["case", "own kept", *(f"{solver} s" for solver in solvers), "method", *ratios]]
    for result in results:
        others = [(result.seconds(s), s) for s in ("pot", "pot-emd2", *SLOW) if s in result.outcomes]
        best = min((pair for pair in others if math.isfinite(pair[0])), default=(math.nan, ""))[1]
        plan = result.outcomes.get("geodl", [None])[0]
        rows.append([
            result.case.name,
            f"{result.own:.3f}",
            *(result.shown(solver) for solver in solvers),
            (plan.method if plan.status == "optimal" else f"{plan.method} {plan.status}") if plan else "",
            result.shown_ratio("geodl", "floor"),
            result.shown_ratio("pot", "geodl"),
            f"{result.shown_ratio(best, 'geodl')} {best}" if best else "",
        ])
    return _markdown(rows)


def memory_table(results: list[Result]) -> list[str]:
    """Peak memory above the process's own, in cost matrices and MB, with what was proved in it."""
    rows = [["case", "peak MB", "with imports MB", "cost matrices", "s", "method", "status", "transport ratio"]]
    for result in results:
        plan = result.outcomes["geodl"][0]
        growth = result.growth / 1e6
        rows.append([
            result.case.name,
            f"{growth:.0f}",
            f"{result.peak / 1e6:.0f}",
            f"{result.matrices:.2f}",
            f"{plan.seconds:.1f}",
            plan.method,
            f"{plan.status} {plan.error}".strip(),
            f"{plan.lower:.6f} to {plan.upper:.6f}",
        ])
    return _markdown(rows)


def _markdown(rows: list[list[str]]) -> list[str]:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return [lines[0], "|" + "---|" * len(rows[0]), *lines[1:]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--npz", type=Path, help="x_train, y_train, x_test, y_test, 20,000 training images or more")
    parser.add_argument("--n", type=int, default=4_000, help="samples of most cases")
    parser.add_argument("--large", type=int, default=10_000, help="samples of the large and the memory cases")
    parser.add_argument("--huge", type=int, default=20_000, help="samples of the brackets")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--limit", type=float, default=300.0, help="seconds after which a solver is ended")
    parser.add_argument("--cases", nargs="+", default=["*"], help="patterns of case names, see --list")
    parser.add_argument("--solvers", nargs="+", default=list(SOLVERS), help="also geodl:<method>")
    parser.add_argument("--skip-slow", action="store_true", help="SciPy and lapx on own-optimal ResNets only")
    parser.add_argument("--cache", type=Path, help="where tracks are kept; default geodl-transport-benchmark in the "
                        "temporary folder")  # fmt: skip
    parser.add_argument("--json", type=Path, help="write every single outcome here")
    parser.add_argument("--list", action="store_true", help="print the cases and end")
    options = parser.parse_args()
    cases = all_cases(options.n, options.large, options.huge)
    cases = [case for case in cases if any(fnmatch.fnmatch(case.name, pattern) for pattern in options.cases)]
    if options.list or not cases:
        print("\n".join(case.name for case in cases) or "no case has such a name; see --list")
        return
    cache = options.cache or Path(tempfile.gettempdir()) / "geodl-transport-benchmark"
    print(f"tracks are kept in {cache}", file=sys.stderr)
    results: list[Result] = []
    for case in cases:
        print(case.name, file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory() as folder:
            for name, cloud in zip(("x", "y"), clouds(case, cache, options.npz), strict=True):
                np.save(Path(folder) / f"{name}.npy", cloud)
            results.append(measure(case, Path(folder), options))
        if options.json:
            options.json.write_text(json.dumps([dataclasses.asdict(result) for result in results], indent=1))
    timed = [result for result in results if result.case.kind == "time"]
    threads = os.environ.get("OMP_NUM_THREADS", f"{os.cpu_count()} (all)")
    print(f"Medians of up to {options.repeats} runs, smallest to largest ratio in parentheses; threads: {threads}.\n")
    if timed:
        print("\n".join(time_table(timed, options.solvers)), end="\n\n")
    if len(timed) < len(results):
        print("\n".join(memory_table([result for result in results if result.case.kind != "time"])), end="\n\n")
    print("\n".join(goals(results, options.n, options.large)))


if __name__ == "__main__":
    main()
