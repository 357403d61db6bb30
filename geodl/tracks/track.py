"""The data track: the states of fixed samples at the read-outs of a network, at one moment of training."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from geodl.errors import TrackError
from geodl.tracks.leg import Leg
from geodl.tracks.storage import read_track_file, write_track_file
from geodl.tracks.store import read_track_folder


@dataclass(frozen=True, eq=False)
class Track:
    """States x^0, ..., x^L of n samples, checked when made.

    Values are not checked: a NaN in a state is recorded, and the scores say what it does to them.

    Attributes:
        states: one tensor per read-out, of shape (n, *shape), floating, on the CPU, without gradient.
        names: read-out names, one per state, all different.
        labels: classes of the samples, shape (n,), int64; None if unknown.
        sample_ids: indices of the samples in their data set, shape (n,), int64; None if unknown.
        positions: where each sample is a token, its position in its sequence, shape (n,), int64; None otherwise.
        epoch: completed epochs of training when it was recorded; None if unknown.
        metadata: free text by key, such as the network's name.

    Example:
        >>> x = torch.tensor([[0.0, 0.0], [1.0, 1.0]])
        >>> track = Track(states=(x, x + 1.0, 2.0 * x[:, :1]), names=("stem", "blocks.0", "blocks.1"))
        >>> track.n_samples, track.n_states
        (2, 3)
        >>> [(leg.names, leg.dim, leg.n_steps) for leg in track.legs()]
        [(('stem', 'blocks.0'), 2, 1), (('blocks.1',), 1, 0)]
    """

    states: tuple[Tensor, ...]
    names: tuple[str, ...]
    labels: Tensor | None = None
    sample_ids: Tensor | None = None
    positions: Tensor | None = None
    epoch: int | None = None
    metadata: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check that the parts fit together.

        Raises:
            TrackError: they do not; the message names the field.
        """
        object.__setattr__(self, "states", tuple(self.states))
        object.__setattr__(self, "names", tuple(self.names))
        object.__setattr__(self, "metadata", dict(self.metadata))
        if not self.states:
            raise TrackError("states: expected at least one state, found none; name at least one read-out")
        if len(self.names) != len(self.states) or len(set(self.names)) != len(self.names):
            raise TrackError(
                f"names: expected {len(self.states)} different read-out names, one per state, found "
                f"{list(self.names)}; name every state once"
            )
        n_samples = self.states[0].shape[0] if self.states[0].ndim else 0
        for name, state in zip(self.names, self.states, strict=True):
            _check_state(name, state, n_samples)
        for key, values in self._columns().items():
            if values is not None and (
                values.dtype != torch.int64 or tuple(values.shape) != (n_samples,) or values.device.type != "cpu"
            ):
                raise TrackError(
                    f"{key}: expected an int64 CPU tensor of shape ({n_samples},), one per sample, found "
                    f"{values.dtype} of shape {tuple(values.shape)} on {values.device}; convert it"
                )
        if self.epoch is not None and (
            isinstance(self.epoch, bool) or not isinstance(self.epoch, int) or self.epoch < 0
        ):
            raise TrackError(
                f"epoch: expected None or a whole number of completed epochs >= 0, found {self.epoch!r}; "
                "0 is before training"
            )
        for key, text in self.metadata.items():
            if not isinstance(key, str) or not isinstance(text, str):
                raise TrackError(f"metadata: expected text by text, found {key!r}: {text!r}; use str()")

    def _columns(self) -> dict[str, Tensor | None]:
        return {"labels": self.labels, "sample_ids": self.sample_ids, "positions": self.positions}

    @property
    def n_samples(self) -> int:
        """Number of samples n."""
        return int(self.states[0].shape[0])

    @property
    def n_states(self) -> int:
        """Number of states, one more than the steps."""
        return len(self.states)

    def legs(self) -> tuple[Leg, ...]:
        """Cut the track where the shape of the state changes.

        Returns:
            The legs in order; together they hold every state once. A leg may consist of a single state.
        """
        shapes = [tuple(state.shape) for state in self.states]
        cuts = [k for k, (before, after) in enumerate(itertools.pairwise(shapes), start=1) if before != after]
        bounds = [0, *cuts, len(shapes)]
        return tuple(
            Leg(
                index=index,
                start=start,
                names=self.names[start:stop],
                states=tuple(_as_matrix(state) for state in self.states[start:stop]),
            )
            for index, (start, stop) in enumerate(itertools.pairwise(bounds))
        )

    def save(self, path: str | Path) -> Path:
        """Write the track to a safetensors file; a reader never sees half of it.

        Args:
            path: the file; its folder is made, an older file is replaced in one move.

        Returns:
            The path.
        """
        return write_track_file(
            Path(path),
            states=self.states,
            columns={key: values for key, values in self._columns().items() if values is not None},
            fields={"names": list(self.names), "epoch": self.epoch, "metadata": self.metadata},
        )

    @classmethod
    def load(cls, path: str | Path) -> Track:
        """Read a track that `save` wrote, or one that was recorded into a folder, which stays on disk.

        Args:
            path: the file or folder.

        Returns:
            The track, equal to the saved one bit for bit.
        """
        read = read_track_folder if Path(path).is_dir() else read_track_file
        states, columns, fields = read(Path(path))
        return cls(
            states=states,
            names=fields["names"],
            labels=columns.get("labels"),
            sample_ids=columns.get("sample_ids"),
            positions=columns.get("positions"),
            epoch=fields["epoch"],
            metadata=fields["metadata"],
        )


def _check_state(name: str, state: Tensor, n_samples: int) -> None:
    """Refuse a state that no score could be computed from.

    Args:
        name: read-out that the message names.
        state: the tensor to check.
        n_samples: samples of the first state.

    Raises:
        TrackError: shape, dtype, device or gradient is wrong.
    """
    if state.ndim < 2 or state.shape[0] != n_samples or state.numel() == 0:
        raise TrackError(
            f"states[{name}]: expected shape (n, *features) with n = {n_samples} >= 1 samples as in the "
            f"first state, found {tuple(state.shape)}; put the samples first"
        )
    if not state.is_floating_point():
        raise TrackError(f"states[{name}]: expected floating numbers, found {state.dtype}; convert it")
    if state.device.type != "cpu" or state.requires_grad:
        raise TrackError(
            f"states[{name}]: expected a CPU tensor without gradient, found {state.device} with "
            f"requires_grad={state.requires_grad}; pass state.detach().cpu()"
        )


def _as_matrix(state: Tensor) -> NDArray[Any]:
    """Flatten a state; bfloat16, which NumPy lacks, widens to float32 without loss.

    Args:
        state: shape (n, *shape).

    Returns:
        Read-only array of shape (n, d).
    """
    matrix = state.reshape(state.shape[0], -1)
    array: NDArray[Any] = (matrix.float() if matrix.dtype == torch.bfloat16 else matrix).numpy()
    array = array.view()
    array.flags.writeable = False
    return array
