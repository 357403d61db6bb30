"""What passes through a model: images, vectors or sentences, drawn as every probe set is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from geodl.data import build_datamodule
from geodl.data.sentences import Sentences, draw_sentences, load_sentences

DEFAULT_SIZE = 500


@dataclass(frozen=True, eq=False)
class Samples:
    """Fixed, ordered samples.

    Attributes:
        name: The data set's name, as in ``data=<name>``.
        x: (n, C, H, W) images or (n, d) vectors, float32, normalised as the data say; None for sentences.
        sentences: The sentences; None for images and vectors.
        labels: (n,) int64 classes, or None.
        sample_ids: (n,) int64 positions in the data set's split.
        split: "train", "test", or "all" for sentences.
        seed: Seed of the draw.
        digest: SHA-256 of the samples.
        n_classes: Number of classes; 0 without labels.
        class_names: Names of the classes by label; empty where they have only numbers.
    """

    name: str
    x: Tensor | None
    sentences: Sentences | None
    labels: Tensor | None
    sample_ids: Tensor
    split: str
    seed: int
    digest: str
    n_classes: int = 0
    class_names: tuple[str, ...] = ()

    @property
    def n_samples(self) -> int:
        """The number of samples, n."""
        return len(self.sample_ids)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample; () for sentences."""
        return () if self.x is None else tuple(self.x.shape[1:])

    @property
    def is_image(self) -> bool:
        """Whether the samples are images (C, H, W)."""
        return len(self.shape) == 3

    def __str__(self) -> str:
        """Say what they are, for messages.

        Returns:
            Such as ``images of 3x32x32 (data=npz)``.
        """
        if self.x is None:
            return f"sentences (data={self.name})"
        kind = "images of" if self.is_image else "vectors of dimension"
        return f"{kind} {'x'.join(map(str, self.shape))} (data={self.name})"


def load_samples(data: Mapping[str, Any], track: Mapping[str, Any]) -> Samples:
    """Read a data set and draw the samples whose track is recorded.

    Args:
        data: The ``data`` group.
        track: The ``track`` group: n_samples (None: 500, or all there are), split, seed.

    Returns:
        The samples; of labelled data the same number of each class.
    """
    if data["name"] == "sentences":
        everything = load_sentences(data["path"])
        drawn = draw_sentences(
            everything,
            min(DEFAULT_SIZE, everything.n_samples) if track["n_samples"] is None else track["n_samples"],
            seed=track["seed"],
        )
        return Samples(
            name=data["name"],
            x=None,
            sentences=drawn,
            labels=None if drawn.labels is None else torch.tensor(drawn.labels),
            sample_ids=torch.tensor(drawn.sample_ids),
            split="all",
            seed=track["seed"],
            digest=drawn.digest,
            n_classes=len(drawn.sources),
            class_names=drawn.sources,
        )
    # What only training needs is taken out of the way: a batch size that is larger than the data is no mistake here.
    datamodule = build_datamodule(**{**data, "batch_size": 1, "augment": False, "drop_last": False})
    datamodule.prepare_data()
    datamodule.setup()
    n_samples = track["n_samples"]
    if n_samples is None:
        labels = datamodule.tensors.y_train_clean if track["split"] == "train" else datamodule.tensors.y_test
        n_classes = datamodule.spec.n_classes
        smallest = int(torch.bincount(labels, minlength=n_classes).min())
        n_samples = max(min(DEFAULT_SIZE, n_classes * smallest), 2 * n_classes)
    probe = datamodule.probe(n_samples, track["split"], track["seed"])
    return Samples(
        name=data["name"],
        x=probe.x,
        sentences=None,
        labels=probe.labels,
        sample_ids=probe.sample_ids,
        split=probe.split,
        seed=probe.seed,
        digest=probe.digest,
        n_classes=datamodule.spec.n_classes,
    )
