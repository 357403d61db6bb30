"""C1: training straightens tracks, and across weight decays training accuracy is high where LSS is low."""

from __future__ import annotations

import math
from collections.abc import Iterable

from geodl.report.aggregate import Aggregates
from geodl.report.claims.evidence import Evidence, difference_evidence, final_of, values_of
from geodl.report.claims.trends import Group, groups_of, rank_evidence
from geodl.report.measures import LSS, TRAIN_ACCURACY
from geodl.report.phrases import networks, of_networks

MIN_DECAYS = 4


def straightening(results: Aggregates) -> Iterable[Evidence]:
    """C1a: LSS after training minus LSS at epoch 0 of the same run.

    Args:
        results: Runs by setting.

    Yields:
        Evidence of each family.
    """
    before = values_of(results, lambda run: run.history.get((0, LSS.key), math.nan))
    after = values_of(results, final_of(LSS))
    for family in results.families:
        own = [job for job in after if results.value(job[0], "family") == family]
        pairs = {job: (before[job], after[job]) for job in own}
        if not any(math.isfinite(a) and math.isfinite(b) for a, b in pairs.values()):
            continue
        yield difference_evidence(
            results,
            LSS,
            pairs,
            {job: (job,) for job in own},
            claim="C1a",
            statement=f"Training lowers LSS of {networks(family)}",
            sign=-1,
            scale="LSS",
            side_names=("untrained", "after training"),
            compares=False,
        )


def accuracy_with_straightness(results: Aggregates) -> Iterable[Evidence]:
    """C1b: rank correlation of training accuracy and LSS over weight decays, within family, depth and seed.

    Args:
        results: Runs by setting.

    Yields:
        Evidence of each family that was trained with at least four decays.
    """
    lines = groups_of(results, lambda key: key != "weight_decay", along="weight_decay")

    def by_name(group: Group) -> str:
        return of_networks(group.family, "training accuracy is high where LSS is low, over weight decays")

    yield from rank_evidence(
        results,
        lines,
        final_of(LSS),
        final_of(TRAIN_ACCURACY),
        claim="C1b",
        statement=by_name,
        sign=-1,
        least=MIN_DECAYS,
        undefined=f"LSS or training accuracy is the same at every decay, or fewer than {MIN_DECAYS} decays have both",
    )
