"""A probe is read once: the same samples ever after, whatever they came in, and no generator moves."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from geodl.errors import ConfigError
from geodl.fixed_probe import fix_probe
from geodl.probe_recorder import ProbeRecorder
from geodl.tracks import record_track

X, Y = torch.arange(24.0).reshape(8, 3), torch.arange(8) % 2


class Stream(IterableDataset):
    def __iter__(self):
        return iter(X)


class Foreign:
    """A data set of another library: numbered, with a length, no torch Dataset; draws from every generator."""

    def __len__(self):
        return 8

    def __getitem__(self, index):
        noise = random.random() + np.random.rand() + float(torch.rand(()))  # noqa: NPY002
        return {"x": X[index] + noise, "labels": int(Y[index])}


def model():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), *(nn.Sequential(nn.Linear(4, 4), nn.Tanh()) for _ in range(3)))


@pytest.mark.parametrize(
    "probe",
    [
        X,
        TensorDataset(X),
        TensorDataset(X, Y),
        DataLoader(TensorDataset(X, Y), batch_size=3),
        Stream(),
        [X[:3], X[3:]],
        [(X[:3], Y[:3]), (X[3:], Y[3:])],
    ],
)
def test_whatever_it_came_in_the_samples_are_the_same(probe):
    track = ProbeRecorder(fix_probe(probe, batch_size=8)).record(model())
    expected = record_track(model(), X)
    assert track.names == expected.names
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(track.states, expected.states, strict=True))
    assert track.metadata["probe"] == fix_probe(probe, batch_size=8).metadata["probe"]


def test_later_changes_of_the_tensor_do_not_matter():
    x = X.clone()
    probe = fix_probe(x)
    x.zero_()
    assert torch.equal(probe.inputs, X)


def test_the_digest_tells_samples_names_and_types_apart():
    kinds = [X, X.double(), X[:7], X + 1, {"x": X}, {"y": X}, {"x": X, "labels": Y}, [X]]
    digests = [fix_probe(kind).metadata["probe"] for kind in kinds]
    assert len(set(digests)) == len(kinds)
    assert fix_probe({"b": X, "a": Y}).metadata == fix_probe({"a": Y, "b": X}).metadata


def test_no_generator_moves_and_nothing_is_drawn_anew():
    states = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    probe = fix_probe(Foreign(), batch_size=5)
    assert torch.equal(torch.get_rng_state(), states[0])
    assert (random.getstate(), np.random.get_state()[1].tolist()) == states[1:]  # noqa: NPY002
    assert [len(batch["labels"]) for batch in probe.inputs] == [5, 3]
    assert not torch.equal(probe.inputs[0]["x"], X[:5])


def test_inputs_follow_the_precision_of_the_network():
    probe = fix_probe({"x": X, "ids": Y})
    inputs = probe.inputs_for(model().double())
    assert (inputs["x"].dtype, inputs["ids"].dtype) == (torch.float64, torch.int64)
    mixed = nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2).half()])
    assert probe.inputs_for(mixed)["x"].dtype == torch.float32  # no dtype in common: as it came


def test_read_outs_are_chosen_once_and_what_was_said_of_them_stays():
    network = nn.Sequential(*model(), nn.LayerNorm(4))
    recorder = ProbeRecorder(fix_probe(X), include_final_norm=True)
    first, second = recorder.record(network, epoch=0), recorder.record(network, epoch=1)
    assert first.names == second.names
    assert first.names[-1] == "4"
    for key in ("read_outs", "final_norm"):
        assert first.metadata[key] == second.metadata[key]
    assert second.metadata["final_norm"].startswith("included: 4")


@pytest.mark.parametrize(
    ("probe", "message"),
    [
        (None, "found NoneType"),
        ("x", "found str"),
        ((X, Y), "found tuple"),
        ([], "found no batch"),
        (TensorDataset(X[:0]), "found an empty Dataset"),
        (DataLoader(TensorDataset(X), shuffle=True), "found a DataLoader that shuffles; pass its dataset"),
    ],
)
def test_what_is_no_probe_is_refused(probe, message):
    with pytest.raises(ConfigError, match=f"probe: expected .*{message}"):
        fix_probe(probe)
