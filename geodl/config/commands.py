"""The commands that compose a configuration, and which groups and choices of ``conf/`` each of them takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Command:
    """A command with a primary configuration of its own.

    Attributes:
        name: As installed, such as ``geodl-train``.
        script: As called in a checkout, such as ``python scripts/train.py``.
        config_name: Stem of its primary YAML file in ``conf/``.
        groups: Meaning of each group it takes, in the order in which the help page shows them.
        only: Choices of a group that it takes, where these are not all.
        but: Choices of a group that it does not take.
        done: What has become of a job that went well, in the closing table of a sweep.
    """

    name: str
    script: str
    config_name: str
    groups: Mapping[str, str]
    only: Mapping[str, frozenset[str]] = field(default_factory=dict)
    but: Mapping[str, frozenset[str]] = field(default_factory=dict)
    done: str = "done"

    def choices(self, folder: Path) -> dict[str, list[str]]:
        """List the choices of every group that this command takes.

        Args:
            folder: The folder of YAML files, as :func:`geodl.config.conf_dir` returns it.

        Returns:
            Group name to names of choices, sorted.
        """
        found = {}
        for group in self.groups:
            names = {file.stem for file in (folder / group).glob("*.yaml")} - self.but.get(group, frozenset())
            found[group] = sorted(names & self.only[group] if group in self.only else names)
        return found


TRAIN = Command(
    name="geodl-train",
    script="python scripts/train.py",
    config_name="train",
    groups={
        "data": "what is learnt",
        "network": "plain or residual, fully connected or convolutional; a transformer; torchvision's, timm's",
        "optimizer": "how weights move, and which of them decay",
        "loss": "what is minimised",
        "scheduler": "learning rate over epochs",
        "track": "whose features are followed through the layers",
        "score": "what is computed on the tracks; several: score=[line_shape,optimal_transport]",
        "trainer": "epochs, hardware, arithmetic",
        "callbacks": "checkpoints, early stopping, figures",
        "logger": "W&B, or metrics.csv alone (always written)",
        "paths": "where results and data sets lie",
        "experiment": "a whole experiment in one word",
        "sweep": "a grid in one word, or a name for your own",
        "debug": "quick checks",
        "hydra": "how Hydra runs the jobs",
    },
    but={"data": frozenset({"auto", "sentences"}), "track": frozenset({"model"})},
    done="trained",
)

SCORE = Command(
    name="geodl-score",
    script="python scripts/score.py",
    config_name="score_model",
    groups={
        "model": "whose tracks are scored: a library's, a geodl run's, your own",
        "data": "what passes through it; auto: the run's own data, or sentences",
        "track": "which samples, which read-outs, which tokens",
        "score": "what is computed on the tracks; several: score=[line_shape,optimal_transport]",
        "logger": "W&B, or files alone (always written)",
        "paths": "where results and data sets lie",
        "sweep": "a name for scores that belong together",
        "hydra": "how Hydra runs the jobs",
    },
    only={"track": frozenset({"model"}), "sweep": frozenset({"default"})},
    done="scored",
)
