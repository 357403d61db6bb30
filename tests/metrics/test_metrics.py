"""Both metrics under torchmetrics' own conventions: equal to the pure functions, whatever the batches and processes."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torchmetrics import Metric, MetricCollection

from geodl.errors import TrackError
from geodl.metrics import LineShapeScore, OptimalTransportScore
from geodl.scores import line_shape_score, optimal_transport_score

SIZES = (7, 1, 12, 4)
METRICS = [LineShapeScore, OptimalTransportScore]


def batches(sizes=SIZES, *, seed=0, n_states=4, shape=(2, 3), dtype=torch.float32):
    torch.manual_seed(seed)
    return [[torch.randn(size, *shape).to(dtype) for _ in range(n_states)] for size in sizes]


def joined(states):
    return [torch.cat(parts).flatten(1) for parts in zip(*states, strict=True)]


def pure(metric_class, states):
    states = joined(states)
    return (
        line_shape_score(states) if metric_class is LineShapeScore else optimal_transport_score(states[0], states[-1])
    )


@pytest.fixture(params=METRICS)
def kind(request):
    return request.param


@pytest.fixture
def filled(kind):
    metric = kind()
    for states in batches():
        metric.update(states)
    return metric


def same(result, expected):
    assert result.value == expected.value
    assert result.reason == expected.reason
    assert result.details == expected.details
    assert np.array_equal(result.per_sample, expected.per_sample)


def test_equal_to_the_pure_function_on_all_samples_bit_for_bit(kind, filled):
    value = filled.compute()
    assert value.shape == ()
    assert value.dtype == torch.float64
    expected = pure(kind, batches())
    assert value.item() == expected.value
    same(filled.result, expected)


def test_the_class_attributes_are_set_and_constant(kind):
    assert issubclass(kind, Metric)
    assert (kind.is_differentiable, kind.full_state_update) == (False, False)
    assert kind.higher_is_better == (kind is OptimalTransportScore)
    assert kind.plot_lower_bound == (1.0 if kind is LineShapeScore else 0.0)
    assert kind.plot_upper_bound == (None if kind is LineShapeScore else 1.0)
    with pytest.raises(RuntimeError, match="Can't change const"):
        kind().higher_is_better = None


def test_forward_returns_the_batch_and_keeps_the_whole(kind):
    metric = kind()
    for states in batches((5, 6)):
        assert metric(states).item() == pure(kind, [states]).value
    same(metric.result, pure(kind, batches((5, 6))))


def test_reset_forgets(kind, filled):
    filled.compute()
    filled.reset()
    assert not filled.update_called
    states = batches((9,), seed=3, n_states=6, shape=(5,))  # another leg altogether
    filled.update(states[0])
    same(filled.result, pure(kind, states))


def test_the_result_is_cached_with_the_value_and_never_stale(kind, filled, monkeypatch):
    counted = []
    score = kind.score
    monkeypatch.setattr(kind, "score", lambda self: counted.append(1) or score(self))
    filled.compute()
    assert filled.result is filled.result
    assert len(counted) == 1
    extra = batches((3,), seed=5)[0]
    filled.update(extra)
    same(filled.result, pure(kind, [*batches(), extra]))


def test_pickling_cloning_and_hashing(kind, filled):
    expected = filled.compute()
    for copy in (pickle.loads(pickle.dumps(filled)), filled.clone()):
        assert torch.equal(copy.compute(), expected)
        copy.update(batches((2,), seed=9)[0])
        same(copy.result, pure(kind, [*batches(), *batches((2,), seed=9)]))
    assert hash(filled.clone()) != hash(filled)
    assert filled.state_dict() == {}


def test_merging_is_concatenation_also_after_compute(kind, filled):
    other = kind()
    later = batches((6, 2), seed=1)
    for states in later:
        other.update(states)
    filled.compute()
    other.merge_state(filled)
    same(other.result, pure(kind, [*batches(), *later]))
    fresh = kind()
    fresh.merge_state(filled)
    same(fresh.result, pure(kind, batches()))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_any_precision_is_read_exactly(kind, dtype):
    metric = kind()
    for states in batches(dtype=dtype):
        metric.update(states)
    same(metric.result, pure(kind, batches(dtype=dtype)))


@pytest.mark.parametrize(
    "convert",
    [
        lambda m: m.half(),
        lambda m: m.float(),
        lambda m: m.bfloat16(),
        lambda m: m.set_dtype(torch.half),
        lambda m: m.to(torch.float16),
        lambda m: m.to("cpu"),
        lambda m: torch.nn.ModuleList([m]).half()[0],
        lambda m: torch.nn.ModuleList([m]).to(torch.bfloat16)[0],
    ],
)
def test_no_conversion_costs_precision(kind, filled, convert):
    before = filled.compute()
    converted = convert(filled)
    assert converted.compute().dtype == torch.float64
    converted.update(batches((1,), seed=2)[0])
    same(converted.result, pure(kind, [*batches(), *batches((1,), seed=2)]))
    assert before.item() == pure(kind, batches()).value
    assert converted.dtype == torch.float64


def test_a_collection_takes_states_by_position_or_by_name():
    collection = MetricCollection({"lss": LineShapeScore(), "ots": OptimalTransportScore()})
    named = MetricCollection([LineShapeScore(), OptimalTransportScore()])
    for states in batches():
        collection.update(states)
        named.update(states=states, first=states[0], last=states[-1])
    values, by_name = collection.compute(), named.compute()
    assert values["lss"].item() == by_name["LineShapeScore"].item() == pure(LineShapeScore, batches()).value
    assert (
        values["ots"].item() == by_name["OptimalTransportScore"].item() == pure(OptimalTransportScore, batches()).value
    )


def test_nothing_given_is_nan_with_a_reason(kind):
    with pytest.warns(UserWarning, match="before the ``update`` method"):
        assert torch.isnan(kind().compute())
    metric = kind()
    metric.update(batches((1,))[0])
    assert torch.isnan(metric.compute())
    assert "1 sample, and a score needs at least 2" in metric.result.reason
    assert metric.result.reason
    metric.update(batches((1,), seed=1)[0])
    assert metric.result.valid


def test_an_empty_batch_changes_nothing(kind, filled):
    filled.update(batches((0,))[0])
    same(filled.result, pure(kind, batches()))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e200])
def test_states_that_cannot_be_scored_are_nan_with_a_reason_until_reset(kind, value):
    metric = kind()
    states = batches((4, 4), dtype=torch.float64)
    states[1][0][2, 0, 0] = value
    for batch in states:
        metric.update(batch)
    assert torch.isnan(metric.compute())
    assert "NaN" in metric.result.reason or "overflow" in metric.result.reason
    metric.reset()
    metric.update(states[0])
    assert metric.result.valid


def test_zero_steps_are_counted_over_batches():
    metric = LineShapeScore()
    states = batches((4, 4))
    for batch in states:
        batch[2][1:3] = batch[1][1:3]
        metric.update(batch)
    assert metric.result.details["zero_steps"] == 4
    same(metric.result, line_shape_score(joined(states)))


@pytest.mark.parametrize(
    ("states", "message"),
    [
        ([torch.zeros(3, 2)], "states: expected two or more states"),
        ([torch.zeros(3, 2), torch.zeros(3, 4)], r"found \[\(3, 2\), \(3, 4\)\]"),
        ([torch.zeros(3), torch.zeros(3)], r"states\[0\]: expected real numbers of shape"),
        ([torch.zeros(3, 2, dtype=torch.complex64)] * 2, "complex64"),
    ],
)
def test_what_is_no_leg_is_refused(states, message):
    with pytest.raises(TrackError, match=message):
        LineShapeScore().update(states)


def test_pairs_of_different_shapes_are_refused():
    with pytest.raises(TrackError, match="last: expected the shape of first"):
        OptimalTransportScore().update(torch.zeros(3, 2), torch.zeros(3, 4))


def test_batches_of_different_legs_are_refused(kind):
    metric = kind()
    metric.update(batches((3,))[0])
    metric.update(batches((3,), n_states=5, shape=(7,))[0])
    with pytest.raises(TrackError, match="in every update"):
        metric.compute()


def test_plotted(kind, filled):
    import matplotlib.pyplot as plt

    figure, _ = filled.plot()
    plt.close(figure)


def test_logged_by_a_lightning_module(tmp_path):
    class Module(pl.LightningModule):
        def __init__(self):
            super().__init__()
            self.layers = torch.nn.ModuleList(torch.nn.Linear(3, 3) for _ in range(3))
            self.lss, self.ots = LineShapeScore(), OptimalTransportScore()

        def validation_step(self, batch, batch_idx):
            states = [batch[0]]
            for layer in self.layers:
                states.append(layer(states[-1]))
            self.lss.update(states)
            self.ots.update(states[0], states[-1])
            self.log_dict({"lss": self.lss, "ots": self.ots}, on_epoch=True)

    torch.manual_seed(0)
    module, x = Module(), torch.randn(20, 3)
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x), batch_size=6)
    trainer = pl.Trainer(accelerator="cpu", logger=False, enable_progress_bar=False, enable_checkpointing=False)
    (logged,) = trainer.validate(module, loader, verbose=False)
    states = [x]
    for layer in module.layers:
        states.append(layer(states[-1]))
    assert logged["lss"] == pytest.approx(line_shape_score(states).value, rel=1e-6)
    assert logged["ots"] == pytest.approx(optimal_transport_score(states[0], states[-1]).value)
