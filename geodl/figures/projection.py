"""Data tracks in the plane of the first two principal components of all their states."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodl.errors import TrackError
from geodl.figures.canvas import write_bytes
from geodl.figures.principal_plane import principal_plane


@dataclass(frozen=True)
class ProjectedTracks:
    """Tracks of m chosen samples on one leg, projected to a plane.

    Attributes:
        xy: (L + 1, m, 2) float64, coordinates in the plane, centred over all states of all samples.
        labels: (m,) int64, classes; zeros where the track has none.
        explained: (2,) float64 in [0, 1], share of the variance of all states along either axis; NaN without variance.
        names: L + 1 read-out names.
        sample_ids: (m,) int64, which samples were chosen.
        epoch: Completed epochs, or None.
        lss: Line-shape score of the whole probe set on this leg, or None.
        ots: Optimal-transport score of the whole probe set on this leg, or None.
        transport_ratio: Transport ratio that stands beside the score, or None.
        n_samples: Samples n of the probe set, from which the plane and the scores come.
        dim: Dimension d of a state.
        n_classes: Classes in the probe set, of which at most ten are drawn.
    """

    xy: NDArray[np.float64]
    labels: NDArray[np.int64]
    explained: NDArray[np.float64]
    names: tuple[str, ...]
    sample_ids: NDArray[np.int64]
    epoch: int | None = None
    lss: float | None = None
    ots: float | None = None
    transport_ratio: float | None = None
    n_samples: int | None = None
    dim: int | None = None
    n_classes: int | None = None

    @property
    def n_steps(self) -> int:
        """Number L of steps of the leg."""
        return len(self.xy) - 1

    def save(self, path: Path) -> Path:
        """Write everything a later figure needs to a ``.npz`` file, atomically.

        Args:
            path: Target file.

        Returns:
            The path.
        """
        optional = {
            key: np.nan if getattr(self, key) is None else getattr(self, key)
            for key in ("epoch", "lss", "ots", "transport_ratio", "n_samples", "dim", "n_classes")
        }
        buffer = io.BytesIO()
        arrays: dict[str, Any] = {
            "xy": self.xy,
            "labels": self.labels,
            "explained": self.explained,
            "names": np.array(self.names, dtype=np.str_),
            "sample_ids": self.sample_ids,
            **{key: np.float64(value) for key, value in optional.items()},
        }
        np.savez_compressed(buffer, **arrays)
        write_bytes(path, buffer.getvalue())
        return path

    @classmethod
    def load(cls, path: Path) -> ProjectedTracks:
        """Read a file that `save` wrote.

        Args:
            path: The file.

        Returns:
            The tracks.

        Raises:
            TrackError: The file is no such file.
        """
        try:
            with np.load(path, allow_pickle=False) as stored:
                content = {name: stored[name] for name in stored.files}
            xy = np.asarray(content["xy"], dtype=np.float64)
            return cls(
                xy=xy,
                labels=np.asarray(content["labels"], dtype=np.int64),
                explained=np.asarray(content["explained"], dtype=np.float64),
                names=tuple(str(name) for name in content["names"]),
                sample_ids=np.asarray(content.get("sample_ids", np.arange(xy.shape[1])), dtype=np.int64),
                epoch=_optional_count(content, "epoch"),
                lss=_optional_number(content, "lss"),
                ots=_optional_number(content, "ots"),
                transport_ratio=_optional_number(content, "transport_ratio"),
                n_samples=_optional_count(content, "n_samples"),
                dim=_optional_count(content, "dim"),
                n_classes=_optional_count(content, "n_classes"),
            )
        except (OSError, EOFError, KeyError, ValueError, IndexError, zipfile.BadZipFile) as error:
            raise TrackError(
                f"path: expected projected tracks (.npz with xy, labels, explained, names), found {path} "
                f"({error}); draw the figure of this run again"
            ) from error


def project_tracks(
    states: Sequence[Any],
    labels: Any = None,
    *,
    n_tracks: int = 60,
    seed: int = 0,
    sample_ids: Any = None,
    names: Sequence[str] | None = None,
    epoch: int | None = None,
    lss: float | None = None,
    ots: float | None = None,
    transport_ratio: float | None = None,
    max_classes: int = 10,
) -> ProjectedTracks:
    r"""Project the tracks of a class-balanced choice of samples to the plane in which all states vary most.

    The plane is fitted to the (L + 1) n states of all samples, centred: the tracks drawn are a choice, the plane is
    not.
    Each axis points where the samples move on average, so tracks run to the right and upwards in every figure.

    Args:
        states: L + 1 arrays or tensors (n, ...) of equal shape, flattened to (n, d); a leg's states.
        labels: (n,) integer classes, or None.
        n_tracks: Samples to draw, as equal in number over the classes as n allows.
        seed: Seed of the choice; the same samples at every epoch.
        sample_ids: (n,) names of the samples; positions where None.
        names: L + 1 read-out names.
        epoch: Completed epochs.
        lss: Line-shape score to show in the title.
        ots: Optimal-transport score to show in the title.
        transport_ratio: Transport ratio to show beside the latter.
        max_classes: Classes to draw; of more, evenly spaced ones are taken, since eyes tell about ten colours apart.

    Returns:
        The projected tracks.

    Raises:
        TrackError: Fewer than two states, shapes that differ, no samples, or NaN or infinite features.

    >>> line = [np.array([[0.0, 0.0], [0.0, 1.0]]) + [2.0 * t, 0.0] for t in range(3)]
    >>> tracks = project_tracks(line, [0, 1])
    >>> tracks.xy[:, 0, 0].tolist(), tracks.explained.round(3).tolist()
    ([-2.0, 0.0, 2.0], [0.914, 0.086])
    """
    arrays = [_as_matrix(state) for state in states]
    if len(arrays) < 2 or len({array.shape for array in arrays}) != 1 or not arrays[0].size:
        raise TrackError(
            "states: expected at least two states of one non-empty shape (n, d), found shapes "
            f"{[array.shape for array in arrays]}; pass the states of a single leg"
        )
    if not all(np.isfinite(array).all() for array in arrays):
        raise TrackError(
            "states: expected finite features, found NaN or infinity; the network has diverged, lower the learning rate"
        )
    n, d = arrays[0].shape
    classes = np.zeros(n, dtype=np.int64) if labels is None else _as_integers(labels, n, "labels")
    ids = np.arange(n, dtype=np.int64) if sample_ids is None else _as_integers(sample_ids, n, "sample_ids")
    chosen = choose_samples(classes, n_tracks, seed=seed, max_classes=max_classes)
    plane = principal_plane(arrays)
    return ProjectedTracks(
        xy=np.stack([(array[chosen].astype(np.float64) - plane.centre) @ plane.axes for array in arrays]),
        labels=classes[chosen],
        explained=plane.explained,
        names=tuple(names) if names is not None else tuple(f"state {index}" for index in range(len(arrays))),
        sample_ids=ids[chosen],
        epoch=epoch,
        lss=lss,
        ots=ots,
        transport_ratio=transport_ratio,
        n_samples=n,
        dim=d,
        n_classes=len(np.unique(classes)),
    )


def choose_samples(
    labels: NDArray[np.int64], n_tracks: int, *, seed: int = 0, max_classes: int = 10
) -> NDArray[np.int64]:
    """Choose samples in equal number from every class, the same ones for the same seed.

    Args:
        labels: (n,) classes.
        n_tracks: How many to choose; all samples where there are fewer.
        seed: Seed of the choice.
        max_classes: Classes to choose from, evenly spaced among those present.

    Returns:
        (m,) ascending positions, m <= n_tracks.

    >>> labels = np.array([0, 0, 0, 0, 1, 1])
    >>> labels[choose_samples(labels, 4)].tolist()
    [0, 0, 1, 1]
    """
    present = np.unique(labels)
    if len(present) > max_classes:
        present = present[np.linspace(0, len(present) - 1, max_classes).round().astype(int)]
    generator = np.random.default_rng(seed)
    queues = [generator.permutation(np.flatnonzero(labels == label)).tolist() for label in present]
    chosen: list[int] = []
    while len(chosen) < n_tracks and any(queues):
        for queue in queues:
            if queue and len(chosen) < n_tracks:
                chosen.append(queue.pop(0))
    return np.sort(np.array(chosen, dtype=np.int64))


def _as_matrix(state: Any) -> NDArray[Any]:
    array = np.asarray(state.detach().cpu().numpy() if hasattr(state, "detach") else state)
    array = array if np.issubdtype(array.dtype, np.floating) else array.astype(np.float64)
    return array.reshape(array.shape[0] if array.ndim else 1, -1) if array.size else np.zeros((0, 0))


def _as_integers(values: Any, n: int, name: str) -> NDArray[np.int64]:
    array = np.asarray(values.detach().cpu().numpy() if hasattr(values, "detach") else values).astype(np.int64)
    if array.shape != (n,):
        raise TrackError(
            f"{name}: expected shape ({n},), one value a sample, found {array.shape}; pass the track's own {name}"
        )
    return array


def _optional_number(content: dict[str, NDArray[Any]], key: str) -> float | None:
    # Absent and NaN both mean "not given".
    if key not in content:
        return None
    number = float(content[key])
    return None if np.isnan(number) else number


def _optional_count(content: dict[str, NDArray[Any]], key: str) -> int | None:
    number = _optional_number(content, key)
    return None if number is None else int(number)
