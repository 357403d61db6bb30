"""Whether every batch takes the way through the network that the traced sample took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from geodl.errors import TrackError
from geodl.tracks.choose import Seen
from geodl.tracks.trace import Trace


class Firings:
    """How often the blocks of a network run, for comparison with the trace.

    Watched are all modules of the classes at which states are read, so that a block that the traced sample skipped, or
    went through less often, is noticed.

    Args:
        trace: the forward pass of the first sample.
        seen: the read-outs.
    """

    def __init__(self, trace: Trace, seen: Sequence[Seen]) -> None:
        kinds = {type(entry.call.module) for entry in seen}
        self._watched = [(name, m) for name, m in trace.network.named_modules() if type(m) in kinds]
        self._expected = {name: trace.firings[name] for name, _ in self._watched}

    @contextmanager
    def compared(self) -> Iterator[None]:
        """Watch the forward pass of one batch.

        Yields:
            Nothing.

        Raises:
            TrackError: a block ran more or less often than for the first sample.
        """
        counts: Counter[str] = Counter()
        handles = [
            module.register_forward_pre_hook(lambda _module, _args, name=name: counts.update((name,)))
            for name, module in self._watched
        ]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()
        for name, expected in self._expected.items():
            if counts[name] != expected:
                raise TrackError(
                    f"inputs: expected {name!r} to run in every batch as often as for the first sample, {expected} "
                    f"times, found {counts[name]}; the way through the model depends on its inputs, so that samples "
                    "have no track in common: score those that go the same way by themselves"
                )
