"""Losses, optimizers, schedules and metrics of the LightningModule."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from geodl.errors import TrainingDivergedError
from geodl.module import ClassifierModule
from geodl.records.metrics import EpochMetricsLogger
from tests.callbacks.small import datamodule, fit, module

SGD = {"name": "sgd", "lr": 0.1, "weight_decay": 0.01, "decay": "weights", "momentum": 0.0, "nesterov": False}
ADAM = {"name": "adam", "lr": 0.1, "weight_decay": 0.01, "decay": "weights", "beta1": 0.9, "beta2": 0.999}


def make(network=None, optimizer=SGD, loss="cross_entropy", smoothing=0.0, scheduler=None, max_epochs=10):
    return ClassifierModule(
        nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3)) if network is None else network,
        n_classes=3,
        optimizer=optimizer,
        loss={"name": loss, "label_smoothing": smoothing},
        scheduler=scheduler or {"name": "constant"},
        max_epochs=max_epochs,
    )


def test_cross_entropy_with_smoothing_is_the_formula():
    logits, labels = torch.tensor([[2.0, 0.0, -1.0], [0.0, 1.0, 0.5]]), torch.tensor([0, 2])
    log_p = np.log(np.exp(logits.numpy()) / np.exp(logits.numpy()).sum(1, keepdims=True))
    target = 0.9 * np.eye(3)[labels] + 0.1 / 3
    assert float(make(smoothing=0.1).loss(logits, labels)) == pytest.approx(-(target * log_p).sum(1).mean(), rel=1e-6)


def test_mse_is_the_formula():
    logits, labels = torch.tensor([[2.0, 0.0, -1.0], [0.0, 1.0, 0.5]]), torch.tensor([0, 2])
    by_hand = ((logits.numpy() - np.eye(3)[labels]) ** 2).sum(1).mean() / 3
    assert float(make(loss="mse").loss(logits, labels)) == pytest.approx(by_hand, rel=1e-6)


@pytest.mark.parametrize(
    ("options", "kind"),
    [(SGD, torch.optim.SGD), (ADAM, torch.optim.Adam), ({**ADAM, "name": "adamw"}, torch.optim.AdamW)],
)
@pytest.mark.parametrize(("decay", "of_the_rest"), [("weights", 0.0), ("all", 0.01)])
def test_which_parameters_decay_is_explicit(options, kind, decay, of_the_rest):
    made = make(optimizer={**options, "decay": decay})
    optimizer = made.configure_optimizers()["optimizer"]
    assert type(optimizer) is kind
    decays = {id(p): group["weight_decay"] for group in optimizer.param_groups for p in group["params"]}
    layer, norm = made.network
    assert decays[id(layer.weight)] == 0.01
    assert decays[id(layer.bias)] == decays[id(norm.weight)] == decays[id(norm.bias)] == of_the_rest
    assert len(decays) == len(list(made.parameters()))


def test_decay_of_sgd_is_coupled_and_of_adamw_decoupled():
    for options, expected in ((SGD, 1 - 0.1 * 0.01), ({**ADAM, "name": "adamw"}, 1 - 0.1 * 0.01)):
        made = make(nn.Linear(4, 3, bias=False), options)
        before = made.network.weight.detach().clone()
        optimizer = made.configure_optimizers()["optimizer"]
        made.network.weight.grad = torch.zeros_like(before)
        optimizer.step()
        assert torch.allclose(made.network.weight, before * expected, rtol=1e-6)
    coupled = make(nn.Linear(4, 3, bias=False), ADAM)  # Adam normalises the penalty's gradient away: steps of size lr
    before = coupled.network.weight.detach().clone()
    optimizer = coupled.configure_optimizers()["optimizer"]
    coupled.network.weight.grad = torch.zeros_like(before)
    optimizer.step()
    assert torch.allclose(coupled.network.weight, before - 0.1 * before.sign(), atol=1e-4)


@pytest.mark.parametrize(
    ("scheduler", "expected"),
    [
        ({"name": "constant"}, lambda k: 0.1),
        ({"name": "cosine", "final_fraction": 0.0}, lambda k: 0.05 * (1 + math.cos(math.pi * k / 10))),
        ({"name": "cosine", "final_fraction": 0.1}, lambda k: 0.01 + 0.045 * (1 + math.cos(math.pi * k / 10))),
        ({"name": "step", "milestones": [0.5, 0.75], "gamma": 0.1}, lambda k: 0.1 * 0.1 ** ((k >= 5) + (k >= 8))),
    ],
)
def test_schedules(scheduler, expected):
    made = make(scheduler=scheduler)
    configured = made.configure_optimizers()
    optimizer, schedule = configured["optimizer"], configured["lr_scheduler"]["scheduler"]
    for epoch in range(10):
        assert optimizer.param_groups[0]["lr"] == pytest.approx(expected(epoch))
        optimizer.step()
        schedule.step()


def test_accuracy_and_loss_are_those_of_the_whole_split_in_eval_mode(tmp_path):
    data = datamodule()
    csv = EpochMetricsLogger(tmp_path / "metrics.csv")
    _, trained = fit([], folder=tmp_path, logger=csv, max_epochs=2, data=data)
    trained.eval()
    tensors = data.tensors
    for split, x, y in (("train", tensors.x_train, tensors.y_train), ("test", tensors.x_test, tensors.y_test)):
        with torch.no_grad():
            logits = trained(x)
        accuracy = float((logits.argmax(1) == y).double().mean())
        assert csv.rows[2][f"{split}/accuracy"] == pytest.approx(accuracy, abs=1e-7)
        assert csv.rows[2][f"{split}/loss"] == pytest.approx(float(trained.loss(logits, y)), rel=1e-5)


def test_a_loss_that_is_not_finite_stops_training_and_names_the_epoch(tmp_path):
    with pytest.raises(TrainingDivergedError, match=r"expected a finite number, found .* in epoch 1, batch \d"):
        fit([], folder=tmp_path, trained=module(3, lr=1e30))
