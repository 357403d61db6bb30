"""The nearest correct name for a misspelt one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(found: str, known: Iterable[str]) -> str:
    """Name what the user probably meant.

    Dotted keys are compared twice: as a whole, and by their last part alone, so that ``optimizer.weigth_decay`` and a
    bare ``weight_decay`` both lead to ``optimizer.weight_decay``.

    Args:
        found: The name as typed.
        known: The names that exist.

    Returns:
        ``"did you mean 'x'?"``, or ``"known: a, b, c"`` when nothing is near.

    Example:
        >>> did_you_mean("resnet_mpl", ["plain_mlp", "resnet_mlp"])
        "did you mean 'resnet_mlp'?"
        >>> did_you_mean("weigth_decay", ["optimizer.weight_decay", "seed"])
        "did you mean 'optimizer.weight_decay'?"
    """
    names = sorted(set(known))
    near = difflib.get_close_matches(found, names, n=1, cutoff=0.6)
    if not near:
        last = {name.rsplit(".", 1)[-1]: name for name in reversed(names)}
        near = [last[n] for n in difflib.get_close_matches(found.rsplit(".", 1)[-1], last, n=1, cutoff=0.6)]
    if near:
        return f"did you mean {near[0]!r}?"
    return f"known: {', '.join(names)}"
