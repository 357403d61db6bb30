"""The learning rate as a nuisance parameter: each setting is compared at the one that trains it best."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from geodl.report.aggregate import Cell, cell_of, cell_order, varied_keys
from geodl.report.record import RunRecord
from geodl.report.tables import Table, cell_headers, cell_texts

KEY = "optimizer.lr"
LOSS = "train/loss"


@dataclass(frozen=True)
class Choice:
    """The learning rate of one setting.

    Attributes:
        setting: Values of the keys that vary, without the learning rate.
        tried: Learning rates that were tried, ascending.
        chosen: The one chosen.
        loss: Mean final training loss there.
        n_seeds: Seeds behind it.
    """

    setting: Cell
    tried: tuple[float, ...]
    chosen: float
    loss: float
    n_seeds: int

    @property
    def remark(self) -> str:
        """What a reader should know of the choice: a better rate may lie outside of what was tried."""
        if len(self.tried) < 2:
            return "the only one tried"
        if self.chosen in (self.tried[0], self.tried[-1]):
            return f"at the {'lower' if self.chosen == self.tried[0] else 'upper'} edge of the grid"
        return ""


@dataclass(frozen=True)
class Tuned:
    """Runs at the learning rates chosen for their settings.

    Attributes:
        runs: The runs that count; their settings hold no learning rate where one was chosen.
        keys: Names of a setting's entries.
        choices: One a setting; empty where no setting was trained at several learning rates.
    """

    runs: tuple[RunRecord, ...]
    keys: tuple[str, ...]
    choices: tuple[Choice, ...]

    @property
    def was_tuned(self) -> bool:
        """Whether every setting was trained at several learning rates."""
        return bool(self.choices) and all(len(choice.tried) > 1 for choice in self.choices)

    def table(self) -> Table:
        """Tabulate the choices.

        Returns:
            One row a setting; no rows where nothing was chosen.
        """
        rows = [
            (
                *cell_texts(choice.setting),
                ", ".join(f"{rate:g}" for rate in choice.tried),
                f"{choice.chosen:g}",
                f"{choice.loss:.3g}",
                str(choice.n_seeds),
                choice.remark,
            )
            for choice in self.choices
        ]
        return Table((*cell_headers(self.keys), "tried", "chosen", "training loss", "n", "remark"), tuple(rows))


def choose_learning_rates(runs: Sequence[RunRecord]) -> Tuned:
    """Keep, of every setting, the runs at the learning rate with the least mean final training loss over seeds.

    The loss is that of the training data, so that nothing of the test data enters the choice. A rate at which a seed
    has no finite loss is chosen only where no rate has more seeds; of equal losses the smaller rate is.

    Args:
        runs: Runs that may be compared.

    Returns:
        All runs, unchanged, where no setting was trained at several learning rates.
    """
    keys = tuple(key for key in varied_keys(runs)[0] if key != KEY)
    settings: dict[Cell, dict[float, list[RunRecord]]] = {}
    for run in runs:
        rate = run.settings.get(KEY)
        if isinstance(rate, int | float):
            settings.setdefault(cell_of(run, keys), {}).setdefault(float(rate), []).append(run)
    if not any(len(rates) > 1 for rates in settings.values()):
        return Tuned(tuple(runs), keys, ())
    choices, kept = [], set()
    for setting in sorted(settings, key=cell_order):
        rates = settings[setting]
        worth = {rate: _worth(at) for rate, at in rates.items()}
        chosen = min(rates, key=lambda rate: (-worth[rate][0], worth[rate][1], rate))
        choices.append(Choice(setting, tuple(sorted(rates)), chosen, worth[chosen][1], worth[chosen][0]))
        kept |= {run.folder for run in rates[chosen]}
    free = [run for run in runs if run.folder in kept or not isinstance(run.settings.get(KEY), int | float)]
    bare = [replace(run, settings={k: v for k, v in run.settings.items() if k != KEY}) for run in free]
    return Tuned(tuple(bare), keys, tuple(choices))


def _worth(runs: Sequence[RunRecord]) -> tuple[int, float]:
    # Seeds with a finite loss, and the mean over them.
    losses = sorted((run.seed or 0, run.final.get(LOSS, math.nan)) for run in runs)
    finite = [loss for _, loss in losses if math.isfinite(loss)]
    return len(finite), sum(finite) / len(finite) if finite else math.inf
