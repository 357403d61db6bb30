"""What the synthetic sets share: a labelled figure in the plane, embedded in d dimensions and blurred."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from geodl.data.arrays import Arrays
from geodl.data.options import check_integer, check_real
from geodl.data.streams import numpy_stream

Figure: TypeAlias = Callable[[NDArray[np.int64], np.random.Generator], NDArray[np.float64]]


def planar_arrays(
    name: str,
    figure: Figure,
    *,
    n_train: int,
    n_test: int,
    dim: int,
    n_classes: int,
    noise: float,
    draw_seed: int,
) -> Arrays:
    """Draw points p of a figure in the plane and embed them as x = Q p + noise·ε, ε ~ N(0, I_d).

    Q (d, 2) has orthonormal columns: the first two of the identity when d = 2, so that pictures look as
    expected, and a uniformly random pair when d > 2. So distances within the figure do not depend on d; the
    noise fills all d dimensions and its norm grows with √d. Training and test set share Q and have
    independent streams: one does not change with the size of the other. Classes have equal sizes up to one
    sample.

    Args:
        name: the data set's name.
        figure: maps labels (n,) and a random stream to points (n, 2) of about unit size.
        n_train: training samples, at least one a class.
        n_test: test samples, at least one a class.
        dim: d >= 2, the dimension of the samples.
        n_classes: K >= 2.
        noise: standard deviation of the noise in every dimension, >= 0.
        draw_seed: seed of map, points and noise; keep it fixed over a sweep.

    Returns:
        (n, d) float32 vectors with K classes.

    >>> on_axis = lambda labels, rng: np.stack([labels, 0 * labels], axis=1).astype(float)
    >>> sizes = dict(n_train=4, n_test=2, dim=2, n_classes=2)
    >>> planar_arrays("axis", on_axis, **sizes, noise=0.0, draw_seed=0).x_train
    array([[0., 0.], [1., 0.], [0., 0.], [1., 0.]], dtype=float32)
    """
    k = check_integer("data.n_classes", n_classes, low=2)
    d = check_integer("data.dim", dim, low=2)
    sizes = {
        "train": check_integer("data.n_train", n_train, low=k, why="one sample a class or more"),
        "test": check_integer("data.n_test", n_test, low=k, why="one sample a class or more"),
    }
    spread = check_real("data.noise", noise, low=0.0)
    seed = check_integer("data.draw_seed", draw_seed, low=0)
    embedding = _orthonormal_pair(d, numpy_stream(f"{name}/embedding", seed))

    def draw(split: str) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        rng = numpy_stream(f"{name}/{split}", seed)
        labels = np.arange(sizes[split], dtype=np.int64) % k
        points = figure(labels, rng) @ embedding.T
        return (points + spread * rng.standard_normal(points.shape)).astype(np.float32), labels

    return Arrays(name, *draw("train"), *draw("test"), n_classes=k)


# Two orthonormal columns (dim, 2), uniform on the Stiefel manifold (Mezzadri 2007) when dim > 2.
def _orthonormal_pair(dim: int, rng: np.random.Generator) -> NDArray[np.float64]:
    if dim == 2:
        return np.eye(2)
    q, r = np.linalg.qr(rng.standard_normal((dim, 2)))
    # without the signs the distribution would depend on the sign convention of the QR routine
    return np.asarray(q * np.sign(np.diag(r)), dtype=np.float64)
