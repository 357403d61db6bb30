"""The scores of a whole track: every leg of it, under the names that training logs."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from geodl.errors import ConfigError
from geodl.resolution import refuse_rounding
from geodl.score_table import score_table
from geodl.scores import SCORES, ScoreResult, leg_metrics, score_leg
from geodl.tracks import Leg, Track
from geodl.transport.estimate import transport_cost

log = logging.getLogger(__name__)

COSTLY = ("geodesic_deviation", "step_transport", "track_distance")
"""Scores that are computed only where they are asked for: about L transport plans, or all pairs of samples."""

PLANNED = ("optimal_transport", "transport_ratio", "geodesic", "geodesic_deviation", "step_transport")
"""Scores that need transport plans, whose time grows with n² and more."""

LARGE = 5000
"""Samples from which on a plan may take long: what it will cost is said before it is begun."""

DEFAULT_SCORES = tuple(name for name in SCORES if name not in COSTLY)


@dataclass(frozen=True, eq=False)
class TrackScores:
    """Scores of the legs of one track. ``print`` shows them as a table.

    Attributes:
        legs: The legs of at least one step; on others no score is defined.
        results: For each of these legs, its results by score name.
        names: Read-out names of all states of the track, those outside the legs included.
        n_samples: Samples n of the track.
        of_tokens: Whether each sample is a token of a sequence.
        epoch: Completed epochs when the track was recorded; None if unknown.
        metadata: What the track says of itself: model, tokens, pool, final norm.
    """

    legs: tuple[Leg, ...]
    results: tuple[dict[str, ScoreResult], ...]
    names: tuple[str, ...] = ()
    n_samples: int = 0
    of_tokens: bool = False
    epoch: int | None = None
    metadata: Mapping[str, str] | None = None

    @property
    def metrics(self) -> dict[str, float]:
        """The numbers as training logs them, after its prefix ``geometry/``.

        ``leg<k>/<metric>`` for each leg, ``<metric>`` for the track, ``n_samples`` and ``n_legs``. With one leg
        ``<metric>`` is that leg's. With several it is the plain mean over the legs of two or more steps (over all legs
        if there is none), since a single step is straight by definition; it is NaN as soon as one of these legs' is.
        """
        flat = headline_metrics(self.legs, self.results)
        return {**flat, "n_samples": float(self.n_samples), "n_legs": float(len(self.legs))}

    @property
    def reasons(self) -> list[tuple[int, str, str]]:
        """Why scores are NaN: leg index, score name, reason; empty if all could be computed."""
        return [
            (leg.index, name, result.reason)
            for leg, results in zip(self.legs, self.results, strict=True)
            for name, result in results.items()
            if not result.valid
        ]

    def lines(self, epoch: int | None = None) -> list[dict[str, Any]]:
        """How each number was obtained, as ``scores.jsonl`` keeps it.

        Args:
            epoch: Completed epochs; None takes those of the track.

        Returns:
            One plain dictionary for each leg and score. ``final_norm`` and ``tokens`` stand in it where the track knows
            them.
        """
        known = self.metadata or {}
        treatment = {key: known[key] for key in ("final_norm", "tokens") if key in known}
        return [
            {
                "epoch": self.epoch if epoch is None else epoch,
                "leg": leg.index,
                "read_outs": list(leg.names),
                "score": name,
                "value": result.value,
                "valid": result.valid,
                "reason": result.reason,
                "details": dict(result.details),
                "n": leg.n_samples,
                "d": leg.dim,
                **treatment,
            }
            for leg, results in zip(self.legs, self.results, strict=True)
            for name, result in results.items()
        ]

    def __str__(self) -> str:
        return score_table(self)


def score_track(
    track: Track,
    scores: Sequence[str] | None = None,
    *,
    labels: Any = None,
    method: str = "auto",
    max_memory: float | None = None,
) -> TrackScores:
    """Score every leg of a track.

    Args:
        track: A recorded or loaded track.
        scores: Names from `geodl.scores.SCORES`; None computes all but ``geodesic_deviation``, ``step_transport`` and
            ``track_distance``, which cost several times as much as the others together.
        labels: (n,) classes for the margins of ``track_distance``; None takes those of the track.
        method: How transport is solved, see `geodl.transport.solve_transport`.
        max_memory: Bytes that transport may take at once; None for half of the machine's memory.

    Returns:
        The scores, a table when printed. A score that cannot be computed is NaN with its reason; so is one whose steps
        are little more than rounding of the states (`geodl.resolution`).

    Example:
        Two samples go straight on, through two blocks:

        >>> import torch
        >>> x = torch.tensor([[0.0, 0.0], [4.0, 0.0]])
        >>> track = Track(states=(x, x + 1, x + 2), names=("blocks.0:input", "blocks.0", "blocks.1"))
        >>> score_track(track).metrics["ots"]
        1.0
        >>> print(score_track(track, ["line_shape", "path_straightness"]))
        Scores: 2 samples, 1 leg
                                                        null          path
        leg  from            to        n  d  L     LSS      √L  straightness
          0  blocks.0:input  blocks.1  2  2  2  1.0000  1.4142        1.0000
        LSS: 1 is straight, √L what a random walk has.
    """
    names = checked_scores(scores)
    if labels is None and track.labels is not None:
        labels = track.labels.numpy()
    legs = tuple(leg for leg in track.legs() if leg.n_steps > 0)
    _announce(track, legs, names, max_memory)
    return TrackScores(
        legs=legs,
        results=tuple(
            refuse_rounding(
                *(track, leg),
                score_leg(leg.states, labels=labels, scores=_defined(names, leg), method=method, max_memory=max_memory),
            )
            for leg in legs
        ),
        names=track.names,
        n_samples=track.n_samples,
        of_tokens=track.positions is not None,
        epoch=track.epoch,
        metadata=dict(track.metadata),
    )


def _announce(track: Track, legs: Sequence[Leg], names: Sequence[str], max_memory: float | None) -> None:
    # What takes minutes says so before it is begun.
    n, wanted = track.n_samples, set(names).intersection(PLANNED)
    if n <= LARGE or not legs or not wanted:
        return
    problems = 0
    for leg in legs:
        problems += bool(wanted - {"step_transport"})
        problems += leg.n_steps if "step_transport" in wanted else 0
        problems += leg.n_steps - 1 if "geodesic_deviation" in wanted else 0
    fewer = 'tokens="mean" or ' if track.positions is not None else ""
    log.warning(
        "%s samples, %d transport problem%s: about %s; for less, record %sfewer samples, or pass "
        'scores=["line_shape", "path_straightness", "kinetic_straightness"], which need no plan',
        f"{n:,}",
        problems,
        "s" if problems > 1 else "",
        transport_cost(n, max(leg.dim for leg in legs), problems, max_memory=max_memory),
        fewer,
    )


def checked_scores(scores: Sequence[str] | None) -> tuple[str, ...]:
    """Check a choice of scores.

    Args:
        scores: Names from `geodl.scores.SCORES`, or None for `DEFAULT_SCORES`.

    Returns:
        The names.

    Raises:
        ConfigError: If it is no list, or a name in it is unknown.

    Example:
        >>> checked_scores(["line_shape"])
        ('line_shape',)
    """
    if scores is None:
        return DEFAULT_SCORES
    if isinstance(scores, str) or any(name not in SCORES for name in scores):
        raise ConfigError(
            f"scores: expected a list of names out of {', '.join(SCORES)}, found {scores!r}; "
            "correct or remove the names that are not in this list"
        )
    return tuple(scores)


def headline_metrics(legs: Sequence[Leg], results: Sequence[Mapping[str, ScoreResult]]) -> dict[str, float]:
    """Flatten the results of several legs into one row of numbers.

    Args:
        legs: The legs.
        results: For each leg, its results by score name.

    Returns:
        ``leg<k>/<metric>`` and ``<metric>``, as `TrackScores.metrics` says.
    """
    by_leg = {leg.index: leg_metrics(scores) for leg, scores in zip(legs, results, strict=True)}
    long = {leg.index for leg in legs if leg.n_steps > 1} or set(by_leg)
    headline = [metrics for index, metrics in by_leg.items() if index in long]
    names = list(dict.fromkeys(name for metrics in headline for name in metrics))
    flat = {f"leg{index}/{name}": value for index, metrics in by_leg.items() for name, value in metrics.items()}
    for name in names:
        values = [metrics.get(name, math.nan) for metrics in headline]
        flat[name] = math.fsum(values) / len(values) if all(map(math.isfinite, values)) else math.nan
    return flat


def _defined(names: Sequence[str], leg: Leg) -> Sequence[str]:
    # A leg of one step has no inner layer that could deviate.
    if leg.n_steps > 1:
        return names
    return [name for name in names if name != "geodesic_deviation"]
