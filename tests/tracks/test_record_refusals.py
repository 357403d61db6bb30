from __future__ import annotations

import pytest
import torch
from torch import nn

from geodl.errors import ConfigError, TrackError
from geodl.tracks import record_track
from tests.tracks.test_record import IMAGE, small_network


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"inputs": torch.zeros(0, *IMAGE)}, TrackError, r"inputs: expected .* n >= 1 .* found shape \(0, 3, 8, 8\)"),
        ({"inputs": torch.zeros(1, *IMAGE)}, TrackError, "inputs: expected at least 2 samples, found 1"),
        ({"inputs": [1.0]}, TrackError, r"inputs: expected batches that are a tensor, .* found float"),
        ({"inputs": []}, TrackError, r"inputs: expected n >= 1 samples, found none"),
        ({"inputs": "images"}, TrackError, r"inputs: expected a tensor .* found str"),
        ({"inputs": None}, TrackError, r"inputs: expected a tensor .* found NoneType"),
        ({"inputs": torch.zeros(4, 3, 9, 8)}, TrackError, r"MLP takes, found float32 \(1, 3, 9, 8\), .* RuntimeError"),
        (
            {"tokens": "frist"},
            ConfigError,
            r"track\.tokens: expected one of all, last, mean, cls, flatten, found 'frist'",
        ),
        ({"nonfinite": "ignore"}, ConfigError, "nonfinite: expected one of raise, keep, found 'ignore'"),
        ({"pool": "maen"}, ConfigError, r"track\.pool: expected one of none, mean, found 'maen'; did you mean 'mean'"),
        ({"batch_size": 0}, ConfigError, r"track\.batch_size: expected a whole number >= 1, found 0"),
        ({"read_outs": ["block.0"]}, TrackError, r"did you mean 'blocks\.0'"),
        ({"labels": [0.5, 1.0]}, TrackError, "labels: expected integers, found torch.float32"),
        ({"labels": [1]}, TrackError, r"labels: expected 2 integers, one per sample, found shape \(1,\)"),
        ({"sample_ids": [1, 2, 3]}, TrackError, r"sample_ids: expected 2 integers, one per sample, found shape \(3,\)"),
        ({"epoch": -1}, TrackError, "epoch: expected None or a whole number of completed epochs >= 0, found -1"),
    ],
)
def test_wrong_arguments_are_refused_by_name(options, error, message):
    arguments = {"inputs": torch.zeros(2, *IMAGE)} | options
    with pytest.raises(error, match=message):
        record_track(small_network("resnet_mlp"), arguments.pop("inputs"), **arguments)


def test_a_network_without_repeated_blocks_is_refused():
    with pytest.raises(
        TrackError, match=r"read_outs: expected repeated blocks in Linear, .* found none; name the states"
    ):
        record_track(nn.Linear(2, 2), torch.zeros(2, 2))


def test_a_state_without_the_samples_first_is_refused():
    network = nn.Sequential(nn.Unflatten(1, (2, 2)), nn.Flatten(0, 1))
    with pytest.raises(TrackError, match=r"read_outs: expected .* at '1', found .*samples first"):
        record_track(network, torch.zeros(3, 4), read_outs=["1"])


def test_mean_pooling_refuses_a_map_of_which_nothing_tells_the_channels():
    network = nn.Sequential(nn.Unflatten(1, (2, 2, 2)))
    with pytest.raises(
        TrackError, match=r"track\.pool: expected states .* found \(3, 2, 2, 2\) at '0', where no layer"
    ):
        record_track(network, torch.randn(3, 8), read_outs=["0"], pool="mean")
    x = torch.randn(3, 8)
    (pooled,) = record_track(network, x, read_outs=["0"], pool=lambda state: state.mean(dim=(2, 3))).states
    assert torch.equal(pooled, x.reshape(3, 2, 2, 2).mean(dim=(2, 3)))


def test_labels_beside_a_loader_that_shuffles_are_refused():
    x = torch.randn(6, *IMAGE)
    model, data, labels = small_network(), torch.utils.data.TensorDataset(x), torch.arange(6)
    loader = torch.utils.data.DataLoader(data, batch_size=2, shuffle=True)
    for columns in ({"labels": labels}, {"sample_ids": labels}):
        with pytest.raises(TrackError, match=r"labels: expected samples in the order of the labels, .* RandomSampler"):
            record_track(model, loader, **columns)
    in_order = torch.utils.data.DataLoader(data, batch_size=2)
    assert torch.equal(record_track(model, in_order, labels=labels).labels, labels)
