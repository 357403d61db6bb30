"""The data module by itself and under Lightning's trainer."""

from __future__ import annotations

import logging
from types import SimpleNamespace

import numpy as np
import pytest
import pytorch_lightning as pl
import torch

from geodl.data import Arrays, GeodlDataModule, build_datamodule
from geodl.errors import ConfigError

# Lightning 2.6 asks torch 2.13 and later about a class that torch is about to drop; until Lightning asks otherwise
pytestmark = pytest.mark.filterwarnings("ignore:.*LeafSpec.*is deprecated:FutureWarning")

COUNT = 48


def images():
    """Images whose samples can be told apart by their one bright value, wherever a crop moves it."""
    x = np.zeros((COUNT, 1, 12, 12), dtype=np.float32)
    x[:, 0, 4:8, 4:8] = np.arange(1, COUNT + 1, dtype=np.float32)[:, None, None]
    y = np.arange(COUNT) % 2
    return Arrays("mine", x, y, x, y, n_classes=2)


def ready(load=images, **options):
    datamodule = GeodlDataModule(load, **{"batch_size": 16, "normalize": "none", **options})
    datamodule.prepare_data()
    datamodule.setup()
    return datamodule


class Recorder(pl.LightningModule):
    """Keeps every batch it is given, and draws from the global generator as dropout would."""

    automatic_optimization = True

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.seen = {"train": [], "validate": []}

    def training_step(self, batch, batch_idx):
        self.seen["train"].append((self.current_epoch, *(part.clone() for part in batch)))
        return self.weight * torch.rand(()) * batch[0].sum()

    def validation_step(self, batch, batch_idx, dataloader_idx=0):
        torch.rand(batch_idx + 1)
        self.seen["validate"].append((dataloader_idx, *(part.clone() for part in batch)))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.0)


def fit(datamodule, folder, epochs, checkpoint=None, **trainer_options):
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    model = Recorder()
    trainer = pl.Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        default_root_dir=folder,
        **trainer_options,
    )
    trainer.fit(model, datamodule=datamodule, ckpt_path=checkpoint)
    return model.seen, trainer


def equal(first, second):
    return len(first) == len(second) and all(
        a[0] == b[0] and torch.equal(a[1], b[1]) and torch.equal(a[2], b[2]) for a, b in zip(first, second, strict=True)
    )


def test_two_modules_of_one_seed_train_in_one_order_whatever_is_drawn_between():
    one, two = ready(seed=4).train_dataloader(), ready(seed=4).train_dataloader()
    for _ in range(2):
        for (x, y), (other_x, other_y) in zip(one, two, strict=True):
            torch.rand(3)
            np.random.random()  # noqa: NPY002 - the global generator is what must not matter
            assert torch.equal(x, other_x)
            assert torch.equal(y, other_y)


def test_nothing_moves_the_global_generators():
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002 - compared, not drawn
    datamodule = build_datamodule("digits", label_noise=0.5, n_train=200, augment=True)
    datamodule.setup()
    datamodule.probe(50)
    for loader in (datamodule.train_dataloader(), *datamodule.val_dataloader()):
        assert sum(len(y) for _, y in loader) > 0
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert np.array_equal(np.random.get_state()[1], numpy_state)  # noqa: NPY002 - as above


def test_evaluation_loaders_are_named_ordered_and_whole():
    datamodule = ready(drop_last=True, batch_size=20, evaluation_batch_size=13, label_noise=0.5)
    assert datamodule.evaluation_names == ("train", "test")
    for name, loader in zip(datamodule.evaluation_names, datamodule.val_dataloader(), strict=True):
        x, y = (torch.cat(parts) for parts in zip(*loader, strict=True))
        assert torch.equal(x, getattr(datamodule.tensors, f"x_{name}"))
        assert torch.equal(y, getattr(datamodule.tensors, f"y_{name}"))


def test_the_data_set_is_loaded_once_and_released():
    calls = []

    def load():
        calls.append(1)
        return images()

    datamodule = ready(load)
    tensors = datamodule.tensors
    datamodule.setup("fit")
    datamodule.prepare_data()
    datamodule.setup("validate")
    assert len(calls) == 1
    assert datamodule.tensors is tensors
    assert datamodule._arrays is None


def test_trained_batches_are_cropped_each_image_by_itself_and_evaluated_ones_are_not(tmp_path):
    seen, _ = fit(ready(augment=True), tmp_path, 1)
    corners = set()
    for _, x, y in seen["train"]:
        for image, label in zip(x, y, strict=True):
            value = int(image.max())
            assert (value - 1) % 2 == label
            bright = image[0] == value
            assert int(bright.sum()) == 16  # padding 1 of 12 pixels: the square stays inside
            corners.add(tuple(bright.nonzero()[0].tolist()))
    assert corners == {(i, j) for i in (3, 4, 5) for j in (3, 4, 5)}
    expected = torch.from_numpy(images().x_train)
    for index in (0, 1):
        assert torch.equal(torch.cat([x for loader, x, _ in seen["validate"] if loader == index]), expected)


