"""Label noise: a share of the training labels is replaced by random ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geodl.data.streams import numpy_stream


def redraw_labels(labels: NDArray[np.int64], n_classes: int, share: float, noise_seed: int) -> NDArray[np.int64]:
    """Redraw round(share·n) labels uniformly over all K classes; share = 1 gives random labels.

    A redrawn label is right by chance with probability 1/K, so about share·(1 - 1/K) of all labels end up
    wrong. For one seed the noise is nested: what a smaller share redraws, a larger one redraws to the same
    class.

    Source: Zhang, Bengio, Hardt, Recht & Vinyals (2017), "partially corrupted" and "random labels", arXiv
        1611.03530.

    Args:
        labels: (n,) int64 labels in 0..K-1.
        n_classes: K.
        share: in [0, 1].
        noise_seed: seed of both the choice of samples and the new labels.

    Returns:
        (n,) int64 labels, a new array.

    >>> redraw_labels(np.array([0, 1, 2]), 3, 0.0, noise_seed=0).tolist()
    [0, 1, 2]
    """
    rng = numpy_stream("label_noise", noise_seed)
    order = rng.permutation(len(labels))
    drawn = rng.integers(0, n_classes, size=len(labels))
    redrawn = order[: round(share * len(labels))]
    noisy = labels.copy()
    noisy[redrawn] = drawn[redrawn]
    return noisy
