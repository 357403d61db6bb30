"""From all runs of a sweep to verdicts: which runs are compared, at which learning rate, and what they say."""

from __future__ import annotations

from dataclasses import dataclass

from geodl.report.aggregate import Aggregates, aggregate
from geodl.report.claims import Verdict, find_verdicts
from geodl.report.collect import Sweep
from geodl.report.learning_rate import Tuned, choose_learning_rates
from geodl.report.notes import Note, find_notes
from geodl.report.trained import Trained, sort_trained


@dataclass(frozen=True)
class Judged:
    """A sweep's verdicts and the runs they rest on.

    Attributes:
        tuned: Runs at the learning rates chosen for their settings: those that figures of claims show.
        trained: Which of these learned their training data: those that verdicts use.
        shown: `tuned`, by setting.
        verdicts: One a claim, family and measure.
        notes: Remarks beside them.
    """

    tuned: Tuned
    trained: Trained
    shown: Aggregates
    verdicts: tuple[Verdict, ...]
    notes: tuple[Note, ...]


def judge_sweep(sweep: Sweep, min_accuracy: float | None = None) -> Judged:
    """Judge the claims by a sweep's runs.

    Args:
        sweep: The sweep.
        min_accuracy: Least training accuracy of a trained network; None for half-way between chance and 1.

    Returns:
        Verdicts, notes, and which runs they use.
    """
    networks = [run for run in sweep.runs if not run.is_known_map]
    tuned = choose_learning_rates([run for run in networks if run.counts])
    trained = sort_trained([*tuned.runs, *(run for run in networks if not run.counts)], min_accuracy)
    results = aggregate(trained.runs)
    return Judged(
        tuned=tuned,
        trained=trained,
        shown=aggregate(tuned.runs),
        verdicts=tuple(find_verdicts(results, tuned=tuned.was_tuned)),
        notes=tuple(find_notes(results)),
    )
