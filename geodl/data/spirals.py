"""``spirals``: interleaved arms of an Archimedean spiral; no line separates the classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geodl.data.arrays import Arrays
from geodl.data.options import check_real
from geodl.data.planar import planar_arrays


def load_spirals(
    *,
    n_train: int = 1000,
    n_test: int = 1000,
    dim: int = 2,
    n_classes: int = 2,
    noise: float = 0.02,
    turns: float = 1.0,
    draw_seed: int = 0,
) -> Arrays:
    """Draw class k on the arm r = 0.1 + 0.9 t, angle 2π(k/K + turns·t), t uniform on [0, 1], plus noise.

    In more than two dimensions the plane of the spirals is embedded by a random orthonormal map, and the
    isotropic noise fills all d dimensions (see :mod:`geodl.data.planar`). Neighbouring arms are 0.9 /
    (K·turns) apart along a ray, against which the noise is to be read.

    Args:
        n_train: training samples.
        n_test: test samples.
        dim: d >= 2, the dimension of the samples.
        n_classes: K >= 2 arms.
        noise: standard deviation of the noise in every dimension.
        turns: full turns of each arm, > 0.
        draw_seed: seed of map, points and noise; keep it fixed over a sweep.

    Returns:
        (n, d) float32 vectors with K classes.

    >>> arrays = load_spirals(n_train=50, n_test=2, noise=0.0)
    >>> radius = np.linalg.norm(arrays.x_train, axis=1)
    >>> bool(radius.min() >= 0.1 - 1e-6), bool(radius.max() <= 1.0 + 1e-6)
    (True, True)
    """
    winding = check_real("data.turns", turns, low=0.0, open_ends=True)

    def arms(labels: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.float64]:
        t = rng.random(len(labels))
        angle = 2.0 * np.pi * (labels / n_classes + winding * t)
        radius = 0.1 + 0.9 * t
        return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)

    return planar_arrays(
        "spirals",
        arms,
        n_train=n_train,
        n_test=n_test,
        dim=dim,
        n_classes=n_classes,
        noise=noise,
        draw_seed=draw_seed,
    )