def test_training_batches_follow_the_seed_whatever_is_drawn_between(tmp_path):
    first, _ = fit(ready(augment=True, seed=1), tmp_path, 2)
    torch.rand(10)
    again, _ = fit(ready(augment=True, seed=1, evaluation_batch_size=5), tmp_path, 2)
    other, _ = fit(ready(augment=True, seed=2), tmp_path, 2)
    assert equal(first["train"], again["train"])
    assert not equal(first["train"], other["train"])


def test_a_resumed_run_sees_what_an_uninterrupted_one_sees(tmp_path):
    whole, _ = fit(ready(augment=True), tmp_path, 4)
    begun, trainer = fit(ready(augment=True), tmp_path, 2)
    trainer.save_checkpoint(tmp_path / "half.ckpt")
    resumed, _ = fit(ready(augment=True), tmp_path, 4, checkpoint=tmp_path / "half.ckpt")
    assert equal(whole["train"], begun["train"] + resumed["train"])
    assert {epoch for epoch, _, _ in resumed["train"]} == {2, 3}


def test_evaluating_more_often_changes_no_training_batch(tmp_path):
    often, _ = fit(ready(augment=True), tmp_path, 3)
    seldom, _ = fit(ready(augment=True), tmp_path, 3, check_val_every_n_epoch=3)
    assert len(often["validate"]) == 3 * len(seldom["validate"])
    assert equal(often["train"], seldom["train"])


def test_borders_of_crops_are_black_as_normalised(tmp_path):
    datamodule = ready(augment=True, normalize="channel")
    black = float(datamodule.tensors.normalization.black)
    seen, _ = fit(datamodule, tmp_path, 1)
    assert black < 0
    assert all(torch.allclose(x[:, :, 0], torch.tensor(black), atol=1e-6) for _, x, _ in seen["train"])


def test_cifar_is_flipped_and_unknown_images_are_not(tmp_path):
    def load(name):
        x = np.zeros((COUNT, 1, 12, 12), dtype=np.float32)
        x[:, :, :, :6] = 1.0
        return Arrays(name, x, np.arange(COUNT) % 2, x, np.arange(COUNT) % 2, n_classes=2)

    for name, mirrored in (("cifar10", True), ("npz", False)):
        seen, _ = fit(ready(lambda name=name: load(name), augment=True), tmp_path, 1)
        lit_right = torch.cat([x[:, 0, 6, 11] for _, x, _ in seen["train"]])
        assert bool(lit_right.any()) is mirrored


def test_augmentation_is_drawn_anew_each_epoch_and_alike_when_an_epoch_is_repeated():
    datamodule = ready(augment=True)
    batch = next(iter(datamodule.train_dataloader()))
    drawn = []
    for epoch in (0, 1, 0):
        datamodule.trainer = SimpleNamespace(training=True, current_epoch=epoch)
        drawn.append(datamodule.on_after_batch_transfer(batch, 0)[0])
    assert not torch.equal(drawn[0], drawn[1])
    assert torch.equal(drawn[0], drawn[2])


def test_without_a_trainer_nothing_is_augmented():
    datamodule = ready(augment=True)
    batch = next(iter(datamodule.train_dataloader()))
    assert datamodule.on_after_batch_transfer(batch, 0) is batch


def test_reading_the_data_before_setup_says_what_to_do():
    with pytest.raises(RuntimeError, match=r"call prepare_data\(\) and setup\(\) first"):
        _ = GeodlDataModule(images).spec


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"batch_size": 49},
            r"data\.batch_size: expected an integer in 1\.\.48 \(the training samples\), found 49; lower data\.",
        ),
        ({"batch_size": 25, "n_train": 24}, r"data\.batch_size: expected an integer in 1\.\.24"),
        ({"batch_size": 0}, r"data\.batch_size: expected an integer >= 1, found 0"),
        ({"n_train": 0}, r"data\.n_train: expected an integer >= 1"),
        ({"label_noise": -0.1}, r"data\.label_noise: expected a finite number in \[0, 1\]"),
        ({"normalize": None}, r"data\.normalize: expected one of none, unit, channel, found None"),
        ({"augment": "yes"}, r"data\.augment: expected true or false, found 'yes'"),
        ({"drop_last": 1}, r"data\.drop_last: expected true or false, found 1"),
        ({"seed": -1}, r"data\.seed: expected an integer >= 0, found -1"),
        ({"evaluation_batch_size": 0}, r"data\.evaluation_batch_size: expected an integer >= 1"),
    ],
)
def test_bad_options_are_named(options, message):
    with pytest.raises(ConfigError, match=message):
        ready(**options)


def test_vectors_cannot_be_augmented():
    datamodule = build_datamodule("blobs", augment=True)
    with pytest.raises(ConfigError, match=r"data\.augment: expected false for data=blobs, whose samples are vectors"):
        datamodule.setup()
