"""A table of the read-outs of a model, for a look before recording."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TextIO

from torch import nn

from geodl.tracks.choose import Choice, ReadOuts
from geodl.tracks.layout import CHANNELS_FIRST, CHANNELS_LAST
from geodl.tracks.session import Session


@dataclass(frozen=True)
class Description:
    """The read-outs of a model.

    Attributes:
        title: one line: class, parameters, read-outs and legs.
        rows: one per read-out: "read_out", "type", "shape" (of one sample), "leg" and "fired".
        notes: how the read-outs were chosen, and what became of a final norm.
        final_norm: "none", "left out: <name> (<class>)" or "included: <name> (<class>)".
    """

    title: str
    rows: list[dict[str, Any]]
    notes: list[str] = field(default_factory=list)
    final_norm: str = "none"

    @property
    def read_outs(self) -> tuple[str, ...]:
        """The names, as `geodl.record_track` takes them."""
        return tuple(row["read_out"] for row in self.rows)

    def __str__(self) -> str:
        columns = {"read_out": "read-out", "type": "type", "shape": "shape", "leg": "leg", "fired": "fired"}
        lines = [tuple(columns.values()), *(tuple(str(row[key]) for key in columns) for row in self.rows)]
        widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
        table = [
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
        ]
        return "\n".join([self.title, *table, *(f"- {note}" for note in self.notes)])

    def __repr__(self) -> str:
        return f"Description({self.title!r})"


def describe(
    model: nn.Module,
    inputs: Any,
    read_outs: ReadOuts = "auto",
    *,
    include_final_norm: bool = False,
    forward: Callable[[nn.Module, Any], Any] | None = None,
    mask: str | None = None,
    file: TextIO | None = None,
) -> Description:
    """Print where `geodl.record_track` would read the states of a model.

    Args:
        model: any module.
        inputs: as for `geodl.record_track`; the first sample is used (of an iterator, its first batch is consumed).
        read_outs: as for `geodl.record_track`.
        include_final_norm: as for `geodl.record_track`.
        forward: as for `geodl.record_track`.
        mask: as for `geodl.record_track`.
        file: where to print, None for standard output.

    Returns:
        What was printed.

    Example:
        >>> model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 3))
        >>> import torch
        >>> _ = describe(model, torch.zeros(1, 2))
        Sequential: 47 parameters, 3 read-outs, legs: 2
        read-out  type             shape  leg  fired
        0:input   input of Linear  2      0    before call 2 of 6
        1         Tanh             4      1    at the end of call 3 of 6
        3         Tanh             4      1    at the end of call 5 of 6
        - read-outs found by following tensors: 0 ... 3 (2 x Linear)
        - final norm: none
    """
    with Session(model, inputs, batch_size=1, mask=mask, forward=forward, nonfinite="keep") as session:
        choice = session.choose(read_outs, include_final_norm=include_final_norm)
        description = _describe(session, choice)
    print(description, file=sys.stdout if file is None else file)
    return description


def _describe(session: Session, choice: Choice) -> Description:
    network = session.network
    rows: list[dict[str, Any]] = []
    leg = 0
    for index, entry in enumerate(choice.seen):
        shape = entry.shape[1:]
        leg += index > 0 and shape != choice.seen[index - 1].shape[1:]
        received = entry.read_out.port == "input"
        layout = session.layouts[index]
        axes = {CHANNELS_FIRST: " (channels first)", CHANNELS_LAST: " (channels last)"}.get(layout, "")
        rows.append({
            "read_out": str(entry.read_out),
            "type": f"input of {entry.call.kind}" if received else entry.call.kind,
            "shape": " x ".join(map(str, shape)) + (axes if len(shape) > 2 else ""),
            "leg": leg,
            "fired": f"{'before' if received else 'at the end of'} {entry.number}",
        })
    parameters = sum(p.numel() for p in network.parameters())
    title = f"{type(network).__name__}: {parameters:,} parameters, {len(rows)} read-outs, legs: {leg + 1}"
    hint = "; include_final_norm=True adds it" if choice.final_norm.startswith("left out") else ""
    notes = [f"read-outs {choice.how}", *choice.notes, f"final norm: {choice.final_norm}{hint}"]
    return Description(title, rows, notes, choice.final_norm)
