"""The pages that ``--help`` prints, made from the YAML files themselves so that they cannot drift from them."""

from __future__ import annotations

import textwrap
from pathlib import Path

from geodl.config.commands import SCORE, TRAIN, Command

_TEXTS = {
    TRAIN.name: (
        "Trains a network, follows the features of fixed probe samples through its layers (their data tracks), and",
        "scores at the end of each epoch how straight the tracks are (LSS, 1 = a straight line) and how often the",
        "network's own pairing is the optimal transport plan (OTS, 1 = always). Everything lands in outputs/.",
    ),
    SCORE.name: (
        "Scores a model as it is: follows the features of fixed samples through its blocks (their data tracks), and",
        "says how straight the tracks are (LSS, 1 = a straight line) and how often the model's own pairing is the",
        "optimal transport plan (OTS, 1 = always), block by block. Everything lands in outputs/.",
    ),
}

_EXAMPLES = {
    TRAIN.name: (
        ("one run", "network=resnet_mlp optimizer.weight_decay=5e-3"),
        ("a sweep", "-m network=plain_mlp,resnet_mlp network.depth=4,8 seed=0,1,2"),
        ("a sweep that lives in YAML", "experiment=demo"),
        ("your own data", "data=npz data.path=mine.npz network=resnet_cnn network.stages=1"),
        ("other people's networks", "-m network=torchvision network.name=resnet18,mobilenet_v2 data=cifar10"),
        ("run it again, number for number", "--config-dir outputs/<sweep>/<run>"),
    ),
    SCORE.name: (
        (
            "a model of torchvision on your own images",
            "model=torchvision model.name=resnet18 data=npz data.path=mine.npz",
        ),
        ("several models beside each other", "-m model=torchvision model.name=resnet18,convnext_tiny data=cifar10"),
        (
            "a language model, trained and untrained",
            "-m model=huggingface model.path=<folder or name> model.untrained=false,true",
        ),
        ("the network of a run of geodl-train", "model=checkpoint model.path=outputs/<sweep>/<run>"),
        ("your own model", "model=python model.target=my_package.build model.args.depth=4 data=digits"),
        ("score it again, number for number", "--config-dir outputs/<sweep>/<run>"),
    ),
}

_AFTERWARDS = {
    TRAIN.name: "Afterwards: python scripts/report.py outputs/<sweep>",
    SCORE.name: "Afterwards: report.html in the run folder; of a sweep outputs/<sweep>/models.html and scores.csv",
}


def help_page(folder: Path, command: Command = TRAIN) -> str:
    """Write a command's help page.

    Args:
        folder: The folder of YAML files, as :func:`geodl.config.conf_dir` returns it.
        command: The command.

    Returns:
        Plain text, at most 110 characters a line.
    """
    lines = [
        "geodl: does a deep network learn the geodesic?",
        "",
        *_TEXTS[command.name],
        "",
        f"Usage: {command.script} [-m] [group=choice ...] [group.key=value ...]",
        "",
        "Groups and their choices:",
    ]
    for group, names in command.choices(folder).items():
        lines.append(f"  {group:<11}{command.groups[group]}")
        lines.extend(textwrap.wrap(", ".join(names), 84, initial_indent=" " * 13, subsequent_indent=" " * 13))
    lines += ["", "Examples:"]
    for meaning, arguments in _EXAMPLES[command.name]:
        lines += [f"  # {meaning}", f"  {command.script} {arguments}"]
    lines += [
        "",
        f"See every key with its value: {command.script} --cfg job      (meanings: the comments in conf/)",
        _AFTERWARDS[command.name],
        f"Hydra's own options: {command.script} --hydra-help",
    ]
    return "\n".join(lines)
