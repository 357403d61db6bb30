from __future__ import annotations

import math
import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
import torch

from geodl.scores import kinetic_straightness, line_shape_score, path_straightness, score_leg
from geodl.scores.state_rows import as_source
from geodl.scores.states import as_states
from geodl.scores.track_pass import measure_tracks
from tests.scores.tracks import random_tracks

FIELDS = ("steps", "chords", "directions", "zero_steps", "bounded")


def loops(states):
    """Lengths by explicit loops over samples, states and features, without a square that could overflow."""
    n, steps, chords, directions, zero = len(states[0]), [], [], [], 0
    for i in range(n):
        rows = [[float(value) for value in state[i]] for state in states]
        lengths, summed = [], [0.0] * len(rows[0])
        for before, after in pairwise(rows):
            step = [b - a for a, b in zip(before, after, strict=True)]
            lengths.append(math.hypot(*step))
            largest = max(abs(value) for value in step)
            zero += largest == 0.0
            if largest > 0.0:
                unit = [value / 2.0 ** math.frexp(largest)[1] for value in step]
                summed = [s + value / math.hypot(*unit) for s, value in zip(summed, unit, strict=True)]
        steps.append(lengths)
        chords.append(math.hypot(*(b - a for a, b in zip(rows[0], rows[-1], strict=True))))
        directions.append(math.hypot(*summed))
    return np.array(steps).reshape(n, -1).T, np.array(chords), np.array(directions), zero


def assert_agrees(found, states):
    steps, chords, directions, zero = loops(states)
    np.testing.assert_allclose(found.steps, steps, rtol=1e-14, atol=0)
    np.testing.assert_allclose(found.chords, chords, rtol=1e-14, atol=0)
    np.testing.assert_allclose(found.directions, directions, rtol=1e-14, atol=1e-15)
    assert found.zero_steps == zero


def assert_same(found, expected):
    for name in FIELDS:
        assert np.array_equal(getattr(found, name), getattr(expected, name)), name


@pytest.mark.parametrize("size", [5e-324, 1e-310, 1e-200, 1e-140, 1.0, 1e100, 1e129, 1e139])
@pytest.mark.parametrize(("d", "steps"), [(1, 1), (2, 3), (33, 4), (700, 2)])
def test_it_agrees_with_explicit_loops_at_any_size(size, d, steps):
    states = [size * state for state in random_tracks(n=6, d=d, steps=steps)]
    assert_agrees(measure_tracks(states), states)


def test_steps_of_very_different_sizes_keep_their_directions():
    states = [np.zeros((4, 3)), np.full((4, 3), 1e-250), np.full((4, 3), [1e-250, 0.0, 3e-250])]
    states += [states[-1] + np.eye(4, 3), states[-1] + np.eye(4, 3), 1e139 * np.ones((4, 3))]
    found = measure_tracks(states)
    assert_agrees(found, states)
    assert found.zero_steps == 5  # all stand still in the fifth step, and the last sample in the fourth
    assert not found.bounded
    assert as_states(states).fault == ""


@pytest.mark.parametrize("d", [1, 2, 7, 16, 61, 256, 1031])
def test_neither_blocks_nor_threads_nor_precision_change_a_bit(d):
    narrow = [state.astype(np.float32) for state in random_tracks(n=37, d=d, steps=5)]
    narrow[3][::4] = narrow[2][::4]
    expected = measure_tracks(narrow, threads=1)
    for block_bytes in (1, 24 * d * 3, 24 * d * 11, 2**30):
        for threads in (1, 2, 5):
            assert_same(measure_tracks(narrow, block_bytes=block_bytes, threads=threads), expected)
    assert_same(measure_tracks([state.astype(np.float64) for state in narrow], block_bytes=99), expected)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_tensors_of_every_precision_equal_their_float64_values(dtype):
    tensors = [torch.tensor(state, dtype=dtype).requires_grad_() for state in random_tracks(n=23, d=40)]
    expected = measure_tracks([tensor.detach().double().numpy() for tensor in tensors])
    for form in (tensors, torch.stack(tensors), torch.stack(tensors, dim=2).detach().permute(2, 0, 1)):
        sources = as_states(form).sources
        for block_bytes in (1, 2**30):
            assert_same(measure_tracks(sources, block_bytes=block_bytes), expected)


