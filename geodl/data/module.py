"""The LightningDataModule of every data set: in memory, without workers, without global randomness."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import pytorch_lightning as pl
import torch
from torch import Tensor

from geodl.data.arrays import Arrays
from geodl.data.augmentation import AugmentationRecipe, random_crop, random_flip, recipe_for
from geodl.data.batches import EpochShuffle, TensorBatches
from geodl.data.normalization import NORMALIZATIONS
from geodl.data.options import check_choice, check_flag, check_integer, check_real
from geodl.data.probe import SPLITS, ProbeSet, draw_probe
from geodl.data.spec import DataSpec
from geodl.data.streams import torch_stream
from geodl.data.tensors import Tensors, make_tensors
from geodl.errors import ConfigError


class GeodlDataModule(pl.LightningDataModule):
    """Training batches, evaluation batches and probe sets of one data set.

    The order of the training batches and their augmentation are functions of (``seed``, epoch) alone. No
    method draws from or seeds a global generator, so reading a probe set or evaluating never changes a run.

    Args:
        load: returns the data set; called once, by ``prepare_data`` or ``setup``.
        batch_size: training samples a batch, 1..n_train.
        n_train: size of a class-balanced training subset; None for all training samples.
        subset_seed: seed of the subset. Not ``seed``, so that runs of different seeds share their samples.
        label_noise: share of training labels redrawn uniformly over the classes, in [0, 1]; 1 = random
            labels.
        noise_seed: seed of the label noise.
        normalize: "none", "unit" or "channel", see :func:`geodl.data.normalization.fit_normalization`.
        augment: whether training images are cropped and flipped at random, as is usual for the data set (see
            ``geodl.data.augmentation.AUGMENTATION_RECIPES``). Evaluation and probe sets never are.
        drop_last: whether an incomplete last training batch is left out; batch norm fails on a rest of one
            sample.
        seed: seed of training order and augmentation.
        evaluation_batch_size: samples a batch of the evaluation loaders.

    Raises:
        ConfigError: if an option has a wrong type or range; what depends on the data is checked by ``setup``.

    >>> from geodl.data.blobs import load_blobs
    >>> datamodule = GeodlDataModule(load_blobs, batch_size=50)
    >>> datamodule.setup()
    >>> datamodule.spec
    DataSpec(name='blobs', input_shape=(2,), n_classes=3, n_train=1000, n_test=1000)
    >>> len(datamodule.train_dataloader())
    20
    """

    evaluation_names: ClassVar[tuple[str, str]] = SPLITS
    """Names of the loaders that ``val_dataloader`` returns, in its order."""

    def __init__(
        self,
        load: Callable[[], Arrays],
        *,
        batch_size: int = 128,
        n_train: int | None = None,
        subset_seed: int = 0,
        label_noise: float = 0.0,
        noise_seed: int = 0,
        normalize: str = "channel",
        augment: bool = False,
        drop_last: bool = True,
        seed: int = 0,
        evaluation_batch_size: int = 1000,
    ) -> None:
        super().__init__()
        self.batch_size = check_integer("data.batch_size", batch_size, low=1)
        self.n_train = None if n_train is None else check_integer("data.n_train", n_train, low=1)
        self.subset_seed = check_integer("data.subset_seed", subset_seed, low=0)
        self.label_noise = check_real("data.label_noise", label_noise, low=0.0, high=1.0)
        self.noise_seed = check_integer("data.noise_seed", noise_seed, low=0)
        self.normalize = check_choice("data.normalize", normalize, NORMALIZATIONS)
        self.augment = check_flag("data.augment", augment)
        self.drop_last = check_flag("data.drop_last", drop_last)
        self.seed = check_integer("data.seed", seed, low=0)
        self.evaluation_batch_size = check_integer("data.evaluation_batch_size", evaluation_batch_size, low=1)
        self._load = load
        self._arrays: Arrays | None = None  # between prepare_data and setup only: both copies need too much memory
        self._tensors: Tensors | None = None
        self._recipe: AugmentationRecipe | None = None
        self._augmentation_epoch = -1
        self._augmentation_stream = torch.Generator()

    def prepare_data(self) -> None:
        """Download the data set if it is not there, and read it."""
        if self._arrays is None and self._tensors is None:
            self._arrays = self._load()

    def setup(self, stage: str | None = None) -> None:  # noqa: ARG002 - Lightning's signature; all stages need the same
        """Make the tensors; a second call does nothing.

        Args:
            stage: Lightning's stage, ignored.

        Raises:
            ConfigError: if the batch size exceeds the training set, or augmentation is asked of vectors.
        """
        if self._tensors is not None:
            return
        arrays = self._load() if self._arrays is None else self._arrays
        self._arrays = None
        if self.augment and arrays.x_train.ndim != 4:
            raise ConfigError(
                f"data.augment: expected false for data={arrays.name}, whose samples are vectors of "
                f"{arrays.x_train.shape[1]} features, found true; set data.augment=false"
            )
        tensors = make_tensors(
            arrays,
            n_train=self.n_train,
            subset_seed=self.subset_seed,
            label_noise=self.label_noise,
            noise_seed=self.noise_seed,
            normalize=self.normalize,
        )
        check_integer(
            "data.batch_size",
            self.batch_size,
            low=1,
            high=tensors.spec.n_train,
            why="the training samples",
            fix="lower data.batch_size",
        )
        if self.augment:
            self._recipe = recipe_for(tensors.spec.name, min(tensors.spec.input_shape[1:]))
        self._tensors = tensors

    @property
    def tensors(self) -> Tensors:
        """The data in memory, after ``setup``.

        Raises:
            RuntimeError: before ``setup``.
        """
        if self._tensors is None:
            raise RuntimeError("the data is not loaded yet; call prepare_data() and setup() first")
        return self._tensors

    @property
    def spec(self) -> DataSpec:
        """Shapes and sizes of the data as used, after ``setup``."""
        return self.tensors.spec

    def probe(self, n_samples: int, split: str = "train", seed: int = 0) -> ProbeSet:
        """Draw a probe set; batch size, label noise, augmentation and ``seed`` of the module do not change its samples.

        Args:
            n_samples: samples in all, from 2 a class to K times the size of the smallest class.
            split: "train" or "test".
            seed: seed of the draw.

        Returns:
            The probe set, normalised as training batches are and never augmented.
        """
        data = self.tensors
        on_train = split == "train"
        return draw_probe(
            data.x_train if on_train else data.x_test,
            data.y_train if on_train else data.y_test,
            clean_labels=data.y_train_clean if on_train else data.y_test,
            sample_ids=data.train_ids if on_train else torch.arange(data.spec.n_test),
            n_classes=data.spec.n_classes,
            n_samples=n_samples,
            split=split,
            seed=seed,
        )

    def train_dataloader(self) -> TensorBatches:
        """Shuffled batches of the training set.

        Returns:
            Batches ``[x, y]``, in an order that depends on (``seed``, epoch) alone.
        """
        data = self.tensors
        return TensorBatches(
            data.x_train,
            data.y_train,
            self.batch_size,
            sampler=EpochShuffle(data.spec.n_train, self.seed),
            drop_last=self.drop_last,
        )

    def val_dataloader(self) -> list[TensorBatches]:
        """Batches of the whole training set and of the test set, un-augmented and in their own order.

        Returns:
            Two loaders, named by ``evaluation_names``: ("train", "test").
        """
        data = self.tensors
        return [
            TensorBatches(x, y, self.evaluation_batch_size)
            for x, y in ((data.x_train, data.y_train), (data.x_test, data.y_test))
        ]

    def on_after_batch_transfer(self, batch: list[Tensor], dataloader_idx: int) -> list[Tensor]:  # noqa: ARG002 - Lightning's signature
        """Augment training batches on their device; all other batches pass unchanged.

        Args:
            batch: ``[x, y]``.
            dataloader_idx: Lightning's index of the loader, ignored.

        Returns:
            ``[x, y]``, with x cropped and flipped while the trainer trains.
        """
        if self._recipe is None or self.trainer is None or not self.trainer.training:
            return batch
        epoch = int(self.trainer.current_epoch)
        if epoch != self._augmentation_epoch:  # a stream an epoch, so that a resumed run draws what it would have drawn
            self._augmentation_epoch = epoch
            self._augmentation_stream = torch_stream("augmentation", self.seed, epoch)
        x, y = batch
        x = random_crop(
            x,
            self._augmentation_stream,
            padding=self._recipe.padding,
            border=self.tensors.normalization.black,
        )
        return [random_flip(x, self._augmentation_stream) if self._recipe.flip else x, y]
