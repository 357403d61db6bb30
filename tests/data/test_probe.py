"""The probe set is fixed: nothing but n, split and seed changes which samples it holds."""

from __future__ import annotations

import pytest
import torch

from geodl.data import build_datamodule
from geodl.errors import ConfigError


def ready(**options):
    datamodule = build_datamodule("digits", **options)
    datamodule.setup()
    return datamodule


@pytest.fixture(scope="module")
def plain():
    return ready()


@pytest.mark.parametrize(
    "options",
    [
        {"batch_size": 7, "drop_last": False},
        {"augment": True},
        {"seed": 5},
        {"evaluation_batch_size": 3},
    ],
)
def test_training_options_do_not_change_the_probe(plain, options):
    assert ready(**options).probe(200).digest == plain.probe(200).digest


def test_label_noise_keeps_the_samples_and_changes_the_labels(plain):
    clean, noisy = plain.probe(200), ready(label_noise=1.0).probe(200)
    assert torch.equal(clean.x, noisy.x)
    assert torch.equal(clean.sample_ids, noisy.sample_ids)
    assert not torch.equal(clean.labels, noisy.labels)
    assert clean.digest == noisy.digest


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("n", [20, 107, 200])
def test_classes_are_balanced_and_samples_are_those_of_the_split(plain, split, n):
    probe = plain.probe(n, split, seed=3)
    counts = torch.bincount(probe.labels, minlength=10)
    assert probe.n_samples == n == int(counts.sum())
    assert int(counts.max() - counts.min()) <= 1
    x, y = (getattr(plain.tensors, f"{letter}_{split}") for letter in "xy")
    assert torch.equal(probe.x, x[probe.sample_ids])
    assert torch.equal(probe.labels, y[probe.sample_ids])
    assert torch.equal(probe.sample_ids, probe.sample_ids.unique())


def test_ids_are_those_of_the_source_when_a_subset_is_trained_on(plain):
    part = ready(n_train=500, normalize="none")
    probe = part.probe(100)
    assert set(probe.sample_ids.tolist()) <= set(part.tensors.train_ids.tolist())
    assert torch.equal(probe.x, ready(normalize="none").tensors.x_train[probe.sample_ids])


def test_seed_split_and_size_change_the_probe(plain):
    digests = {plain.probe(100, split, seed).digest for split in ("train", "test") for seed in (0, 1)}
    assert len({*digests, plain.probe(110).digest}) == 5


def test_probing_and_writing_to_a_probe_leave_data_and_global_state_alone(plain):
    before, state = plain.tensors.x_train.clone(), torch.get_rng_state()
    plain.probe(100).x.zero_()
    assert torch.equal(plain.tensors.x_train, before)
    assert torch.equal(torch.get_rng_state(), state)


def test_digest_sees_samples_ids_and_shape_and_not_labels(plain):
    from dataclasses import replace

    probe = plain.probe(20)
    changed = [
        replace(probe, x=probe.x + 1),
        replace(probe, sample_ids=probe.sample_ids + 1),
        replace(probe, x=probe.x.flatten(1)),
    ]
    assert len({probe.digest, *(other.digest for other in changed)}) == 4
    assert replace(probe, labels=probe.labels.flip(0)).digest == probe.digest
    assert len(probe.digest) == 64


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1439, "train"), r"track\.n_samples: expected an integer in 20\.\.1438 \(2 a class to the train samples\)"),
        ((19, "train"), r"track\.n_samples: expected an integer in 20\.\.1438 .*found 19"),
        (
            (1438, "train"),
            r"track\.n_samples: expected an integer in 20\.\.1390 .* class 8 is the smallest.*lower track",
        ),
        ((50, "val"), r"track\.split: expected one of train, test, found 'val'"),
        ((50, "train", -1), r"track\.seed: expected an integer >= 0, found -1"),
        ((50.0, "train"), r"track\.n_samples: expected an integer"),
    ],
)
def test_bad_requests_name_their_key(plain, arguments, message):
    with pytest.raises(ConfigError, match=message):
        plain.probe(*arguments)
