"""C3, C4, C7: a ResNet against the plain network, at equal everything else."""

from __future__ import annotations

import math
from collections.abc import Iterable

from geodl.report.aggregate import Aggregates, Cell
from geodl.report.claims.evidence import Evidence, difference_evidence, final_of, values_of
from geodl.report.measures import BOUND_SHARE, LSS, MARGIN, OTS

# claim, measure, statement, sign, scale
_CLAIMS = (
    ("C3", LSS, "LSS of ResNets is below that of plain networks", -1, "LSS"),
    ("C4", OTS, "OTS of ResNets is above that of plain networks", 1, "share"),
    ("C7a", BOUND_SHARE, "ResNets keep the track-distance bound for more pairs than plain networks", 1, "share"),
    ("C7b", MARGIN, "ResNets have larger margins between classes than plain networks", 1, "margin"),
)


def resnet_against_plain(results: Aggregates, claim: str) -> Iterable[Evidence]:
    """Compare the families, ResNet minus plain, where both share seed and every other setting.

    Args:
        results: Runs by setting.
        claim: ``C3``, ``C4``, ``C7a`` or ``C7b``.

    Yields:
        Evidence, where the sweep has such pairs with the claim's measure.
    """
    _, measure, statement, sign, scale = next(row for row in _CLAIMS if row[0] == claim)
    values = values_of(results, final_of(measure))
    plain = {(twin(results, cell), seed): (cell, seed) for cell, seed in values if _is(results, cell, "plain")}
    resnet = {(twin(results, cell), seed): (cell, seed) for cell, seed in values if _is(results, cell, "resnet")}
    both = [job for job in plain if job in resnet]
    pairs = {job: (values[plain[job]], values[resnet[job]]) for job in both}
    if any(math.isfinite(a) and math.isfinite(b) for a, b in pairs.values()):
        yield difference_evidence(
            results,
            measure,
            pairs,
            {job: (plain[job], resnet[job]) for job in both},
            claim=claim,
            statement=statement,
            sign=sign,
            scale=scale,
            side_names=("for plain networks", "for ResNets"),
        )


def family_statement(claim: str) -> str:
    """Tell a claim about families in words.

    Args:
        claim: Its number.

    Returns:
        The sentence.
    """
    return next(row[2] for row in _CLAIMS if row[0] == claim)


def twin(results: Aggregates, cell: Cell) -> Cell:
    """What a network shares with its twin of the other family.

    Args:
        results: Runs by setting.
        cell: The cell.

    Returns:
        All but the family; of a name such as ``resnet_mlp`` what follows the family.
    """
    rest = results.without(cell, "family", "network.name")
    if "network.name" not in results.keys:
        return rest
    name = str(results.value(cell, "network.name"))
    return (*rest, name.removeprefix(f"{results.value(cell, 'family')}_"))


def _is(results: Aggregates, cell: Cell, family: str) -> bool:
    return bool(results.value(cell, "family") == family)
