"""A loop written by hand, watched: early errors, kept history, files that are whole, training as without."""

from __future__ import annotations

import csv
import json
import math
import random

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from geodl.errors import ConfigError, RunFolderError, TrackError
from geodl.monitor import Monitor
from geodl.scores import line_shape_score
from tests.callbacks.foreign import Backbone, samples

X, Y = samples(12)


def loop(watch=None, *, epochs=2, width=8, fail_at=None):
    """Train for some epochs with dropout, batch norm and a shuffling loader; call ``watch`` in between."""
    torch.manual_seed(0)
    model = Backbone(width)
    model.layers[1].eval()  # a frozen block, whose flag must survive
    optimizer = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9)
    loader = DataLoader(TensorDataset(*samples()), batch_size=8, shuffle=True)

    def run(log):
        log(0)
        for epoch in range(1, epochs + 1):
            for x, y in loader:
                optimizer.zero_grad()
                nn.functional.cross_entropy(model(x), y).backward()
                optimizer.step()
            log(epoch)
            if epoch == fail_at:
                raise RuntimeError("out of memory")

    if watch is None:
        run(lambda step: None)
    else:
        watch(model, run)
    return model


def test_training_is_bit_identical_with_and_without():
    def watched(model, run):
        with Monitor(model, TensorDataset(*samples()), batch_size=7) as monitor:
            run(monitor.log)

    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
    without = loop()
    states = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
    with_it = loop(watched)
    again = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    assert torch.equal(states[0], again[0])
    assert states[1:] == again[1:]
    for name, value in without.state_dict().items():
        assert torch.equal(value, with_it.state_dict()[name]), name
    assert [m.training for m in without.modules()] == [m.training for m in with_it.modules()]
    assert all(torch.equal(a.grad, b.grad) for a, b in zip(without.parameters(), with_it.parameters(), strict=True))


def test_history_files_and_the_log_function_agree(tmp_path):
    sent = []

    def watched(model, run):
        with Monitor(model, X, log=lambda values, step: sent.append((step, values)), path=tmp_path / "new") as monitor:
            run(monitor.log)
            (leg,) = monitor.track.legs()
            assert monitor.history[-1]["geometry/lss"] == line_shape_score(leg.states).value
            assert monitor.track.metadata["step"] == "2"
            assert str(monitor.scores).startswith("Scores of Backbone: 12 samples")
            assert [{"step": step, **values} for step, values in sent] == monitor.history

    loop(watched)
    rows = list(csv.DictReader((tmp_path / "new" / "metrics.csv").read_text().splitlines()))
    assert [row["step"] for row in rows] == ["0", "1", "2"]
    assert [float(row["geometry/lss"]) for row in rows] == [values["geometry/lss"] for _, values in sent]
    lines = [json.loads(line) for line in (tmp_path / "new" / "scores.jsonl").read_text().splitlines()]
    assert {line["step"] for line in lines} == {0, 1, 2}
    assert lines[0]["final_norm"] == "none"
    assert "epoch" not in lines[0]


def test_an_exception_of_the_loop_goes_on_and_the_history_stays(tmp_path):
    kept = []

    def watched(model, run):
        with Monitor(model, X, path=tmp_path) as monitor:
            kept.append(monitor)
            run(monitor.log)

    with pytest.raises(RuntimeError, match="out of memory"):
        loop(watched, fail_at=1)
    assert [row["step"] for row in kept[0].history] == [0, 1]
    assert len((tmp_path / "metrics.csv").read_text().splitlines()) == 3
    assert kept[0].scores.metrics["n_samples"] == 12
    assert kept[0].log(2)["geometry/n_samples"] == 12  # the hooks are not the block's: it can be asked again


def test_a_log_function_that_fails_costs_no_number():
    def broken(values, step):
        raise ConnectionError("offline")

    with Monitor(Backbone(), X, log=broken) as monitor:
        with pytest.raises(ConnectionError):
            monitor.log(0)
        assert len(monitor.history) == 1


def test_read_outs_stay_what_they_were_and_a_diverged_model_is_nan_with_a_reason(caplog):
    model = Backbone()
    with Monitor(model, X) as monitor:
        names = monitor.track.names
        monitor.log(0)
        with torch.no_grad():
            model.layers[1].linear.weight.fill_(math.nan)
        row = monitor.log(1)
    assert monitor.track.names == names == ("layers.0:input", "layers.0", "layers.1", "layers.2")
    assert math.isnan(row["geometry/lss"])
    assert "NaN or infinite" in monitor.scores.reasons[0][2]
    assert "step 1, leg 0, line_shape is NaN" in caplog.text


class Identity(nn.Module):
    def forward(self, x):
        return x


@pytest.mark.parametrize(
    ("model", "probe", "options", "error", "message"),
    [
        (Backbone(), X[:1], {}, TrackError, "expected at least 2 samples"),
        (Backbone(), X[:, :3], {}, TrackError, "inputs|forward|shape"),
        (Backbone(), X, {"read_outs": ["layer.0"]}, TrackError, "read_outs: .*'layer.0'"),
        (Backbone(), X, {"scores": ["lss"]}, ConfigError, "scores: expected a list of names"),
        (Identity(), X, {}, TrackError, "read_outs: expected repeated blocks"),
        (Backbone(), 5, {}, ConfigError, "probe: expected a tensor"),
        ("model", X, {}, TrackError, "model: expected a torch.nn.Module"),
    ],
)
def test_mistakes_show_on_entering(model, probe, options, error, message):
    with pytest.raises(error, match=message), Monitor(model, probe, **options):
        pytest.fail("the block must not begin")


def test_weights_that_are_nan_are_named_on_entering():
    model = Backbone()
    nn.init.constant_(model.layers[2].linear.weight, math.nan)
    with pytest.raises(TrackError, match=r"layers\.2"), Monitor(model, X):
        pytest.fail("the block must not begin")


def test_outside_its_block_it_says_so():
    with pytest.raises(TrackError, match=r"with geodl\.Monitor"):
        Monitor(Backbone(), X).log(0)


@pytest.mark.parametrize("step", ["1", None, 2.5, True, 3, 2])
def test_steps_are_whole_numbers_that_rise(step):
    with Monitor(Backbone(), X, scores=["line_shape"]) as monitor:
        monitor.log(3)
        with pytest.raises(TrackError, match="step: expected a whole number above the last one, 3, found"):
            monitor.log(step)
        monitor.log(4)
    assert [row["step"] for row in monitor.history] == [3, 4]


def test_the_files_of_another_run_are_never_replaced(tmp_path):
    with Monitor(Backbone(), X, path=tmp_path) as monitor:
        monitor.log(0)
    with (
        pytest.raises(RunFolderError, match=r"without metrics.csv and scores.jsonl"),
        Monitor(Backbone(), X, path=tmp_path),
    ):
        pytest.fail("the block must not begin")
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(RunFolderError, match="expected a folder that can be written"),
        Monitor(Backbone(), X, path=tmp_path / "file"),
    ):
        pytest.fail("the block must not begin")


def test_wrapped_and_half_precision_models_are_watched():
    torch.manual_seed(0)
    plain = Backbone()
    rows = []
    for model in (plain, nn.DataParallel(plain), plain.double()):
        with Monitor(model, X) as monitor:
            rows.append(monitor.log(0))
    assert rows[0] == rows[1]
    assert rows[2]["geometry/lss"] == pytest.approx(rows[0]["geometry/lss"], rel=1e-4)
