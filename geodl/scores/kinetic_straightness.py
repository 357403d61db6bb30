"""Kinetic straightness: squared displacement over kinetic energy of the data tracks."""

from __future__ import annotations

import math
from typing import Any

from geodl.scores.result import ScoreResult, ScoreSpec
from geodl.scores.states import as_states

SPEC = ScoreSpec(
    name="kinetic_straightness",
    title="kinetic straightness",
    symbol="KS",
    higher_is_better=True,
    lower=0.0,
    upper=1.0,
    best=1.0,
    source="Benamou & Brenier 2000, doi:10.1007/s002110050002, discrete",
)


def kinetic_straightness(states: Any) -> ScoreResult:
    """Mean squared displacement over the discrete kinetic energy of the tracks.

    mean_i ‖x_i^L - x_i^0‖² / (L Σ_l mean_i ‖Δ_i^l‖²)

    By Jensen's inequality at most 1, and 1 exactly for straight tracks at constant speed. 1 minus it is the
    straightness of rectified flow, normalised.

    Args:
        states: L + 1 arrays or tensors (n, d), or one of shape (L + 1, n, d).

    Returns:
        Value in [0, 1]. Details: ``displacement`` (numerator, squared units of the states), ``energy`` (denominator),
        ``n``, ``L``. NaN if no sample moves (0/0: the limit of small movements depends on their shape).

    Source:
        Benamou & Brenier 2000, doi:10.1007/s002110050002, equation (3), in discrete time.

    Example:
        Two steps of 1 and 3 in one direction: 4² / (2 · (1² + 3²)).

        >>> kinetic_straightness([[[0.0], [0.0]], [[1.0], [1.0]], [[4.0], [4.0]]]).value
        0.8
    """
    leg = as_states(states)
    if leg.fault:
        return ScoreResult.invalid(leg.fault)
    steps, chords = leg.lengths.steps, leg.lengths.chords
    longest = float(steps.max())
    if longest == 0.0:
        return ScoreResult.invalid("no sample moves, so the kinetic energy is zero", n=leg.n_samples, L=leg.n_steps)
    # Near the longest step squares of tiny displacements do not underflow, and a power of two costs no digit.
    unit = math.ldexp(1.0, math.frexp(longest)[1])
    displacement = float(((chords / unit) ** 2).mean())
    energy = leg.n_steps * float(((steps / unit) ** 2).mean(axis=1).sum())
    return ScoreResult(
        value=min(displacement / energy, 1.0),
        details={
            "displacement": displacement * unit**2,
            "energy": energy * unit**2,
            "n": leg.n_samples,
            "L": leg.n_steps,
        },
    )
