"""What happens to the states of a batch on their way into the track: checked, reduced, stored."""

from __future__ import annotations

import torch
from torch import Tensor

from geodl.errors import TrackError
from geodl.tracks.batches import Batch
from geodl.tracks.choose import Choice
from geodl.tracks.reduction import Reduction, is_sequence
from geodl.tracks.store import Store


class RowSink:
    """Takes the states of one batch after the other, in any order of read-outs.

    Args:
        choice: the read-outs, with the states of the first sample by itself.
        layouts: layout of each state, see `geodl.tracks.layout`.
        reduction: what becomes of the states.
        store: where the rows go.
        keep_nonfinite: whether NaN and infinity are recorded rather than refused.

    Attributes:
        n_rows: rows so far.
        sources: where each token is a row, the number of its sample, one tensor a batch; None otherwise.
        dtype: the coarsest precision of a state so far, which averages may have left.
        positions: beside it, the position of the token in its sequence.
    """

    def __init__(
        self, choice: Choice, layouts: list[str], reduction: Reduction, store: Store, *, keep_nonfinite: bool
    ) -> None:
        self._choice = choice
        self._layouts = layouts
        self._reduction = reduction
        self._store = store
        self._keep_nonfinite = keep_nonfinite
        self._batch: Batch | None = None
        self._mask: Tensor | None = None
        self._rows: dict[int, int] = {}
        self._dtypes: dict[int, torch.dtype] = {}
        self._features: dict[int, tuple[int, ...]] = {}
        self._n_before = 0
        self.n_rows = 0
        self.dtype = torch.float64
        spread = reduction.tokens == "all" and any(
            is_sequence(entry.state, layout) for entry, layout in zip(choice.seen, layouts, strict=True)
        )
        self.sources: list[Tensor] | None = [] if spread else None
        self.positions: list[Tensor] = []

    def begin(self, batch: Batch, device: torch.device) -> None:
        """Make ready for a forward pass.

        Args:
            batch: what the network is about to receive.
            device: the network's device.
        """
        self._batch = batch
        self._mask = None if batch.mask is None else batch.mask.to(device)
        self._rows = {}

    def receive(self, index: int, state: Tensor) -> None:
        """Take one state of the batch.

        Args:
            index: number of the read-out.
            state: shape (n, ...), detached; copied or reduced before this returns.

        Raises:
            TrackError: the state does not belong to these samples, or holds NaN or infinity.
        """
        assert self._batch is not None, "a state outside of a forward pass"
        name = self._choice.names[index]
        if not state.ndim or len(state) != self._batch.n or state.ndim < 2 or state.numel() == 0:
            raise TrackError(
                f"read_outs: expected a state of shape ({self._batch.n}, ...) at {name!r}, found "
                f"{tuple(state.shape)}; name a module whose output has the samples first, one vector or more of each"
            )
        mask = None if self._mask is None else self._mask.to(state.device)
        rows = self._reduction(state, self._layouts[index], mask, name)
        if not self._keep_nonfinite and not _is_finite(rows):
            raise TrackError(f"read_outs: expected finite numbers at {name!r}, found NaN or infinity")
        expected = self._features.setdefault(index, tuple(rows.shape[1:]))
        if tuple(rows.shape[1:]) != expected:
            raise TrackError(
                f"inputs: expected states of one shape, found {expected} and then {tuple(rows.shape[1:])} at {name!r}; "
                "pass samples of one size, or reduce the states with pool='mean' or tokens='all'"
            )
        if torch.finfo(state.dtype).eps > torch.finfo(self.dtype).eps:
            self.dtype = state.dtype
        kind = self._dtypes.setdefault(index, rows.dtype)
        if rows.dtype != kind:
            raise TrackError(f"inputs: expected states of one dtype, found {kind} and then {rows.dtype} at {name!r}")
        self._rows[index] = len(rows)
        self._store.add(index, rows)

    def end(self) -> None:
        """Finish a forward pass.

        Raises:
            TrackError: the read-outs have different numbers of tokens.
        """
        assert self._batch is not None, "the end of no forward pass"
        counts = [self._rows[index] for index in range(len(self._choice.names))]
        if len(set(counts)) > 1:
            other = next(index for index, count in enumerate(counts) if count != counts[0])
            raise TrackError(
                f"track.tokens: expected the same number of tokens at every read-out, found {counts[0]} at "
                f"{self._choice.names[0]!r} and {counts[other]} at {self._choice.names[other]!r}; use tokens='mean' or "
                "'flatten', or name the read-outs of one stage"
            )
        if self.sources is not None:
            n = self._batch.n
            length = counts[0] // n if self._batch.mask is None else self._batch.mask.shape[1]
            kept = torch.ones(n, length, dtype=torch.bool) if self._batch.mask is None else self._batch.mask.cpu()
            source, position = kept.nonzero(as_tuple=True)
            self.sources.append(source + self._n_before)
            self.positions.append(position)
        self.n_rows += counts[0]
        self._n_before += self._batch.n


def _is_finite(rows: Tensor) -> bool:
    # A finite sum has finite terms; only an infinite one needs the look at every term, which takes ten times as long.
    total = rows.sum(dtype=torch.promote_types(rows.dtype, torch.float32))
    return bool(torch.isfinite(total)) or bool(torch.isfinite(rows).all())
