"""Reads an offline W&B run from its file, since W&B has no public reader: LevelDB's log format around protobuf."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from wandb.proto import wandb_internal_pb2 as pb

BLOCK = 32768
FULL, FIRST, LAST = 1, 2, 4


def read_records(path: Path) -> Iterator[pb.Record]:
    """Yield the records of a ``.wandb`` file: after a header of 7 bytes, chunks of (checksum, length, kind, data)."""
    content = path.read_bytes()
    assert content[:4] == b":W&B"
    position, parts = 7, []
    while position + 7 <= len(content):
        if BLOCK - position % BLOCK < 7:  # a chunk's header never crosses a block
            position += BLOCK - position % BLOCK
            continue
        _, length, kind = struct.unpack("<IHB", content[position : position + 7])
        data = content[position + 7 : position + 7 + length]
        position += 7 + length
        parts = [data] if kind in (FULL, FIRST) else [*parts, data]
        if kind in (FULL, LAST):
            record = pb.Record()
            record.ParseFromString(b"".join(parts))
            yield record
