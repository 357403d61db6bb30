"""Pictures of the action against the weights' norm."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from geodl.figures.decay_axis import decay_label
from geodl.figures.scatter import ScatterGroup, draw_scatter
from geodl.figures.style import family_look, ramp_looks
from geodl.report.aggregate import Aggregates, Cell
from geodl.report.measures import ACTION, WEIGHT_NORM
from geodl.report.picture import Picture, by_depth, headed, size_line


def action_pictures(results: Aggregates, cells: Sequence[Cell], tag: str, where: str) -> Iterator[Picture]:
    """Draw one point a run: the action of its tracks against the squared norm of its weights.

    Args:
        results: Counted runs by setting.
        cells: Cells that differ in family, depth and weight decay only.
        tag: End of the file names.
        where: End of the titles.

    Yields:
        A picture a depth, of the section ``weights``; none where fewer than two runs have both.
    """
    decays = sorted({decay for cell in cells if (decay := results.value(cell, "weight_decay")) is not None})
    looks = dict(zip(decays, ramp_looks([f"decay {decay_label(decay)}" for decay in decays]), strict=True))
    for depth, here in by_depth(results, cells):
        groups = []
        for cell in here:
            runs = [r for r in results.runs[cell] if ACTION.key in r.final and WEIGHT_NORM.key in r.final]
            family = str(results.value(cell, "family"))
            if runs:
                x = np.array([run.final[WEIGHT_NORM.key] for run in runs])
                y = np.array([run.final[ACTION.key] for run in runs])
                look = looks.get(results.value(cell, "weight_decay"), family_look(family))
                groups.append(ScatterGroup(family, look, x, y))
        if sum(len(group.x) for group in groups) < 2:
            continue
        suffix, at = ("", "") if depth is None else (f"_depth{depth}", f", depth {depth}")
        size = size_line(results, here)
        title = f"Action against the weights{at}{where}"
        yield Picture(
            f"action_against_weights{suffix}{tag}",
            "weights",
            title,
            "Sum over steps of the root mean squared displacement against the sum of squared weights, one point a run. "
            "Gai and Zhang bound the first by a constant times the second, so that decay shrinks the action. It "
            f"has the units of the states: compare within a panel. Tracks: {size}.",
            draw_scatter(
                groups,
                x_label="squared norm of the weights",
                y_label="action (units of the states)",
                heading=headed(title, size),
                share_y=False,
            ),
        )
