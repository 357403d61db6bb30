"""C2: weight decay moves LSS and OTS towards 1 - a curve with a best decay, not a slope."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from geodl.figures.decay_axis import decay_label
from geodl.report.aggregate import Aggregates, Cell
from geodl.report.claims.complete_block import complete_block
from geodl.report.claims.evidence import PAIRED, Evidence, Job, final_of, resolution, values_of
from geodl.report.claims.trends import Group, groups_of
from geodl.report.claims.turning_point import TurningPoint, best_on_others, turning_point
from geodl.report.measures import LSS, OTS, Measure
from geodl.report.phrases import networks, setting_words

# claim, measure, verb, sign, scale
_CLAIMS: tuple[tuple[str, Measure, str, int, str], ...] = (
    ("C2a", LSS, "lowers", -1, "LSS"),
    ("C2b", OTS, "raises", 1, "share"),
)


def best_decay(results: Aggregates) -> Iterable[Evidence]:
    """Compare the best weight decay with the smallest, in pairs of runs that differ in nothing else.

    The best is chosen among the larger decays by the mean over the other seeds and read in the seed left out, so that
    choosing does not flatter; it can be worse than the smallest, and then speaks against the claim.

    Args:
        results: Runs by setting.

    Yields:
        Evidence of each family and score.
    """
    lines = groups_of(results, lambda key: key != "weight_decay", along="weight_decay")
    for family in results.families:
        own = [line for line in lines if line.family == family and len(line.cells) > 1]
        for claim, measure, verb, sign, scale in _CLAIMS:
            values = values_of(results, final_of(measure))
            pairs: dict[Job, tuple[float, float]] = {}
            jobs: dict[Job, tuple[Job, ...]] = {}
            curves: dict[Cell, str] = {}
            for line in own:
                found = _line(results, line, values, measure, sign)
                if found is not None:
                    pairs |= found[0]
                    jobs |= found[1]
                    curves[line.key] = found[2]
            if pairs:
                yield Evidence(
                    claim=claim,
                    statement=f"Weight decay {verb} {measure.short} of {networks(family)}",
                    sign=sign,
                    scale=scale,
                    test=PAIRED,
                    effects={job: best - none for job, (none, best) in pairs.items()},
                    jobs=jobs,
                    resolution=resolution(results, measure),
                    sides=pairs,
                    side_names=("at the smallest decay", "at the best"),
                    further=_Curves(curves),
                )


class _Curves:
    """Tells the curves of the settings that count.

    Attributes:
        words: Setting -> its curve.
    """

    def __init__(self, words: Mapping[Cell, str]) -> None:
        self.words = words

    def __call__(self, settings: Sequence[Cell], seeds: Sequence[int]) -> Sequence[str]:
        """Write a sentence a setting.

        Args:
            settings: The settings.
            seeds: The seeds.

        Returns:
            The sentences.
        """
        note = () if len(seeds) > 1 else ("The best decay was chosen and read on the same seed, which flatters.",)
        return (*note, *(self.words[key] for key in settings))


def _line(
    results: Aggregates, line: Group, values: Mapping[Job, float], measure: Measure, sign: int
) -> tuple[dict[Job, tuple[float, float]], dict[Job, tuple[Job, ...]], str] | None:
    # One curve over decays: pairs by seed, the runs behind them, and the curve in words.
    cells = sorted(line.cells, key=lambda cell: float(results.value(cell, "weight_decay")))
    zero, larger = cells[0], cells[1:]
    fine = {job for job, value in values.items() if math.isfinite(value)}
    block = complete_block(
        ((cell,), seed) for cell in larger for _, seed in fine if (cell, seed) in fine and (zero, seed) in fine
    )
    if not block.seeds:
        return None
    kept = [zero, *(cell for cell in larger if (cell,) in block.settings)]
    scores = np.array([[values[cell, seed] for cell in kept] for seed in block.seeds])
    cost = scores * -sign
    alone = len(block.seeds) == 1
    chosen = [int(cost[0, 1:].argmin())] if alone else best_on_others(cost[:, 1:])
    pairs = {
        (line.key, seed): (float(scores[row, 0]), float(scores[row, 1 + chosen[row]]))
        for row, seed in enumerate(block.seeds)
    }
    jobs = {(line.key, seed): tuple((cell, seed) for cell in kept) for seed in block.seeds}
    decays = [float(results.value(cell, "weight_decay")) for cell in kept]
    point = turning_point(scores, lower_is_better=sign < 0, resolution=resolution(results, measure))
    text = _curve_words(point, decays, scores.mean(axis=0).tolist(), measure)
    where = setting_words(results, cells[0], "family", "weight_decay")
    lost = len(cells) - len(kept)
    text += f" {lost} decay{'s' if lost > 1 else ''} left out, which not all seeds have." if lost else ""
    return pairs, jobs, f"{where[:1].upper()}{where[1:]}: {text}" if where else text


def _curve_words(point: TurningPoint, decays: Sequence[float], means: Sequence[float], measure: Measure) -> str:
    at = [decay_label(decay) for decay in decays]
    ends = f"{measure.short} {means[0]:.3g} at decay {at[0]}, {means[-1]:.3g} at {at[-1]}"
    if point.flat:
        return f"{ends}: the same within the resolution at every decay."
    picked = "" if math.isnan(point.picked) else f", picked by {100 * point.picked:.0f} % of bootstrap samples of seeds"
    best = f"best mean {point.best:.3g} at {at[point.index]}{picked}"
    if point.index == len(decays) - 1:
        return f"{ends}; {best}: at the upper edge of the grid, so no turning point was seen."
    verb = "rises" if measure is LSS else "falls"
    loss = "" if math.isnan(point.loss) else f" by {point.loss:.3g} [{point.loss_low:.3g}, {point.loss_high:.3g}]"
    place = "inside the grid" if point.inside else "at the lower edge of the grid"
    return f"{ends}; {best}: {place}. From there to {at[-1]} {measure.short} {verb}{loss}."
