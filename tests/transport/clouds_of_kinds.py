"""Pairs of clouds of all kinds that have broken solvers, for the tests of transport."""

from __future__ import annotations

import numpy as np


def rotation(rng, d):
    """A random orthogonal matrix."""
    q, r = np.linalg.qr(rng.normal(size=(d, d)))
    return q * np.sign(np.diagonal(r))


KINDS = {
    "random": lambda rng, x, y: (x, y),
    "lattice": lambda rng, x, y: (rng.integers(3, size=x.shape) * 1.0, rng.integers(3, size=x.shape) * 1.0),
    "tiny": lambda rng, x, y: (x, x + 1e-8 * y),
    "far": lambda rng, x, y: (x + 1e6, x + 1e-8 * y + 1e6),
    "outlier": lambda rng, x, y: (x, np.concatenate([1e7 * y[:1], y[1:]])),
    "collapsed": lambda rng, x, y: (x, y[:3][rng.integers(min(3, len(y)), size=len(x))]),
    "permuted": lambda rng, x, y: (x, x[rng.permutation(len(x))]),
    "scales": lambda rng, x, y: (
        x * 10.0 ** rng.integers(-12, 12, size=(len(x), 1)),
        y * 10.0 ** rng.integers(-12, 12, size=(len(x), 1)),
    ),
    "duplicates": lambda rng, x, y: (x[rng.integers(len(x), size=len(x))], x + 0.1 * y),
    "rotated": lambda rng, x, y: (x, x @ rotation(rng, x.shape[1])),
    "residual": lambda rng, x, y: (x, 1.3 * x + 0.05 * y + 2.0),
    "classes": lambda rng, x, y: (
        x + 8.0 * np.arange(len(x))[:, None] % 3,
        0.01 * y + 5.0 * (np.arange(len(x))[:, None] % 3),
    ),
    "constant": lambda rng, x, y: (np.full_like(x, 2.0), np.full_like(x, 3.0)),
}
"""Name to a function of a generator and two random clouds."""


def clouds(kind, n, d, seed):
    """Two clouds (n, d) of a kind."""
    rng = np.random.default_rng(seed)
    return KINDS[kind](rng, rng.normal(size=(n, d)), rng.normal(size=(n, d)))
