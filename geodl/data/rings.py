"""``rings``: concentric circles, one a class, so that every class but the inmost surrounds another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geodl.data.arrays import Arrays
from geodl.data.planar import planar_arrays


def load_rings(
    *,
    n_train: int = 1000,
    n_test: int = 1000,
    dim: int = 2,
    n_classes: int = 2,
    noise: float = 0.05,
    draw_seed: int = 0,
) -> Arrays:
    """Draw class k on the circle of radius (k + 1) / K at a uniform angle, plus noise.

    In more than two dimensions the plane of the rings is embedded by a random orthonormal map, and the
    isotropic noise fills all d dimensions (see :mod:`geodl.data.planar`). Neighbouring rings are 1 / K apart.

    Args:
        n_train: training samples.
        n_test: test samples.
        dim: d >= 2, the dimension of the samples.
        n_classes: K >= 2 rings.
        noise: standard deviation of the noise in every dimension.
        draw_seed: seed of map, points and noise; keep it fixed over a sweep.

    Returns:
        (n, d) float32 vectors with K classes.

    >>> arrays = load_rings(n_train=4, n_test=2, noise=0.0)
    >>> np.linalg.norm(arrays.x_train, axis=1).round(4).tolist()
    [0.5, 1.0, 0.5, 1.0]
    """

    def circles(labels: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.float64]:
        angle = 2.0 * np.pi * rng.random(len(labels))
        radius = (labels + 1) / n_classes
        return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)

    return planar_arrays(
        "rings",
        circles,
        n_train=n_train,
        n_test=n_test,
        dim=dim,
        n_classes=n_classes,
        noise=noise,
        draw_seed=draw_seed,
    )
