"""What passes through a model is drawn as every probe set is."""

from __future__ import annotations

import torch

from geodl.data import build_datamodule
from geodl.models import load_samples

TRACK = {"n_samples": None, "split": "train", "seed": 0}
DIGITS = {"name": "digits", "batch_size": 5000, "augment": False, "drop_last": True, "normalize": "channel"}


def test_samples_are_the_probe_set_of_training_whatever_its_batch_size():
    samples = load_samples(DIGITS, {**TRACK, "n_samples": 60, "seed": 3})
    datamodule = build_datamodule("digits")
    datamodule.setup()
    probe = datamodule.probe(60, "train", 3)
    assert torch.equal(samples.x, probe.x)
    assert samples.digest == probe.digest
    assert str(samples) == "images of 1x8x8 (data=digits)"


def test_without_a_number_there_are_500_or_all_that_can_be_balanced():
    assert load_samples(DIGITS, TRACK).n_samples == 500
    held_out = load_samples(DIGITS, {**TRACK, "split": "test"})
    counts = torch.bincount(held_out.labels)
    assert held_out.n_samples < 360
    assert counts.min() == counts.max()


def test_sentences_come_with_their_topics():
    samples = load_samples({"name": "sentences", "path": None, "max_length": 64}, {**TRACK, "n_samples": 30})
    assert samples.n_samples == 30
    assert samples.class_names[samples.labels[0]] == "datasets"
    assert samples.shape == ()
