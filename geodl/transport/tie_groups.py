"""Samples with equal values, gathered: what ties are counted between.

Samples whose inputs are equal may exchange their outputs at no cost, and so may those whose outputs are equal. An
optimal plan is therefore a flow between the distinct rows of both clouds, and tight edges need only be looked for
between these: n equal points are one row, not n² edges.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_ROWS = 1024


@dataclass(frozen=True, eq=False)
class RowGroups:
    """The distinct rows of one cloud, numbered by their first appearance.

    Attributes:
        group: (n,) int64: the number of each sample's value; two samples have the same exactly if they are equal.
        first: (k,) int64, ascending: the first sample of each distinct value, its representative.
        count: (k,) int64, >= 1: how many samples have it; they sum to n.
    """

    group: NDArray[np.int64]
    first: NDArray[np.int64]
    count: NDArray[np.int64]

    @property
    def distinct(self) -> bool:
        """Whether no two samples are equal.

        Returns:
            True exactly if k = n; ``group`` and ``first`` are then 0, 1, ..., n - 1.
        """
        return len(self.first) == len(self.group)


@dataclass(frozen=True, eq=False)
class TieGroups:
    """Equal inputs and equal outputs of the same samples.

    Attributes:
        source: Groups of equal rows of the source.
        target: Groups of equal rows of the target.
    """

    source: RowGroups
    target: RowGroups

    @property
    def distinct(self) -> bool:
        """Whether neither cloud holds a point twice, so that groups are samples.

        Returns:
            True exactly if both clouds' rows are distinct.
        """
        return self.source.distinct and self.target.distinct


def row_groups(cloud: NDArray[np.float64]) -> RowGroups:
    """Gather equal rows of one cloud, in O(n d).

    Rows are compared by a digest of 128 bits of their bytes and then, where two digests agree, coordinate by
    coordinate, so that the result is exact and no second copy of the cloud is held.

    Args:
        cloud: (n, d) float64, finite.

    Returns:
        Its groups; 0.0 and -0.0 are equal.

    Example:
        >>> groups = row_groups(np.array([[1.0, 0.0], [2.0, 0.0], [1.0, -0.0]]))
        >>> groups.group, groups.first, groups.count
        (array([0, 1, 0]), array([0, 1]), array([2, 1]))
    """
    if len(np.unique(_checksums(cloud))) == len(cloud):  # the usual case: unequal checksums, unequal rows
        samples = np.arange(len(cloud), dtype=np.int64)
        return RowGroups(samples, samples, np.ones(len(cloud), dtype=np.int64))
    numbers: dict[bytes, int] = {}
    group = np.empty(len(cloud), dtype=np.int64)
    for start in range(0, len(cloud), _ROWS):
        # Adding zero turns -0.0 into 0.0, so that equal values have equal bytes.
        block = np.ascontiguousarray(cloud[start : start + _ROWS]) + 0.0
        for offset, row in enumerate(block):
            digest = hashlib.blake2b(row.data, digest_size=16).digest()
            group[start + offset] = numbers.setdefault(digest, len(numbers))
    _, first = np.unique(group, return_index=True)
    again = np.flatnonzero(first[group] != np.arange(len(cloud)))
    for start in range(0, len(again), _ROWS):
        rows = again[start : start + _ROWS]
        assert np.array_equal(cloud[rows], cloud[first[group[rows]]]), "two unequal rows have one digest of 128 bits"
    return RowGroups(group, first.astype(np.int64), np.bincount(group, minlength=len(first)).astype(np.int64))


def tie_groups(source: NDArray[np.float64], target: NDArray[np.float64]) -> TieGroups:
    """Gather equal inputs and equal outputs.

    Args:
        source: (n, d) float64, finite.
        target: (n, d) float64, finite, in the same order.

    Returns:
        The groups of both.

    Example:
        >>> groups = tie_groups(np.array([[1.0], [1.0], [2.0]]), np.array([[5.0], [6.0], [6.0]]))
        >>> groups.source.group, groups.target.group, groups.distinct
        (array([0, 0, 1]), array([0, 1, 1]), False)
    """
    return TieGroups(row_groups(source), row_groups(target))


def _checksums(cloud: NDArray[np.float64]) -> NDArray[np.uint64]:
    """Sum the bits of each row with random odd weights, modulo 2⁶⁴.

    Returns:
        (n,): equal for equal rows.
    """
    weights = np.random.default_rng(0).integers(2**63, size=cloud.shape[1], dtype=np.uint64) * np.uint64(2) + np.uint64(
        1
    )
    sums = np.empty(len(cloud), dtype=np.uint64)
    for start in range(0, len(cloud), _ROWS):
        bits = (np.ascontiguousarray(cloud[start : start + _ROWS]) + 0.0).view(np.uint64)
        sums[start : start + _ROWS] = bits @ weights
    return sums
