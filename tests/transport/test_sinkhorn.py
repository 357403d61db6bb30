from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch

from geodl.errors import ConfigError
from geodl.transport import sinkhorn
from geodl.transport.sinkhorn import sinkhorn_potentials
from tests.transport.references import loop_cost, scipy_cost


def clouds(kind, n, d, seed=0):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(n, d)), rng.normal(size=(n, d))
    if kind == "moved":
        y = x + 0.3 * y
    if kind == "collapsed":
        y = rng.normal(size=(5, d))[np.arange(n) % 5] + 0.01 * y
    if kind == "far apart":
        x, y = 1e6 + x, 3.0 * y
    if kind == "of unequal sizes":
        x, y = 1e-20 * x, 1e20 * y
    if kind == "duplicates":
        x, y = rng.integers(2, size=(n, d)) * 1.0, rng.integers(3, size=(n, d)) * 1.0
    return x, y


KINDS = ("random", "moved", "collapsed", "far apart", "of unequal sizes", "duplicates")


def gap(x, y, v):
    """Relative gap of what the c-transform of v proves in float64."""
    u = (loop_cost(x, y) - v).min(axis=1)
    return 1.0 - (u.mean() + v.mean()) / scipy_cost(x, y)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("n", "d"), [(2, 3), (60, 2), (150, 16)])
def test_the_dual_value_is_within_a_percent_of_the_exact_cost(kind, n, d):
    x, y = clouds(kind, n, d)
    u, v, info = sinkhorn_potentials(x, y, device="cpu")
    assert -1e-9 <= gap(x, y, v) <= 0.01
    assert info.dual == pytest.approx(scipy_cost(x, y), rel=0.011)
    assert info.dual == pytest.approx(u.mean() + v.mean(), rel=1e-12)
    assert (loop_cost(x, y) - u[:, None] - v).min() >= -1e-4 * loop_cost(x, y).max()
    assert info.in_time
    assert info.rounds <= 16


def test_the_part_of_the_first_stage_serves_all_samples(monkeypatch):
    monkeypatch.setattr(sinkhorn, "_PART", 60)
    x, y = clouds("collapsed", 300, 8)
    _, v, _ = sinkhorn_potentials(x, y, device="cpu")
    assert gap(x, y, v) <= 0.01


def test_the_result_is_the_same_every_time_and_for_every_tile_up_to_rounding():
    x, y = clouds("moved", 200, 6)
    before = torch.random.get_rng_state()
    u, v, _ = sinkhorn_potentials(x, y, device="cpu")
    again_u, again_v, _ = sinkhorn_potentials(x, y, device="cpu")
    assert np.array_equal(u, again_u)
    assert np.array_equal(v, again_v)
    assert torch.equal(torch.random.get_rng_state(), before)
    _, tiled, _ = sinkhorn_potentials(x, y, device="cpu", tile_memory=1e4)
    assert gap(x, y, tiled) == pytest.approx(gap(x, y, v), abs=1e-4)


def test_a_cloud_of_one_point_has_its_norms_as_potentials():
    x = np.random.default_rng(0).normal(size=(40, 3))
    u, v, info = sinkhorn_potentials(x, np.ones((40, 3)), device="cpu")
    cost = loop_cost(x, np.ones((40, 3)))
    np.testing.assert_allclose(u[:, None] + v, cost, rtol=1e-12)
    assert (info.epsilon, info.rounds) == (0.0, 0)
    u, v, _ = sinkhorn_potentials(np.ones((3, 2)), np.ones((3, 2)), device="cpu")
    assert not u.any()
    assert not v.any()


def test_clouds_may_differ_in_size():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(80, 2)), rng.normal(size=(30, 2))
    u, v, info = sinkhorn_potentials(x, y, device="cpu")
    assert (len(u), len(v)) == (80, 30)
    assert (loop_cost(x, y) - u[:, None] - v).min() >= -1e-4
    assert info.dual > 0.0


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_make_nan_leave_potentials_that_are_feasible(bad):
    x = np.ones((5, 2))
    x[2, 1] = bad
    with np.errstate(invalid="ignore"):
        u, v, info = sinkhorn_potentials(x, np.eye(5)[:, :2], device="cpu")
    assert not u.any()
    assert not v.any()
    assert info.dual == 0.0


def test_without_time_one_round_is_done_and_said():
    x, y = clouds("random", 50, 4)
    _, v, info = sinkhorn_potentials(x, y, device="cpu", max_seconds=0.0)
    assert (info.rounds, info.in_time) == (1, False)
    assert gap(x, y, v) <= 1.0
    assert info.dual >= 0.0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"device": "tpu"}, "device: expected auto, cpu or cuda, found 'tpu'"),
        ({"rounds": 0}, "rounds: expected an integer >= 1, found 0"),
        ({"rounds": 2.0}, "rounds: expected an integer"),
    ],
)
def test_options_out_of_range_raise(options, words):
    with pytest.raises(ConfigError, match=words):
        sinkhorn_potentials(np.eye(2), np.eye(2), **options)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_a_configuration_error():
    with pytest.raises(ConfigError, match="expected a GPU"):
        sinkhorn_potentials(np.eye(2), np.eye(2), device="cuda")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_finds_as_good_potentials():
    x, y = clouds("collapsed", 200, 16)
    _, v, info = sinkhorn_potentials(x, y)
    assert info.device == "cuda"
    assert gap(x, y, v) <= 0.01


def test_importing_it_loads_no_torch():
    code = "import sys, geodl.transport.sinkhorn; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "False"
