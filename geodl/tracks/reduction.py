"""From the state of a batch to the rows of a track: tokens chosen or averaged, maps pooled, padding left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from torch import Tensor

from geodl.errors import TrackError
from geodl.networks.choice import check_choice
from geodl.tracks.layout import CHANNELS_FIRST, UNKNOWN

TOKENS = ("all", "last", "mean", "cls", "flatten")
POOLS = ("none", "mean")

TokenRule: TypeAlias = str | Callable[[Tensor, Tensor | None], Tensor]
"""A name out of `TOKENS`, or a function of the state (n, T, d) and the mask (n, T), bool, or None."""
PoolRule: TypeAlias = str | Callable[[Tensor], Tensor]
"""A name out of `POOLS`, or a function of the state."""


@dataclass(frozen=True, eq=False)
class Reduction:
    """What becomes of the states before they are kept.

    Sequences (n, T, d): "all" makes each token a sample of its own; "last" keeps the last token, "cls" the first,
    "mean" the average over tokens, "flatten" all tokens as one vector. Padding, where a mask says what is padding,
    never counts. Maps (n, C, H, W) or (n, H, W, C): "none" keeps them, "mean" averages over pixels.

    Attributes:
        tokens: rule for sequences.
        pool: rule for maps.

    Raises:
        ConfigError: a name is unknown.
    """

    tokens: TokenRule = "all"
    pool: PoolRule = "none"

    def __post_init__(self) -> None:
        """Check the names."""
        if not callable(self.tokens):
            check_choice("track.tokens", self.tokens, TOKENS)
        if not callable(self.pool):
            check_choice("track.pool", self.pool, POOLS)

    @property
    def words(self) -> dict[str, str]:
        """The rules in words, for a track's metadata."""
        return {key: _name(rule) for key, rule in (("tokens", self.tokens), ("pool", self.pool))}

    def __call__(self, state: Tensor, layout: str, mask: Tensor | None, name: str) -> Tensor:
        """Reduce the state of one batch.

        Args:
            state: shape (n, ...).
            layout: its layout, see `geodl.tracks.layout`.
            mask: which tokens are no padding, bool, shape (n, T), on the state's device; None if all are.
            name: read-out that messages name.

        Returns:
            The rows of the track: (n, *features), or (number of unpadded tokens, d) for tokens="all".

        Raises:
            TrackError: the rule does not fit the state or the mask.
        """
        if is_sequence(state, layout):
            return self._sequence(state, layout, mask, name)
        if mask is not None and mask.numel() and not bool(mask.all()) and state.ndim > 2:
            raise TrackError(
                f"track.tokens: expected states (n, T, d) where the inputs are padded, found {tuple(state.shape)} at "
                f"{name!r}; name read-outs of token sequences"
            )
        if callable(self.pool):
            return _checked(self.pool(state), len(state), "track.pool", name)
        if self.pool == "none" or state.ndim == 2:
            return state
        if layout == UNKNOWN or state.ndim < 3:
            raise TrackError(
                f"track.pool: expected states (n, C, H, W) or (n, H, W, C) for 'mean', found {tuple(state.shape)} at "
                f"{name!r}, where no layer tells which axis holds the channels; pass pool=lambda state: "
                "state.mean(dim=(2, 3)) or another function, or pool='none'"
            )
        axes = tuple(range(2, state.ndim)) if layout == CHANNELS_FIRST else tuple(range(1, state.ndim - 1))
        return state.mean(dim=axes, dtype=_wide(state))

    def _sequence(self, state: Tensor, layout: str, mask: Tensor | None, name: str) -> Tensor:
        if mask is not None and tuple(mask.shape) != tuple(state.shape[:2]):
            raise TrackError(
                f"mask: expected shape {tuple(state.shape[:2])}, one entry per token at {name!r}, found "
                f"{tuple(mask.shape)}; the model adds or merges tokens, so pass tokens=<function of state and mask>"
            )
        if callable(self.tokens):
            return _checked(self.tokens(state, mask), len(state), "track.tokens", name)
        n, length = state.shape[:2]
        if layout == UNKNOWN and mask is None and self.tokens != "flatten":
            raise TrackError(
                f"track.tokens: expected sequences (n, T, d) for {self.tokens!r}, found {tuple(state.shape)} at "
                f"{name!r}, where no layer tells whether the last axis holds the features; pass tokens=<function of "
                "state and mask>, or a mask (n, T)"
            )
        if self.tokens == "flatten":
            if mask is not None and not bool(mask.all()):
                raise TrackError(
                    f"track.tokens: expected sequences without padding for 'flatten', found "
                    f"{int((~mask).sum())} padded tokens; use tokens='all', 'last', 'mean' or 'cls'"
                )
            return state
        if self.tokens == "all":
            return state.reshape(n * length, *state.shape[2:]) if mask is None else state[mask]
        if mask is None:
            if self.tokens == "mean":
                return state.mean(dim=1, dtype=_wide(state))
            return state[:, -1] if self.tokens == "last" else state[:, 0]
        if self.tokens == "mean":
            # padding may hold anything, NaN too, which a product with zero would keep
            total = state.masked_fill(~mask[:, :, None], 0.0).sum(dim=1, dtype=_wide(state))
            return total / mask.sum(dim=1, keepdim=True)
        counted = mask.int().cumsum(dim=1)
        wanted = counted[:, -1:] if self.tokens == "last" else 1
        index = ((counted == wanted) & mask).int().argmax(dim=1)
        return state[range(n), index]


def is_sequence(state: Tensor, layout: str) -> bool:
    """Say whether a state is a sequence of tokens.

    Args:
        state: any state.
        layout: its layout.

    Returns:
        True for (n, T, d), unless a convolution over the last axis takes it.
    """
    return state.ndim == 3 and layout != CHANNELS_FIRST


def _wide(state: Tensor) -> torch.dtype:
    # The dtype of averages: half precision would lose digits that its summands have.
    return torch.promote_types(state.dtype, torch.float32)


def _checked(rows: Any, n: int, key: str, name: str) -> Tensor:
    # Check what a caller's function returned.
    if not isinstance(rows, Tensor) or rows.ndim < 2 or not rows.is_floating_point() or len(rows) != n:
        found = f"{rows.dtype} {tuple(rows.shape)}" if isinstance(rows, Tensor) else type(rows).__name__
        raise TrackError(
            f"{key}: expected the function to return a floating tensor ({n}, *features), one row per sample, at "
            f"{name!r}, found {found}"
        )
    return rows


def _name(rule: Any) -> str:
    return rule if isinstance(rule, str) else f"function {getattr(rule, '__qualname__', type(rule).__name__)}"
