"""Figures of Gai & Zhang as numbers, read off the plots of a lecture on the paper, and what is unknown of them."""

from __future__ import annotations

from dataclasses import dataclass

from geodl.report.measures import LSS, OTS, TEST_ACCURACY, TRAIN_ACCURACY, Measure


@dataclass(frozen=True)
class AuthorsSeries:
    """One curve, or one number, of the authors.

    Attributes:
        data: Data set, by the name of ``conf/data``.
        measure: What is drawn.
        family: ``resnet`` or ``plain``; None where the network is not named.
        decays: Weight decays; None stands for one that is not given.
        values: One value a decay; accuracies in [0, 1].
    """

    data: str
    measure: Measure
    family: str | None
    decays: tuple[float | None, ...]
    values: tuple[float, ...]


_CIFAR10 = (1e-4, 5e-4, 1e-3, 5e-3, 1e-2, 5e-2, 1e-1, 2e-1)
_CIFAR100 = (0.0, 5e-4, 1e-3, 5e-3, 1e-2)

AUTHORS: tuple[AuthorsSeries, ...] = (
    AuthorsSeries("cifar10", TRAIN_ACCURACY, None, _CIFAR10, (0.645, 0.65, 0.675, 0.86, 0.965, 0.94, 0.89, 0.79)),
    AuthorsSeries("cifar10", LSS, None, _CIFAR10, (3.6, 3.7, 3.9, 2.7, 2.25, 2.3, 2.65, 3.15)),
    AuthorsSeries("cifar100", TEST_ACCURACY, "resnet", _CIFAR100, (0.745, 0.765, 0.77, 0.795, 0.78)),
    AuthorsSeries("cifar100", TEST_ACCURACY, "plain", _CIFAR100, (0.575, 0.64, 0.695, 0.68, 0.44)),
    AuthorsSeries("cifar100", OTS, "resnet", _CIFAR100, (1.0, 1.0, 0.99, 0.96, 0.86)),
    AuthorsSeries("cifar100", OTS, "plain", _CIFAR100, (0.15, 0.0, 0.22, 0.06, 0.0)),
    AuthorsSeries("cifar100", LSS, "resnet", _CIFAR100, (1.38, 1.28, 1.30, 1.55, 1.82)),
    AuthorsSeries("cifar100", LSS, "plain", _CIFAR100, (4.6, 4.15, 4.0, 3.55, 3.87)),
    AuthorsSeries("mnist", LSS, "resnet", (None,), (1.12,)),
    AuthorsSeries("mnist", OTS, "resnet", (None,), (0.96,)),
)
"""All that is known, to about 3 %."""

SWEEP = "authors"
"""Name of the sweep of ``experiment=authors``, whose report shows all series whatever its data."""

NAMES = {"cifar10": "CIFAR-10", "cifar100": "CIFAR-100", "mnist": "MNIST"}

UNKNOWN = (
    "Theirs are read off plots (Zhang's lecture on Gai & Zhang 2021, arXiv 2102.09235) to about ± 3 %.",
    "Depths, widths, number of samples n and learning rates are not given there; nor are seeds, epochs (but for 160 on "
    "MNIST), augmentation, the read-outs between which tracks run, or what their spread is.",
    "LSS depends on the number of steps L and OTS on n and d, so a difference in level says nothing by itself: compare "
    "shapes. Where ours peaks or turns at another decay, the learning rate alone may be why, since decay acts through "
    "their product.",
    "On CIFAR-10 the network is not named, so both of ours stand beside it. On MNIST the weight decay is not given.",
    "Where our data are not theirs, accuracies cannot be compared at all.",
)


def series_for(data: set[str], *, everything: bool) -> tuple[AuthorsSeries, ...]:
    """Choose the series that belong beside a sweep.

    Args:
        data: Names of the sweep's data sets.
        everything: Whether to take those of other data too.

    Returns:
        The series, in the order of `AUTHORS`.

    Example:
        >>> [series.values for series in series_for({"mnist"}, everything=False)]
        [(1.12,), (0.96,)]
    """
    return tuple(series for series in AUTHORS if everything or series.data in data)
