"""Choosing samples class by class: balanced subsets and stratified splits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geodl.errors import ConfigError


def balanced_indices(
    labels: NDArray[np.int64],
    n_samples: int,
    n_classes: int,
    rng: np.random.Generator,
    *,
    key: str,
    least_per_class: int = 1,
) -> NDArray[np.int64]:
    """Draw floor(n / K) samples of every class, and one more of the first n mod K classes in a random order.

    For one state of ``rng`` the draws are nested in n while K divides n: the classes are shuffled whole and a
    prefix of each is taken, so a larger draw contains the smaller one.

    Args:
        labels: (N,) int64 labels in 0..K-1.
        n_samples: n, how many to draw, in ``least_per_class``·K .. K·(size of the smallest class).
        n_classes: K.
        rng: the random stream to draw from.
        key: configuration key of n for the message, such as ``"track.n_samples"``.
        least_per_class: samples that every class must have.

    Returns:
        (n,) int64 indices into ``labels``, distinct and ascending.

    Raises:
        ConfigError: if n is too small or too large for a balanced draw.

    >>> labels = np.array([0, 1, 0, 1, 0, 1])
    >>> balanced_indices(labels, 6, 2, np.random.default_rng(0), key="n").tolist()
    [0, 1, 2, 3, 4, 5]
    """
    sizes = np.bincount(labels, minlength=n_classes)
    smallest = int(np.argmin(sizes))
    low, high = least_per_class * n_classes, n_classes * int(sizes[smallest])
    if not low <= n_samples <= high:
        raise ConfigError(
            f"{key}: expected an integer in {low}..{high} (from {least_per_class} to {sizes[smallest]} samples for "
            f"each of {n_classes} classes; class {smallest} is the smallest), found {n_samples}; "
            f"{'raise' if n_samples < low else 'lower'} {key}"
        )
    base, rest = divmod(n_samples, n_classes)
    extra = set(rng.permutation(n_classes)[:rest].tolist())
    chosen = [rng.permutation(np.flatnonzero(labels == k))[: base + (k in extra)] for k in range(n_classes)]
    return np.sort(np.concatenate(chosen)).astype(np.int64)


def stratified_split(
    labels: NDArray[np.int64], test_fraction: float, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Split sample indices in two so that every class has the same share of test samples, up to rounding.

    A class of m samples gives round(m·fraction) to the test set, at least 1 and at most m - 1.

    Args:
        labels: (N,) int64 labels; every class has two samples or more.
        test_fraction: share of the test set, in (0, 1).
        rng: the random stream to draw from.

    Returns:
        Training and test indices, both int64 and ascending; together they are 0..N-1, each once.

    >>> train, test = stratified_split(np.array([0, 0, 0, 0, 1, 1]), 0.5, np.random.default_rng(0))
    >>> len(train), len(test), sorted([*train.tolist(), *test.tolist()])
    (3, 3, [0, 1, 2, 3, 4, 5])
    """
    is_test = np.zeros(len(labels), dtype=bool)
    for k in np.unique(labels):
        members = np.flatnonzero(labels == k)
        n_test = min(max(round(len(members) * test_fraction), 1), len(members) - 1)
        is_test[rng.permutation(members)[:n_test]] = True
    return np.flatnonzero(~is_test).astype(np.int64), np.flatnonzero(is_test).astype(np.int64)
