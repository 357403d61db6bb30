"""C6 and C8: what goes with what over settings - straightness with accuracy, the action with the weights."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import partial

from geodl.report.aggregate import Aggregates
from geodl.report.claims.evidence import Evidence, final_of, values_of
from geodl.report.claims.rank_correlation import rank_correlation
from geodl.report.claims.trends import Group, comparable, groups_of, rank_evidence
from geodl.report.measures import ACTION, GAP, LSS, TEST_ACCURACY, TRAIN_ACCURACY, WEIGHT_NORM, Measure
from geodl.report.phrases import of_networks

MIN_SETTINGS = 5
MIN_SETTINGS_OF_ACTION = 4

# claim, measure, what low LSS goes with, sign of the correlation with LSS
_CLAIMS: tuple[tuple[str, Measure, str, int], ...] = (
    ("C6a", TEST_ACCURACY, "high test accuracy", -1),
    ("C6b", GAP, "a small accuracy gap", 1),
)


def straightness_with_accuracy(results: Aggregates) -> Iterable[Evidence]:
    """C6: rank correlation of LSS with test accuracy and with the generalisation gap, training accuracy held equal.

    Straightness and accuracy both move with weight decay, so the plain correlation, which the text tells too, may show
    no more than that both networks were trained well.

    Args:
        results: Runs by setting.

    Yields:
        Evidence of each family with at least five settings at one depth.
    """
    groups = groups_of(results, comparable)
    for claim, measure, words, sign in _CLAIMS:
        yield from rank_evidence(
            results,
            groups,
            final_of(LSS),
            final_of(measure),
            claim=claim,
            statement=partial(_statement, f"low LSS goes with {words}, at equal training accuracy"),
            sign=sign,
            least=MIN_SETTINGS,
            undefined=f"fewer than {MIN_SETTINGS} settings have LSS, {measure.label} and training accuracy, or "
            "training accuracy tells one of the others without rest",
            covariate=final_of(TRAIN_ACCURACY),
            further=partial(_plain, results, measure),
        )


def action_with_weights(results: Aggregates) -> Iterable[Evidence]:
    """C8: rank correlation of the action with the squared norm of the weights.

    Args:
        results: Runs by setting.

    Yields:
        Evidence of each family with at least four settings at one depth.
    """
    yield from rank_evidence(
        results,
        groups_of(results, comparable),
        final_of(WEIGHT_NORM),
        final_of(ACTION),
        claim="C8",
        statement=partial(_statement, "the action follows the norm of the weights"),
        sign=1,
        least=MIN_SETTINGS_OF_ACTION,
        undefined=f"fewer than {MIN_SETTINGS_OF_ACTION} settings have the action and the weights' norm, or one of them "
        "is the same everywhere",
    )


def _statement(words: str, group: Group) -> str:
    return of_networks(group.family, words)


def _plain(results: Aggregates, measure: Measure, groups: Sequence[Group], seeds: Sequence[int]) -> Sequence[str]:
    straight, other = values_of(results, final_of(LSS)), values_of(results, final_of(measure))
    found = []
    for group in groups:
        for seed in seeds:
            jobs = [(cell, seed) for cell in group.cells if (cell, seed) in straight]
            rho = rank_correlation([straight[job] for job in jobs], [other[job] for job in jobs])
            found += [rho] if math.isfinite(rho) else []
    if not found:
        return ()
    return (f"Without holding training accuracy equal the mean rank correlation is {sum(found) / len(found):+.2f}.",)
