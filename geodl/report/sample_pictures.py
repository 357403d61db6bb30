"""Pictures of single samples: how LSS is spread over them and over classes, how near pairs of tracks come."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodl.figures.boxes import Box, BoxLook, BoxPanel, draw_boxes
from geodl.figures.decay_axis import decay_label
from geodl.figures.pair_scatter import PairPanel, draw_pair_scatter, share_kept
from geodl.figures.style import QUIET, family_look
from geodl.records.profile import TrackProfile
from geodl.report.aggregate import Aggregates, Cell, interval
from geodl.report.phrases import at_depth
from geodl.report.picture import Picture, by_depth, families_of, headed, middle_decay, sizes
from geodl.report.profiles import RunProfiles, longest_leg

Profiles = Mapping[str, RunProfiles]
_CLASSES = 12  # more boxes than that nobody tells apart
_UNTRAINED = BoxLook("untrained", QUIET, "white")


def sample_pictures(
    results: Aggregates, cells: Sequence[Cell], profiles: Profiles, tag: str, where: str
) -> Iterator[Picture]:
    """Draw what the runs kept of their samples.

    Args:
        results: Counted runs by setting.
        cells: Cells that differ in family, depth and weight decay only.
        profiles: Run name -> its profiles.
        tag: End of the file names.
        where: End of the titles.

    Yields:
        Pictures of the section ``samples``; none where no run has a profile.
    """
    known = [cell for cell in cells if any(run.name in profiles for run in results.runs[cell])]
    if not known:
        return
    panels = [_spread_panel(results, here, profiles, depth) for depth, here in by_depth(results, known)]
    size = _size(results, known, profiles)
    title = f"Line-shape scores of the samples{where}"
    yield Picture(
        f"lss_of_samples{tag}",
        "samples",
        title,
        "LSS of every sample, those of all seeds together; at the left the untrained network, then the trained ones by "
        f"weight decay. Of networks with several legs the longest leg. Tracks: {size}.",
        draw_boxes(
            panels,
            x_label="weight decay",
            y_label="LSS of a sample (1 = straight)",
            heading=headed(title, size),
            foot="Samples of all seeds together.",
        ),
    )
    for depth, here in by_depth(results, known):
        suffix, at = ("", "") if depth is None else (f"_depth{depth}", f", depth {depth}")
        decay = middle_decay(results, here)
        chosen = [cell for cell in here if results.value(cell, "weight_decay") == decay]
        size = _size(results, chosen, profiles)
        rule = f"weight decay {'?' if decay is None else decay_label(decay)}"
        classes = [panel for cell in chosen if (panel := _class_panel(results, cell, profiles)) is not None]
        if classes:
            title = f"Line-shape scores by class{at}{where}"
            yield Picture(
                f"lss_by_class{suffix}{tag}",
                "samples",
                title,
                f"LSS of every sample before and after training, by class, samples of all seeds together; {rule} (the "
                f"middle one that all families have). Tracks: {size}.",
                draw_boxes(
                    classes,
                    x_label="class",
                    y_label="LSS (1 = straight)",
                    heading=f"{title}, {rule}",
                    foot=f"Samples of all seeds together.\n{size}.",
                    stacked=True,
                ),
            )
        rows, foot = _pair_rows(results, chosen, profiles)
        if any(rows):
            title = f"Track distances against their geodesic bound{at}{where}"
            yield Picture(
                f"track_distance_of_pairs{suffix}{tag}",
                "samples",
                title,
                "Least distance between the tracks of two samples, over all read-outs, against ab/√(a² + b²), with a "
                "and b their distances at the start and at the end: a geodesic stays on or above the line. One point a "
                f"pair, up to 2,000 pairs drawn at random, of the lowest seed; {rule}. {foot} {size}.",
                draw_pair_scatter(
                    rows, heading=f"Track distances{at}{where}, {rule}", foot=f"{_wrapped(foot)}\n{size}."
                ),
            )


def _spread_panel(results: Aggregates, cells: Sequence[Cell], profiles: Profiles, depth: Any) -> BoxPanel:
    families = families_of(results, cells)
    decays = sorted({results.value(c, "weight_decay") for c in cells}, key=lambda d: -1.0 if d is None else float(d))
    ticks = {0.0: "un-\ntrained"} | {
        float(k + 1): "?" if decay is None else decay_label(decay) for k, decay in enumerate(decays)
    }
    steps, boxes = set[int](), []
    for shift, family in enumerate(families):
        offset = (shift - (len(families) - 1) / 2) * 0.4
        look = _family_box(family)
        here = [cell for cell in cells if str(results.value(cell, "family")) == family]
        by_seed = {
            run.seed: ends.before
            for cell in here
            for run in results.runs[cell]
            if (ends := profiles.get(run.name)) is not None and ends.before is not None
        }
        groups = [(0.0, list(by_seed.values()))]
        groups += [
            (1.0 + decays.index(results.value(cell, "weight_decay")), _after(results, cell, profiles)) for cell in here
        ]
        for place, tracks in groups:
            if tracks:
                boxes.append(Box(place + offset, _lss(tracks), look))
                steps |= {longest_leg(track).n_steps for track in tracks}
    null = math.sqrt(steps.pop()) if len(steps) == 1 else None  # families of unequal L share no null value
    title = "" if depth is None else f"depth {depth}"
    return BoxPanel(title, tuple(boxes), ticks, null, "" if null is None else f"√L = {null:.2f}")


def _class_panel(results: Aggregates, cell: Cell, profiles: Profiles) -> BoxPanel | None:
    ends = [found for run in results.runs[cell] if (found := profiles.get(run.name)) is not None]
    before = [one.before for one in ends if one.before is not None]
    after = [one.after for one in ends if one.after is not None]
    labels = [one.labels for one in (*before, *after)]
    if not after or any(values is None for values in labels):
        return None
    classes = np.unique(np.concatenate([values for values in labels if values is not None]))[:_CLASSES]
    look = _family_box(str(results.value(cell, "family")))
    boxes = []
    for place, label in enumerate(classes):
        for offset, tracks, chosen in ((-0.2, before, _UNTRAINED), (0.2, after, look)):
            if tracks:
                values = [longest_leg(track).lss[track.labels == label] for track in tracks]
                boxes.append(Box(place + offset, np.concatenate(values), chosen))
    null = math.sqrt(longest_leg(after[0]).n_steps)
    name = at_depth(family_look(str(results.value(cell, "family"))).label, results.value(cell, "depth"))
    ticks = {float(place): str(label) for place, label in enumerate(classes)}
    return BoxPanel(name, tuple(boxes), ticks, null, f"√L = {null:.2f}")


def _pair_rows(results: Aggregates, cells: Sequence[Cell], profiles: Profiles) -> tuple[list[list[PairPanel]], str]:
    # Rows: before and after training; columns: families. The foot has the shares over all seeds.
    columns, shares = [], []
    for cell in cells:
        ends = [found for run in results.runs[cell] if (found := profiles.get(run.name)) is not None]
        complete = [one for one in ends if one.before is not None and one.after is not None]
        if not complete:
            continue
        label = family_look(str(results.value(cell, "family"))).label
        first = complete[0]
        columns.append([
            _pair_panel(f"{label}, {moment}", profile)
            for moment, profile in (("untrained", first.before), ("trained", first.after))
            if profile is not None
        ])
        kept = interval(_share(one.after) for one in complete if one.after is not None)
        reach = "" if math.isnan(kept.low) else f" ± {50 * (kept.high - kept.low):.1f}"
        shares.append(f"{label} {100 * kept.mean:.1f}{reach} %")
    seeds = max((len(results.runs[cell]) for cell in cells), default=0)
    foot = f"Pairs that keep it after training, mean{' and 95 % interval' if seeds > 1 else ''} over {seeds} seed"
    foot += f"{'s' if seeds != 1 else ''}: {'; '.join(shares)}."
    return [list(row) for row in zip(*columns, strict=True)], foot


def _pair_panel(title: str, profile: TrackProfile) -> PairPanel:
    leg = longest_leg(profile)
    same = None if profile.labels is None else np.equal(*profile.labels[leg.pairs].T)
    return PairPanel(title, leg.pair_bound, leg.pair_distance, same)


def _size(results: Aggregates, cells: Sequence[Cell], profiles: Profiles) -> str:
    # Of the legs that are drawn, not of all legs.
    runs = [run for cell in cells for run in results.runs[cell] if run.name in profiles]
    tracks = [t for run in runs for t in (profiles[run.name].before, profiles[run.name].after) if t is not None]
    legs = [longest_leg(track) for track in tracks]
    return sizes({"n": {leg.n for leg in legs}, "d": {leg.d for leg in legs}, "L": {leg.n_steps for leg in legs}})


def _wrapped(text: str) -> str:
    return "\n".join(textwrap.wrap(text, 100))


def _share(profile: TrackProfile) -> float:
    leg = longest_leg(profile)
    return share_kept(leg.pair_bound, leg.pair_distance)


def _after(results: Aggregates, cell: Cell, profiles: Profiles) -> list[TrackProfile]:
    ends = [profiles.get(run.name) for run in results.runs[cell]]
    return [one.after for one in ends if one is not None and one.after is not None]


def _lss(tracks: Sequence[TrackProfile]) -> NDArray[np.float64]:
    return np.concatenate([longest_leg(track).lss for track in tracks])


def _family_box(family: str) -> BoxLook:
    look = family_look(family)
    face, hatch = (look.colour, "") if look.filled else ("white", "//////")
    return BoxLook(look.label, look.colour, face, hatch)
