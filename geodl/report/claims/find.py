"""All claims of the paper, tested on a sweep."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from geodl.report.aggregate import Aggregates
from geodl.report.claims.association import (
    MIN_SETTINGS,
    MIN_SETTINGS_OF_ACTION,
    action_with_weights,
    straightness_with_accuracy,
)
from geodl.report.claims.decay import best_decay
from geodl.report.claims.depth import MIN_DEPTHS, with_depth
from geodl.report.claims.evidence import Evidence
from geodl.report.claims.families import family_statement, resnet_against_plain
from geodl.report.claims.training import MIN_DECAYS, accuracy_with_straightness, straightening
from geodl.report.claims.verdict import Verdict, judge, untested

_Row = tuple[str, Callable[[Aggregates], Iterable[Evidence]], str, str]


def _of_families(claim: str) -> _Row:
    needs = "a plain network and a ResNet that share seed and every other setting"
    if claim.startswith("C7"):
        needs += ", scored by track distance"
    return claim, partial(resnet_against_plain, claim=claim), family_statement(claim), needs


# claims that one function tests, the sentence for a sweep that cannot test them, and what that takes
_CLAIMS: tuple[_Row, ...] = (
    ("C1a", straightening, "Training lowers LSS", "LSS before and after training"),
    (
        "C1b",
        accuracy_with_straightness,
        "Training accuracy is high where LSS is low, over weight decays",
        f"{MIN_DECAYS} weight decays",
    ),
    ("C2", best_decay, "Weight decay moves LSS and OTS towards 1", "two weight decays"),
    *map(_of_families, ("C3", "C4")),
    ("C5", with_depth, "LSS, kinetic straightness and OTS move with depth", f"{MIN_DEPTHS} depths"),
    (
        "C6",
        straightness_with_accuracy,
        "Low LSS goes with test accuracy and a small gap, at equal training accuracy",
        f"{MIN_SETTINGS} settings of one family and depth",
    ),
    *map(_of_families, ("C7a", "C7b")),
    (
        "C8",
        action_with_weights,
        "The action follows the norm of the weights",
        f"{MIN_SETTINGS_OF_ACTION} settings of one family and depth",
    ),
)


def find_verdicts(results: Aggregates, *, tuned: bool = False) -> list[Verdict]:
    """Judge every claim that a sweep can test; the others are undecided, with what they would take.

    Args:
        results: Trained networks by setting, at learning rates that make them comparable.
        tuned: Whether every setting had its learning rate chosen.

    Returns:
        Verdicts in the order of the claims, corrected together for their number.
    """
    found = [(claim, sorted(test(results), key=lambda e: e.claim)) for claim, test, _, _ in _CLAIMS]
    judged = iter(judge(results, [e for _, evidence in found for e in evidence], tuned=tuned))
    verdicts = []
    for (claim, evidence), (_, _, statement, needs) in zip(found, _CLAIMS, strict=True):
        verdicts += [next(judged) for _ in evidence] or [untested(claim, statement, needs)]
    return verdicts
