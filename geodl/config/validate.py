"""Rules that types alone cannot express, checked before anything heavy is imported.

Every rule raises :class:`~geodl.errors.ConfigError` naming the key, what was expected, what was found and the fix.
Rules that need the data (batch size against its size, probe against its split) are checked where the data are.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from geodl.config.calibration import KNOWN_MAPS
from geodl.config.schema import SCHEMAS
from geodl.config.schema_network import ForeignConf
from geodl.config.score_choice import METHODS, chosen_scores
from geodl.config.store import SCALES
from geodl.config.suggest import did_you_mean
from geodl.errors import ConfigError

CHOICES: dict[str, tuple[str, ...]] = {
    "scale": SCALES,
    "calibration.map": tuple(KNOWN_MAPS),
    "data.normalize": ("channel", "unit", "none"),
    "network.norm": ("batch", "layer", "none"),
    "network.activation": ("relu", "leaky_relu", "gelu", "silu", "tanh"),
    "network.order": ("pre", "post"),
    "network.library": ("torchvision", "timm"),
    "network.stem": ("cifar", "imagenet"),
    "optimizer.decay": ("weights", "all"),
    "optimizer.name": ("sgd", "adam", "adamw"),
    "loss.name": ("cross_entropy", "mse"),
    "scheduler.name": ("constant", "cosine", "step"),
    "track.split": ("train", "test"),
    "track.pool": ("none", "mean"),
    "track.tokens": ("mean", "last", "cls", "flatten", "all"),
    "track.save": ("none", "last", "all"),
    "score.method": METHODS,
    "logger.name": ("wandb", "csv"),
    "logger.mode": ("auto", "online", "offline"),
    "trainer.accelerator": ("auto", "cpu", "gpu", "mps"),
    "trainer.precision": ("32-true", "64-true", "16-mixed", "bf16-mixed"),
    "trainer.progress_bar": ("auto", "on", "off"),
    "callbacks.checkpoint.mode": ("min", "max"),
    "callbacks.early_stopping.mode": ("min", "max"),
}

OWN_NETWORKS = tuple(name for name, node in SCHEMAS["network"].items() if not issubclass(node, ForeignConf))

# key: (lower bound, upper bound, lower bound allowed)
RANGES: dict[str, tuple[float, float, bool]] = {
    "calibration.dim": (1, math.inf, True),
    "calibration.depth": (1, math.inf, True),
    "data.batch_size": (1, math.inf, True),
    "data.label_noise": (0, 1, True),
    "data.noise": (0, math.inf, True),
    "data.test_fraction": (0, 0.9, False),
    "data.n_train": (1, math.inf, True),
    "data.n_test": (1, math.inf, True),
    "data.dim": (2, math.inf, True),
    "data.n_classes": (2, math.inf, True),
    "network.depth": (1, math.inf, True),
    "network.width": (1, math.inf, True),
    "network.hidden": (1, math.inf, True),
    "network.stem_stride": (1, math.inf, True),
    "network.residual_scale": (0, math.inf, False),
    "network.heads": (1, math.inf, True),
    "network.patch_size": (1, math.inf, True),
    "network.mlp_ratio": (0, math.inf, False),
    "network.dropout": (0, 0.9999, True),
    "optimizer.lr": (0, math.inf, False),
    "optimizer.weight_decay": (0, math.inf, True),
    "optimizer.momentum": (0, 0.9999, True),
    "optimizer.beta1": (0, 0.9999, True),
    "optimizer.beta2": (0, 0.99999, True),
    "loss.label_smoothing": (0, 0.9999, True),
    "scheduler.final_fraction": (0, 1, True),
    "scheduler.gamma": (0, 1, False),
    "seed": (0, 2**32 - 1, True),
    "track.seed": (0, 2**32 - 1, True),
    "data.split_seed": (0, 2**32 - 1, True),
    "data.subset_seed": (0, 2**32 - 1, True),
    "data.noise_seed": (0, 2**32 - 1, True),
    "data.draw_seed": (0, 2**32 - 1, True),
    "track.n_samples": (2, math.inf, True),
    "track.every_n_epochs": (1, math.inf, True),
    "track.batch_size": (1, math.inf, True),
    "score.max_memory": (0, math.inf, False),
    "logger.init_timeout": (0, math.inf, False),
    "trainer.max_epochs": (1, math.inf, True),
    "trainer.devices": (1, math.inf, True),
    "trainer.threads": (1, math.inf, True),
    "trainer.gradient_clip_norm": (0, math.inf, False),
    "trainer.limit_train_batches": (1, math.inf, True),
    "callbacks.early_stopping.patience": (1, math.inf, True),
    "callbacks.checkpoint.every_n_epochs": (1, math.inf, True),
    "callbacks.figure.n_tracks": (1, math.inf, True),
}


def validate(config: Mapping[str, Any], *, multirun: bool = False) -> None:
    """Check a resolved configuration of ``geodl-train``.

    A value outside its range or choices, and two values that contradict each other, raise ``ConfigError``.

    Args:
        config: Nested plain dictionaries as :func:`geodl.config.resolve` returns them.
        multirun: Whether the run is one job of a Hydra multirun.
    """
    _check_together(check_values(config), multirun=multirun)


def check_values(config: Mapping[str, Any]) -> dict[str, Any]:
    """Check every value of a configuration by itself.

    Args:
        config: Nested plain dictionaries.

    Returns:
        The values by dotted key.

    Raises:
        ConfigError: If a value lies outside its range or is not one of its choices.
    """
    values = dict(_flatten(config))
    for key, known in CHOICES.items():
        if key in values and values[key] not in known:
            raise ConfigError(
                f"{key}: expected one of {', '.join(known)}; found {values[key]!r}; "
                f"{did_you_mean(str(values[key]), known)}"
            )
    for key, (low, high, closed) in RANGES.items():
        value = values.get(key)
        if value is not None and not (low <= value <= high if closed else low < value <= high):
            bound = f"{'at least' if closed else 'more than'} {low:g}" + (
                f" and at most {high:.10g}" if high < math.inf else ""
            )
            raise ConfigError(f"{key}: expected {bound}, found {value}; set {key} inside that range")
        if isinstance(value, float) and not math.isfinite(value):
            raise ConfigError(f"{key}: expected a finite number, found {value}; set {key} to a finite number")
    for key, value in values.items():
        if key.startswith("score.") and key.endswith(".when") and value not in ("always", "ends"):
            raise ConfigError(
                f"{key}: expected always (at each measured epoch) or ends (before and after training), "
                f"found {value!r}; to leave the score out set {key.removesuffix('.when')}=null"
            )
    if not chosen_scores(config["score"]):
        raise ConfigError("score: expected at least one score, found none; leave score=default or name one")
    check_sweep_name(values["sweep.name"])
    _check_read_outs(values.get("track.read_outs", "auto"))
    return values


def check_sweep_name(name: str) -> None:
    """Check that the name of a sweep is safe as a folder's.

    Args:
        name: The name.

    Raises:
        ConfigError: If it is not.
    """
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*", name):
        raise ConfigError(
            f"sweep.name: expected letters, digits, '.', '_' and '-' (it names a folder below paths.outputs), found "
            f"{name!r}; set sweep.name=<such a name>"
        )


def _check_together(values: Mapping[str, Any], *, multirun: bool) -> None:
    _check_network(values)
    _check_known_map(values)
    if values.get("network.stages") not in (None, 1, 3):
        raise ConfigError(
            f"network.stages: expected 3 (He et al. 2016) or 1 (isotropic, one leg), found "
            f"{values['network.stages']}; set network.stages to 1 or 3"
        )
    if values["loss.name"] == "mse" and values["loss.label_smoothing"] > 0:
        raise ConfigError(
            f"loss.label_smoothing: expected 0 with loss=mse, found {values['loss.label_smoothing']}; "
            "use loss=cross_entropy or set loss.label_smoothing=0"
        )
    for milestone in values.get("scheduler.milestones") or []:
        if not 0 < milestone < 1:
            raise ConfigError(
                f"scheduler.milestones: expected shares of trainer.max_epochs between 0 and 1, found {milestone}; "
                "write [0.5,0.75] for half and three quarters"
            )
    for key in ("checkpoint", "early_stopping"):
        monitor = values[f"callbacks.{key}.monitor"]
        watches = values[f"callbacks.{key}.enabled"] and (monitor or "").startswith("geometry/")
        if watches and values.get("score.background"):
            raise ConfigError(
                f"callbacks.{key}.monitor: expected no score with score.background=true, found {monitor}, whose value "
                "would come an epoch late; set score.background=false, or watch another metric such as test/loss"
            )
    if values["trainer.devices"] > 1:
        why = (
            "each further device would start the sweep again; run the jobs beside each other instead"
            if multirun
            else "a run is trained and scored by one process; set trainer.devices=1"
        )
        place = " inside a multirun" if multirun else ""
        raise ConfigError(f"trainer.devices: expected 1{place}, found {values['trainer.devices']}: {why}")


def _check_known_map(values: Mapping[str, Any]) -> None:
    if "calibration.map" not in values:
        return
    name, amount = values["calibration.map"], values["calibration.amount"]
    rule = KNOWN_MAPS[name]
    if rule is None and amount is not None:
        raise ConfigError(
            f"calibration.amount: expected null with calibration.map={name}, which has no amount, found {amount}; "
            "set calibration.amount=null"
        )
    if rule is not None and (amount is None or not 0 < amount <= rule.high):
        raise ConfigError(
            f"calibration.amount: expected the {rule.meaning}, above 0 and at most {rule.high:g} with "
            f"calibration.map={name}, found {amount}; set calibration.amount inside that range (a map that moves "
            "nothing has no steps)"
        )


def _check_network(values: Mapping[str, Any]) -> None:
    name, library = values["network.name"], values.get("network.library")
    if library is None and name not in OWN_NETWORKS:
        raise ConfigError(
            f"network.name: expected one of {', '.join(OWN_NETWORKS)}, found {name!r}; "
            f"{did_you_mean(name, OWN_NETWORKS)} (choose one with "
            "network=<name>; network.name=<model> goes with network=torchvision and network=timm "
            "alone, so sweep such models in a command of their own with the same sweep.name)"
        )
    family = f"{library}/{name}" if library else name.split("_")[0]
    if values["network.family"] != family:
        raise ConfigError(
            f"network.family: expected {family} for network.name={name}, found {values['network.family']}; choose the "
            "network with network=<name>"
        )
    if values.get("network.heads") is not None and values["network.width"] % values["network.heads"]:
        raise ConfigError(
            f"network.heads: expected a divisor of network.width={values['network.width']}, found "
            f"{values['network.heads']}; every head has width / heads features"
        )


def _check_read_outs(chosen: Any) -> None:
    listed = chosen if isinstance(chosen, list) else [chosen]
    if not listed or not all(isinstance(name, str) and name for name in listed):
        raise ConfigError(
            f"track.read_outs: expected auto, a pattern or a list of names, found {chosen!r}; write "
            "track.read_outs=auto, 'track.read_outs=\"blocks.*\"' or track.read_outs=[layer1.0,layer1.1]"
        )


def _flatten(node: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for key, value in node.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{path}.")
        else:
            yield path, value
