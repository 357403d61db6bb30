"""What all seeds have: the settings over which an effect is averaged in every seed alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from geodl.report.aggregate import Cell, cell_order


@dataclass(frozen=True)
class Block:
    """Seeds and settings without a hole.

    Attributes:
        seeds: Ascending seeds.
        settings: Settings that each of these seeds has, sorted.
        left_out: Pairs of setting and seed that exist but lie outside, sorted.
    """

    seeds: tuple[int, ...]
    settings: tuple[Cell, ...]
    left_out: tuple[tuple[Cell, int], ...]

    def by_seed(self, values: Mapping[tuple[Cell, int], float]) -> list[float]:
        """Average over settings, in every seed over the same ones.

        Args:
            values: (setting, seed) -> value.

        Returns:
            One mean a seed, in the order of `seeds`.
        """
        return [sum(values[at, seed] for at in self.settings) / len(self.settings) for seed in self.seeds]


def complete_block(jobs: Iterable[tuple[Cell, int]]) -> Block:
    """Find seeds and settings such that every seed has every setting.

    If each seed averaged over settings of its own, differences between settings would pass for differences between
    seeds. So seeds are taken in order of how many settings they have (then by number), and of all these beginnings the
    one is kept that leaves most pairs; of equals, the one with more seeds.

    Args:
        jobs: Pairs of setting and seed that exist.

    Returns:
        The block; empty where there is no pair.

    >>> block = complete_block([(("a",), 0), (("b",), 0), (("a",), 1), (("b",), 1), (("a",), 2)])
    >>> block.seeds, block.settings, block.left_out
    ((0, 1), (('a',), ('b',)), ((('a',), 2),))
    """
    have: dict[int, set[Cell]] = {}
    for setting, seed in jobs:
        have.setdefault(seed, set()).add(setting)
    best: tuple[tuple[int, int], list[int], set[Cell]] = ((0, 0), [], set())
    common: set[Cell] | None = None
    taken: list[int] = []
    for seed in sorted(have, key=lambda seed: (-len(have[seed]), seed)):
        taken.append(seed)
        common = have[seed] if common is None else common & have[seed]
        worth = (len(taken) * len(common), len(taken))
        if common and worth > best[0]:
            best = (worth, list(taken), common)
    _, seeds, settings = best
    outside = [(at, seed) for seed, all_of_it in have.items() for at in all_of_it]
    outside = [(at, seed) for at, seed in outside if seed not in seeds or at not in settings]
    return Block(
        tuple(sorted(seeds)),
        tuple(sorted(settings, key=cell_order)),
        tuple(sorted(outside, key=_job_order)),
    )


def _job_order(job: tuple[Cell, int]) -> tuple[Any, ...]:
    return (cell_order(job[0]), job[1])
