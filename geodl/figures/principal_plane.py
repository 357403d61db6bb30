"""The plane in which a set of states varies most: its first two principal components."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_DENSE_LIMIT = 768  # above this the d x d covariance costs more than the products with it that Lanczos needs


@dataclass(frozen=True)
class PrincipalPlane:
    """First two principal components of a point cloud.

    Attributes:
        centre: (d,) float64 mean.
        axes: (d, 2) float64, orthonormal columns in order of falling variance; a zero column where d = 1.
        explained: (2,) float64 in [0, 1], share of the variance along either axis; NaN where nothing varies.
    """

    centre: NDArray[np.float64]
    axes: NDArray[np.float64]
    explained: NDArray[np.float64]


def principal_plane(states: Sequence[NDArray[Any]]) -> PrincipalPlane:
    r"""Fit the plane of largest variance to all states of all samples.

    The axes are the leading eigenvectors of :math:`C = \sum_l (X_l - \mu)^T (X_l - \mu)`, by a dense solver for small d
    and by Lanczos iteration on products with C, which is never formed, for convolutional features. An eigenvector's
    sign is free; it is chosen so that the mean displacement from the first to the last state is positive along the axis
    and, where that vanishes, so that the entry of largest magnitude is.

    Args:
        states: Arrays (n, d), any float dtype, finite.

    Returns:
        The plane.

    Source: Pearson (1901), "On lines and planes of closest fit to systems of points in space".

    >>> plane = principal_plane([np.array([[0.0, 0.0], [4.0, 0.0]]), np.array([[0.0, 2.0], [4.0, 2.0]])])
    >>> plane.centre.tolist(), np.abs(plane.axes).tolist(), plane.explained.tolist()
    ([2.0, 1.0], [[1.0, 0.0], [0.0, 1.0]], [0.8, 0.2])
    """
    d = states[0].shape[1]
    centre = np.mean([state.mean(axis=0, dtype=np.float64) for state in states], axis=0)
    drift = states[-1].mean(axis=0, dtype=np.float64) - states[0].mean(axis=0, dtype=np.float64)
    total = float(sum(np.square(state - centre.astype(state.dtype), dtype=np.float64).sum() for state in states))
    axes = np.zeros((d, 2))
    if total == 0.0:
        axes[0, 0] = 1.0
        axes[min(1, d - 1), 1] = float(d > 1)
        return PrincipalPlane(centre, axes, np.full(2, np.nan))
    variances, vectors = _leading_pair(states, centre)
    axes[:, : vectors.shape[1]] = vectors
    explained = np.zeros(2)
    explained[: len(variances)] = np.clip(variances / total, 0.0, 1.0)
    spread = np.sqrt(total / sum(len(state) for state in states))
    for k in range(vectors.shape[1]):
        along = float(axes[:, k] @ drift)
        lead = along if abs(along) > 1e-6 * spread else axes[int(np.argmax(np.abs(axes[:, k]))), k]
        axes[:, k] *= 1.0 if lead >= 0 else -1.0
    return PrincipalPlane(centre, axes, explained)


def _leading_pair(
    states: Sequence[NDArray[Any]], centre: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    # Two largest eigenvalues and eigenvectors of the scatter matrix, largest first (one where d = 1).
    d = len(centre)
    if d <= _DENSE_LIMIT:
        scatter = np.zeros((d, d))
        for state in states:
            centred = state.astype(np.float64) - centre
            scatter += centred.T @ centred
        values, vectors = np.linalg.eigh(scatter)
        return values[::-1][:2], vectors[:, ::-1][:, :2]

    from scipy.sparse.linalg import LinearOperator, eigsh  # costs half a second: only wide states need it

    def scatter_times(vector: NDArray[np.float64]) -> NDArray[np.float64]:
        flat = vector.reshape(-1)
        shift = float(centre @ flat)
        product = np.zeros(d)
        for state in states:  # in the states' own precision: a float64 copy of every layer would not fit in memory
            scores = state @ flat.astype(state.dtype) - state.dtype.type(shift)
            product += (scores @ state).astype(np.float64) - centre * float(scores.sum(dtype=np.float64))
        return product

    start = np.random.default_rng(0).standard_normal(d)  # fixed: ARPACK's own start would differ from call to call
    operator = LinearOperator((d, d), matvec=scatter_times, dtype=np.float64)
    values, vectors = eigsh(operator, k=2, which="LA", v0=start, tol=1e-6)
    order = np.argsort(values)[::-1]
    return values[order], vectors[:, order]
