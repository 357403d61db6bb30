"""``blobs``: Gaussian clouds around the corners of a regular polygon; linearly separable for small noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geodl.data.arrays import Arrays
from geodl.data.planar import planar_arrays


def load_blobs(
    *,
    n_train: int = 1000,
    n_test: int = 1000,
    dim: int = 2,
    n_classes: int = 3,
    noise: float = 0.2,
    draw_seed: int = 0,
) -> Arrays:
    """Draw class k around the corner (cos 2πk/K, sin 2πk/K), with noise N(0, noise²·I_d).

    Neighbouring centres are 2 sin(π/K) apart in every dimension (see :mod:`geodl.data.planar` for the
    embedding).

    Args:
        n_train: training samples.
        n_test: test samples.
        dim: d >= 2, the dimension of the samples.
        n_classes: K >= 2.
        noise: standard deviation of each cloud in every dimension.
        draw_seed: seed of map and noise; keep it fixed over a sweep.

    Returns:
        (n, d) float32 vectors with K classes.

    >>> load_blobs(n_train=4, n_test=4, n_classes=4, noise=0.0).x_train.round(3).tolist()
    [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [-0.0, -1.0]]
    """

    def corners(labels: NDArray[np.int64], _rng: np.random.Generator) -> NDArray[np.float64]:
        angle = 2.0 * np.pi * labels / n_classes
        return np.stack([np.cos(angle), np.sin(angle)], axis=1)

    return planar_arrays(
        "blobs",
        corners,
        n_train=n_train,
        n_test=n_test,
        dim=dim,
        n_classes=n_classes,
        noise=noise,
        draw_seed=draw_seed,
    )
