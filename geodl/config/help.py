"""The page that ``--help`` prints, made from the YAML files themselves so that it cannot drift from them."""

from __future__ import annotations

import textwrap
from pathlib import Path

GROUPS = {
    "data": "what is learnt",
    "network": "plain or residual, fully connected or convolutional",
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
}

EXAMPLES = (
    ("one run", "python scripts/train.py network=resnet_mlp optimizer.weight_decay=5e-3"),
    ("a sweep", "python scripts/train.py -m network=plain_mlp,resnet_mlp network.depth=4,8 seed=0,1,2"),
    ("a sweep that lives in YAML", "python scripts/train.py experiment=demo"),
    (
        "your own data",
        "python scripts/train.py data=npz data.path=mine.npz network=resnet_cnn network.stages=1",
    ),
    ("run it again, number for number", "python scripts/train.py --config-dir outputs/<sweep>/<run>"),
)


def help_page(folder: Path) -> str:
    """Write the help page.

    Args:
        folder: The folder of YAML files, as :func:`geodl.config.conf_dir` returns it.

    Returns:
        Plain text, at most 100 characters a line.
    """
    lines = [
        "geodl: does a deep network learn the geodesic?",
        "",
        "Trains a network, follows the features of fixed probe samples through its layers (their data tracks), and",
        "scores at the end of each epoch how straight the tracks are (LSS, 1 = a straight line) and how often the",
        "network's own pairing is the optimal transport plan (OTS, 1 = always). Everything lands in outputs/.",
        "",
        "Usage: python scripts/train.py [-m] [group=choice ...] [group.key=value ...]",
        "",
        "Groups and their choices:",
    ]
    for group, meaning in GROUPS.items():
        names = sorted(path.stem for path in (folder / group).glob("*.yaml"))
        lines.append(f"  {group:<11}{meaning}")
        lines.extend(textwrap.wrap(", ".join(names), 84, initial_indent=" " * 13, subsequent_indent=" " * 13))
    lines += ["", "Examples:"]
    for meaning, command in EXAMPLES:
        lines += [f"  # {meaning}", f"  {command}"]
    lines += [
        "",
        "See every key with its value: python scripts/train.py --cfg job      (meanings: the comments in conf/)",
        "Afterwards: python scripts/report.py outputs/<sweep>",
        "Hydra's own options: python scripts/train.py --hydra-help",
    ]
    return "\n".join(lines)
