"""Point clouds as the transport and the scores want them: float64 arrays on the CPU, checked once.

A malformed argument (no numbers, wrong number of axes) is the caller's mistake and raises; a cloud that is well formed
but cannot be measured (NaN, infinity, a single sample) is a result of training and yields a reason instead.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodl.errors import DataError

LARGEST_COORDINATE = 1e140
"""Coordinates beyond this are refused: sums of their squares could overflow float64."""


def as_float64(values: Any, name: str) -> NDArray[np.float64]:
    """Convert an array or a tensor to float64 on the CPU.

    Tensors are recognised by their ``detach`` method, so that torch need not be imported; half-precision types are
    widened exactly, gradients are cut off, and any device is read.

    Args:
        values: NumPy array, torch tensor or nested sequence of real numbers, any shape.
        name: The argument's name, for the error message.

    Returns:
        Float64 array of the same shape; the caller must not write to it, for it may share memory with ``values``.

    Raises:
        TypeError: If the values are not real numbers.
        DataError: If the nested sequences are ragged.

    Example:
        >>> as_float64([[1, 2], [3, 4]], "source")
        array([[1., 2.],
               [3., 4.]])
    """
    if hasattr(values, "detach"):
        if values.is_complex() or str(values.dtype) == "torch.bool":
            raise TypeError(f"{name}: expected real numbers, found dtype {values.dtype}; convert it to float first")
        values = values.detach().cpu().double().numpy()
    try:
        array = np.asarray(values)
    except ValueError as error:  # NumPy's own message does not name the argument
        raise DataError(f"{name}: expected a rectangular array, found rows of unequal lengths; {error}") from error
    if array.dtype.kind not in "fiu":
        raise TypeError(
            f"{name}: expected real numbers (a floating-point array or tensor), found dtype {array.dtype}; "
            "convert it to float first"
        )
    return array.astype(np.float64, copy=False)


def as_cloud(values: Any, name: str) -> NDArray[np.float64]:
    """Convert one point cloud to a float64 matrix.

    Args:
        values: (n, d) array or tensor of real numbers.
        name: The argument's name, for the error message.

    Returns:
        (n, d) float64 array.

    Raises:
        DataError: If there are not exactly two axes, or one of them is empty.

    Example:
        >>> as_cloud([[0, 1]], "target").shape
        (1, 2)
    """
    cloud = as_float64(values, name)
    if cloud.ndim != 2 or 0 in cloud.shape:
        raise DataError(
            f"{name}: expected samples by features, shape (n, d) with n, d >= 1, found shape {cloud.shape}; "
            "flatten each sample's features to one vector"
        )
    return cloud


def cloud_fault(cloud: NDArray[np.float64]) -> str:
    """Say why a well-formed cloud cannot be measured.

    Args:
        cloud: (n, d) float64 array.

    Returns:
        The reason in words, or the empty string if the cloud has at least two samples and finite, squarable values.

    Example:
        >>> cloud_fault(np.array([[0.0, np.nan], [1.0, 2.0]]))
        'holds 1 value that is NaN or infinite'
        >>> cloud_fault(np.zeros((2, 3)))
        ''
    """
    if len(cloud) < 2:
        return "holds 1 sample, and a score needs at least 2"
    # Two reductions without a copy tell that all is well; NaN passes through both.
    if max(float(cloud.max()), -float(cloud.min())) <= LARGEST_COORDINATE:
        return ""
    bad = cloud.size - int(np.count_nonzero(np.isfinite(cloud)))
    if bad:
        return f"holds {bad} value{'s that are' if bad > 1 else ' that is'} NaN or infinite"
    largest = float(np.abs(cloud).max())
    if largest > LARGEST_COORDINATE:
        return f"holds a coordinate of size {largest:.3g}, whose square may overflow float64"
    return ""