def test_whole_numbers_and_mixed_precisions_are_read_too():
    states = [np.round(8 * state) for state in random_tracks(n=9)]
    expected = measure_tracks(states)
    kinds = (np.int16, np.float32, ">f4", np.float16, np.float64)
    assert_same(measure_tracks([s.astype(kind) for s, kind in zip(states, kinds, strict=True)]), expected)
    assert_same(measure_tracks([state.astype(">f4") for state in states], block_bytes=1), expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_may_lie_anywhere_in_memory(dtype):
    states = [state.astype(dtype) for state in random_tracks(n=20, d=6)]
    stack = np.stack(states)
    expected = measure_tracks(states)
    unaligned = (
        np.frombuffer(b"x" + stack.tobytes(), np.uint8)[1:].view(np.dtype(dtype).newbyteorder("=")).reshape(stack.shape)
    )
    wide = np.zeros((5, 40, 6), dtype)
    wide[:, ::2] = stack
    forms = (
        np.asfortranarray(stack),
        stack[:, ::-1][:, ::-1],
        stack[:, :, ::-1].copy()[:, :, ::-1],
        np.repeat(stack, 2, axis=2)[:, :, ::2],
        wide[:, ::2],
        unaligned,
    )
    for form in forms:
        for block_bytes in (1, 500, 2**30):
            assert_same(measure_tracks(as_states(form).sources, block_bytes=block_bytes), expected)
    backwards = measure_tracks([state[::-1] for state in states], block_bytes=500)
    assert np.array_equal(backwards.chords, expected.chords[::-1])
    still = [np.broadcast_to(state[:1], state.shape) for state in states]
    assert (measure_tracks(still).steps == expected.steps[:, :1]).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.float64])
def test_a_mapped_track_is_scored_with_little_memory_and_the_same_result(tmp_path, dtype):
    shape = (9, 4096, 128)  # 9.4 or 18.9 or 37.7 MB
    states = np.random.default_rng(0).standard_normal(shape, dtype=np.float32).astype(dtype)
    states.tofile(tmp_path / "track")
    scores = (line_shape_score, path_straightness, kinetic_straightness)
    expected = [score(list(states)) for score in scores]
    mapped = np.memmap(tmp_path / "track", dtype, "r", shape=shape)
    tracemalloc.start()
    leg = as_states(mapped)
    measure_tracks(leg.sources, block_bytes=2**18, threads=2)
    measured = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    results = [score(leg) for score in scores]
    scored = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    size = 8 * states.size
    assert measured < size / 20
    assert scored < size / (20 if dtype != np.float16 else 1.5)  # blocks of a few MiB hold much of so small a track
    for result, other in zip(results, expected, strict=True):
        assert result.value == other.value
        assert result.details == other.details


def test_a_recorded_folder_is_read_where_it_lies(tmp_path):
    state = torch.randn(64, 8)
    state.numpy().tofile(tmp_path / "state")
    mapped = torch.from_file(str(tmp_path / "state"), shared=False, size=512, dtype=torch.float32).reshape(64, 8)
    assert np.shares_memory(as_source(mapped, "state"), mapped.numpy())
    assert_same(
        measure_tracks(as_states([mapped, 2 * mapped]).sources), measure_tracks([state.numpy(), 2 * state.numpy()])
    )


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("where", [0, 2, 4])
def test_a_number_that_is_none_is_found_wherever_it_is(bad, where):
    for dtype in (np.float32, np.float64):
        states = [state.astype(dtype) for state in random_tracks(n=50, d=9)]
        states[where][17, 8] = bad
        assert not measure_tracks(states, block_bytes=1000).bounded
        assert as_states(states).fault == f"state {where} holds 1 value that is NaN or infinite"
        assert all(not result.valid for result in score_leg(states).values())


def test_states_are_read_once_for_all_scores_of_their_shape(monkeypatch):
    calls = []
    from geodl.scores import states as module

    monkeypatch.setattr(module, "measure_tracks", lambda sources: calls.append(1) or measure_tracks(sources))
    score_leg(random_tracks(), scores=["line_shape", "path_straightness", "kinetic_straightness", "action"])
    assert calls == [1]
