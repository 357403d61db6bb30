"""Tracks in the plane of their first two principal components."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from geodl.errors import TrackError
from geodl.figures.principal_plane import principal_plane
from geodl.figures.projection import ProjectedTracks, choose_samples, project_tracks


def flow(n=60, d=7, steps=4, seed=0):
    generator = np.random.default_rng(seed)
    start, end = generator.normal(size=(n, d)), generator.normal(size=(n, d)) + np.arange(d)
    return [(1 - t) * start + t * end for t in np.linspace(0, 1, steps + 1)], np.arange(n) % 5


def test_plane_agrees_with_a_singular_value_decomposition_of_all_states():
    states, labels = flow()
    cloud = np.concatenate(states)
    centred = cloud - cloud.mean(axis=0)
    _, singular, directions = np.linalg.svd(centred, full_matrices=False)
    tracks = project_tracks(states, labels)
    assert tracks.explained == pytest.approx((singular**2 / (singular**2).sum())[:2])
    expected = np.stack([(state - cloud.mean(axis=0)) @ directions[:2].T for state in states])
    assert np.abs(tracks.xy) == pytest.approx(np.abs(expected))


def test_lanczos_for_wide_states_agrees_with_the_dense_solver():
    generator = np.random.default_rng(1)
    basis = np.linalg.qr(generator.normal(size=(900, 3)))[0]
    states = [generator.normal(size=(40, 3)) * [5.0, 2.0, 0.3] @ basis.T + k for k in range(3)]
    plane = principal_plane(states)
    cloud = np.concatenate(states)
    _, singular, directions = np.linalg.svd(cloud - cloud.mean(axis=0), full_matrices=False)
    assert np.abs(np.sum(plane.axes * directions[:2].T, axis=0)) == pytest.approx([1.0, 1.0], abs=1e-6)
    assert plane.explained == pytest.approx((singular**2 / (singular**2).sum())[:2], abs=1e-6)


def test_straight_tracks_stay_straight_and_run_right_and_up():
    states, labels = flow()
    tracks = project_tracks(states, labels)
    steps = np.diff(tracks.xy, axis=0)
    assert steps == pytest.approx(np.broadcast_to(steps[0], steps.shape))
    assert ((tracks.xy[-1] - tracks.xy[0]).mean(axis=0) > -1e-9).all()


def test_projection_is_deterministic_and_ignores_signs_of_the_solver():
    states, labels = flow()
    first, second = project_tracks(states, labels), project_tracks([state.copy() for state in states], labels)
    assert np.array_equal(first.xy, second.xy)


def test_rotating_and_moving_all_states_moves_nothing_in_the_picture():
    states, labels = flow()
    rotation = np.linalg.qr(np.random.default_rng(3).normal(size=(7, 7)))[0]
    turned = project_tracks([state @ rotation + 5.0 for state in states], labels)
    assert turned.xy == pytest.approx(project_tracks(states, labels).xy)


def test_choice_is_class_balanced_and_the_same_for_the_same_seed():
    labels = np.repeat([0, 1, 2], [100, 50, 7])
    chosen = choose_samples(labels, 30)
    assert np.bincount(labels[chosen]).tolist() == [12, 11, 7]
    assert np.array_equal(chosen, choose_samples(labels, 30))
    assert not np.array_equal(chosen, choose_samples(labels, 30, seed=1))


def test_of_a_hundred_classes_ten_are_drawn():
    tracks = project_tracks([np.random.default_rng(k).normal(size=(300, 3)) for k in range(3)], np.arange(300) % 100)
    assert len(np.unique(tracks.labels)) == 10
    assert tracks.n_classes == 100
    assert tracks.xy.shape == (3, 30, 2)


def test_tensors_and_images_are_flattened():
    torch = pytest.importorskip("torch")
    states = [torch.randn(20, 2, 3, 3, generator=torch.Generator().manual_seed(k)) for k in range(3)]
    tracks = project_tracks(states, torch.arange(20) % 2, sample_ids=torch.arange(100, 120))
    flat = project_tracks([state.numpy().reshape(20, 18) for state in states], np.arange(20) % 2)
    assert np.array_equal(tracks.xy, flat.xy)
    assert tracks.sample_ids.min() >= 100
    assert tracks.dim == 18


def test_states_that_do_not_move_have_no_explained_variance():
    tracks = project_tracks([np.ones((4, 3))] * 3)
    assert np.isnan(tracks.explained).all()
    assert (tracks.xy == 0).all()


def test_one_dimension_gives_a_flat_picture():
    tracks = project_tracks([np.arange(4.0)[:, None], np.arange(4.0)[:, None] * 2])
    assert (tracks.xy[..., 1] == 0).all()
    assert tracks.explained == pytest.approx([1.0, 0.0])


def test_saved_tracks_come_back(tmp_path: Path):
    states, labels = flow()
    tracks = project_tracks(states, labels, epoch=3, lss=1.5, names=list("abcde"))
    back = ProjectedTracks.load(tracks.save(tmp_path / "figures" / "tracks_epoch_0003.npz"))
    assert np.array_equal(back.xy, tracks.xy)
    assert (back.epoch, back.lss, back.ots, back.names, back.n_samples) == (3, 1.5, None, tuple("abcde"), 60)
    assert [path.name for path in (tmp_path / "figures").iterdir()] == ["tracks_epoch_0003.npz"]


def test_the_contracts_minimal_file_can_be_read(tmp_path: Path):
    path = tmp_path / "tracks.npz"
    np.savez(path, xy=np.zeros((3, 2, 2)), labels=[0, 1], explained=[0.5, 0.2], names=["a", "b", "c"])
    assert ProjectedTracks.load(path).lss is None


@pytest.mark.parametrize("content", [b"", b"no zip file"])
def test_a_corrupt_file_is_named(tmp_path: Path, content: bytes):
    path = tmp_path / "broken.npz"
    path.write_bytes(content)
    with pytest.raises(TrackError, match=r"broken\.npz"):
        ProjectedTracks.load(path)


@pytest.mark.parametrize(
    ("states", "message"),
    [
        ([np.zeros((3, 2))], "at least two states"),
        ([np.zeros((3, 2)), np.zeros((3, 4))], "single leg"),
        ([np.zeros((0, 2)), np.zeros((0, 2))], "non-empty"),
        ([np.zeros((3, 2)), np.full((3, 2), np.nan)], "finite features"),
    ],
)
def test_bad_states_are_refused(states, message):
    with pytest.raises(TrackError, match=message):
        project_tracks(states)


def test_labels_of_the_wrong_length_are_refused():
    with pytest.raises(TrackError, match=r"labels: expected shape \(3,\)"):
        project_tracks([np.zeros((3, 2)), np.ones((3, 2))], [0, 1])
