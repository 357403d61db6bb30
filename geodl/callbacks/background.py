"""Scoring in a thread of its own, while training goes on."""

from __future__ import annotations

import contextvars
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from geodl.epoch_log import EpochPlace
from geodl.track_scores import TrackScores
from geodl.tracks import Track

log = logging.getLogger(__name__)

ROOM = 2
"""Tracks that training may leave behind: one in work, one waiting for it."""


@dataclass(frozen=True, eq=False)
class EmittedTrack:
    """A track with everything that belongs to its moment and that training is about to change.

    Attributes:
        track: The track. Its states are copies on the CPU, which nobody else writes to.
        names: The scores to compute.
        weight_norm: Sum of ||W^l||² over the weights of the moment.
        place: Where its values stand in the loggers.
        seconds: What it has cost so far.
    """

    track: Track
    names: tuple[str, ...]
    weight_norm: float
    place: EpochPlace
    seconds: float = 0.0


@dataclass(frozen=True, eq=False)
class ScoredTrack:
    """A track with its scores.

    Attributes:
        emitted: The track and its moment.
        scores: Its scores.
        seconds: What they have cost, in seconds of the thread that computed them.
    """

    emitted: EmittedTrack
    scores: TrackScores
    seconds: float


class ScoringQueue:
    """Tracks on their way through one worker thread, in the order in which they came.

    The worker computes and does nothing else: who takes a scored track logs it, in the thread that trains. The thread
    begins with the first track, runs in the context of whoever put it there (NumPy's treatment of floating-point errors
    is part of it), and is joined by :meth:`close`.

    Args:
        score: Scores one track; must change nothing that another thread sees.

    Example:
        >>> import torch
        >>> track = Track(states=(torch.zeros(2, 1), torch.ones(2, 1)), names=("a", "b"), epoch=3)
        >>> queue = ScoringQueue(lambda emitted: ScoredTrack(emitted, TrackScores((), ()), 0.0))
        >>> queue.put(EmittedTrack(track, (), weight_norm=0.0, place=EpochPlace(3, 0)))
        >>> queue.oldest().emitted.track.epoch, len(queue)
        (3, 1)
        >>> queue.drop_oldest()
        >>> len(queue), queue.close()
        (0, None)
    """

    def __init__(self, score: Callable[[EmittedTrack], ScoredTrack]) -> None:
        self._score = score
        self._tracks: deque[tuple[EmittedTrack, Future[ScoredTrack]]] = deque()
        self._executor: ThreadPoolExecutor | None = None

    def __len__(self) -> int:
        return len(self._tracks)

    @property
    def oldest_is_done(self) -> bool:
        """Whether the oldest track is scored, or has failed to be; False if there is none."""
        return bool(self._tracks) and self._tracks[0][1].done()

    def put(self, emitted: EmittedTrack) -> None:
        """Hand a track to the worker.

        Args:
            emitted: The track; nobody may change it from now on.
        """
        if self._executor is None:
            self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="geodl-scoring")
        future = self._executor.submit(contextvars.copy_context().run, self._score, emitted)
        self._tracks.append((emitted, future))

    def oldest(self) -> ScoredTrack:
        """Wait until the oldest track is scored. It stays in the queue, so that an interrupt loses nothing.

        A track that cannot be scored is left out of the queue, and what the worker raised is raised here, with the
        worker's traceback and the epoch.

        Returns:
            The scored track.
        """
        emitted, future = self._tracks[0]
        wait([future])
        error = future.exception()
        if error is None:
            return future.result()
        self.drop_oldest()
        log.error("epoch %d: its track could not be scored in the background: %s", emitted.place.epoch, error)
        error.add_note(f"raised while the track of epoch {emitted.place.epoch} was scored in the background")
        raise error

    def drop_oldest(self) -> None:
        """Forget the oldest track, whose scores have been taken."""
        self._tracks.popleft()

    def close(self) -> None:
        """End the worker: the track in work is finished, tracks that wait are forgotten."""
        self._tracks.clear()
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)
            self._executor = None
