"""What benchmarks/transport.py measured of one case, and which goals of the transport engine it meets."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field

from transport_cases import Case
from transport_solvers import Outcome

OTHERS = ("pot", "pot-emd2", "scipy", "lapjv", "lapjvr")
NEAR = 0.8


@dataclass
class Result:
    """All outcomes of one case by solver; memory in bytes, where it was measured."""

    case: Case
    outcomes: dict[str, list[Outcome]] = field(default_factory=dict)
    peak: float = math.nan
    baseline: float = math.nan

    @property
    def own(self) -> float:
        """Share of the samples whose optimal partner is the network's own output; geodl's, else another solver's."""
        for outcomes in [self.outcomes.get("geodl", []), *self.outcomes.values()]:
            for outcome in outcomes:
                if not math.isnan(outcome.own):
                    return outcome.own
        return math.nan

    @property
    def growth(self) -> float:
        """Peak memory above what the process had after imports and warm-up; the two clouds are part of it."""
        return self.peak - self.baseline

    @property
    def matrices(self) -> float:
        """The same, in cost matrices."""
        return self.growth / (8.0 * self.case.n**2)

    def seconds(self, solver: str) -> float:
        """Median seconds; the limit if it was ended there; infinite if it failed; NaN if it did not run."""
        runs = self.outcomes.get(solver, [])
        if any(run.error for run in runs):
            return math.inf
        return statistics.median(run.seconds for run in runs) if runs else math.nan

    def ended(self, solver: str) -> bool:
        """Whether the solver exceeded the limit."""
        return any(run.status == "limit" for run in self.outcomes.get(solver, []))

    def ratios(self, top: str, bottom: str) -> list[float]:
        """Seconds of one solver over another's, repeat by repeat; one that ran once is compared with every run."""
        runs, others = ([run.seconds for run in self.outcomes.get(s, []) if not run.error] for s in (top, bottom))
        if not runs or not others:
            return []
        repeats = range(max(len(runs), len(others)))
        return [runs[min(r, len(runs) - 1)] / others[min(r, len(others) - 1)] for r in repeats]

    @property
    def solved(self) -> bool:
        """Whether geodl gave what was asked for: the optimal plan, or of a bracket case at least bounds."""
        wanted = {"optimal", "bracket"} if self.case.kind == "bracket" else {"optimal"}
        return all(run.status in wanted for run in self.outcomes.get("geodl", []))

    def ratio(self, top: str, bottom: str) -> float:
        """Median of the ratios; NaN if there are none, and the worst there is if geodl did not solve the case."""
        if "geodl" in {top, bottom} and not self.solved:
            return math.inf if top == "geodl" else 0.0
        found = self.ratios(top, bottom)
        return statistics.median(found) if found else math.nan

    def shown(self, solver: str) -> str:
        """Seconds as the table has them."""
        seconds = self.seconds(solver)
        if math.isnan(seconds):
            return ""
        if math.isinf(seconds):
            return "failed"
        return f"> {seconds:.0f}" if self.ended(solver) else f"{seconds:.3g}" if seconds < 100 else f"{seconds:.0f}"

    def shown_ratio(self, top: str, bottom: str) -> str:
        """A ratio as the table has it: the median, and in parentheses smallest and largest."""
        found = self.ratios(top, bottom)
        if not found:
            return ""
        more = "> " if self.ended(top) else ""
        spread = f" ({min(found):.2f} to {max(found):.2f})" if len(found) > 1 else ""
        return f"{more}{statistics.median(found):.2f}{spread}"


def goals(results: list[Result], n: int, large: int) -> list[str]:
    """One line a goal: met or not, with the worst case's number."""
    timed = [result for result in results if result.case.kind == "time"]
    own = [result for result in timed if result.own == 1.0]
    near = [result for result in timed if NEAR < result.own < 1.0]
    plain = [result for result in timed if result.case.plain]
    usual = [result for result in own if result.case.n == n]
    many = [result for result in own if result.case.n == large]
    memory = [result for result in results if result.case.kind == "memory"]
    brackets = [result for result in results if result.case.kind == "bracket"]

    def over(top: str, bottom: str) -> Callable[[Result], float]:
        return lambda result: result.ratio(top, bottom)

    return [
        "Goals:",
        _line(f"own pairing optimal, n = {n:,}: geodl / floor <= 1.5", usual, over("geodl", "floor"), 1.5, most=True),
        _line(f"own pairing optimal, n = {n:,}: POT's emd2 / geodl >= 8", usual, over("pot-emd2", "geodl"), 8.0),
        _line(f"own pairing optimal, n = {large:,}: POT / geodl >= 20", many, over("pot", "geodl"), 20.0),
        _line(f"own pairing kept by more than {NEAR}: POT / geodl >= 3", near, over("pot", "geodl"), 3.0),
        _line("plain networks: geodl / POT <= 1.05", plain, over("geodl", "pot"), 1.05, most=True),
        _line("every case: geodl / best of POT, SciPy, lapx <= 1", timed, _against_best, 1.0, most=True),
        _line("exact plan, d = 784: cost matrices <= 2.5", memory, lambda r: _solved(r, r.matrices), 2.5, most=True),
        _line("bracket: width <= 0.01", brackets, _width, 0.01, most=True),
        _line("bracket: seconds <= 300", brackets, lambda r: _solved(r, r.seconds("geodl")), 300.0, most=True),
        _line("bracket: MB <= 2000", brackets, lambda r: _solved(r, r.growth / 1e6), 2000.0, most=True),
    ]


def _line(goal: str, results: list[Result], value: Callable[[Result], float], bound: float, most: bool = False) -> str:
    found = [(value(result), result.case.name) for result in results]
    found = [pair for pair in found if not math.isnan(pair[0])]
    if not found:
        return f"- not measured: {goal}"
    worst, name = max(found) if most else min(found)
    met = worst <= bound if most else worst >= bound
    return f"- {'met' if met else 'NOT met'}: {goal}: {worst:.4g} at worst, {name} ({len(found)} cases)"


def _against_best(result: Result) -> float:
    found = [result.ratio("geodl", solver) for solver in OTHERS]
    return max((ratio for ratio in found if not math.isnan(ratio)), default=math.nan)


def _solved(result: Result, value: float) -> float:
    """A number of geodl's plan; infinite, and so above every bound, where there is none."""
    return value if result.solved else math.inf


def _width(result: Result) -> float:
    plan = result.outcomes["geodl"][0]
    return _solved(result, plan.upper - plan.lower)
