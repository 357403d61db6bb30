"""Schemas of every configuration group: names, types and defaults that a run may have.

Hydra merges each YAML file of ``conf/`` into the dataclass of the same name, so a value of the wrong type fails while
composing. Meanings and units stand beside each key in ``conf/``; rules across fields stand in
:mod:`geodl.config.validate`. Nothing here imports torch: composing has to stay fast.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING

from geodl.config.schema_data import (
    DataConf,
    NpzDataConf,
    SpiralsDataConf,
    SplitDataConf,
    SyntheticDataConf,
    TorchvisionDataConf,
)
from geodl.config.schema_network import CNNConf, ForeignConf, MLPConf, NetworkConf, ViTConf

# OmegaConf reads annotations at run time, so optional types are spelt the way it understands: ``int | None``.


@dataclass
class OptimizerConf:
    """What every optimizer understands."""

    name: str = MISSING
    lr: float = MISSING
    weight_decay: float = 0.0
    decay: str = "weights"


@dataclass
class SGDConf(OptimizerConf):
    """Stochastic gradient descent with momentum; weight decay is coupled (an L2 penalty)."""

    momentum: float = 0.9
    nesterov: bool = False


@dataclass
class AdamConf(OptimizerConf):
    """Adam (coupled L2) and AdamW (decoupled decay)."""

    beta1: float = 0.9
    beta2: float = 0.999


@dataclass
class LossConf:
    """The training objective."""

    name: str = MISSING
    label_smoothing: float = 0.0


@dataclass
class SchedulerConf:
    """Learning rate over epochs."""

    name: str = MISSING


@dataclass
class CosineConf(SchedulerConf):
    """Half a cosine from the learning rate down to a share of it."""

    final_fraction: float = 0.0


@dataclass
class StepConf(SchedulerConf):
    """Multiplied by ``gamma`` at each milestone."""

    milestones: list[float] = field(default_factory=lambda: [0.5, 0.75])
    gamma: float = 0.1


@dataclass
class TrackConf:
    """Which samples are followed, when and how."""

    n_samples: int = 1000
    split: str = "train"
    seed: int = 0
    every_n_epochs: int = 1
    read_outs: Any = "auto"
    pool: str = "none"
    tokens: str = "mean"
    batch_size: int = 500
    save: str = "none"


@dataclass
class ScoreChoiceConf:
    """When one score is computed."""

    when: str = "always"


@dataclass
class ScoreConf:
    """Which scores are computed, and how their transport is solved; a score that is null is left out."""

    line_shape: ScoreChoiceConf | None = None
    optimal_transport: ScoreChoiceConf | None = None
    transport_ratio: ScoreChoiceConf | None = None
    path_straightness: ScoreChoiceConf | None = None
    kinetic_straightness: ScoreChoiceConf | None = None
    geodesic: ScoreChoiceConf | None = None
    geodesic_deviation: ScoreChoiceConf | None = None
    step_transport: ScoreChoiceConf | None = None
    track_distance: ScoreChoiceConf | None = None
    action: ScoreChoiceConf | None = None
    method: str = "auto"
    max_memory: float | None = None


@dataclass
class TrainScoreConf(ScoreConf):
    """The same while a network trains."""

    background: bool = False


@dataclass
class LoggerConf:
    """Where metrics go besides ``metrics.csv``, which is always written."""

    name: str = MISSING
    mode: str = "auto"
    project: str = "geodl"
    entity: str | None = None
    tags: list[str] = field(default_factory=list)
    init_timeout: float = 30.0


@dataclass
class TrainerConf:
    """Length, hardware and arithmetic of training."""

    max_epochs: int = 20
    accelerator: str = "auto"
    devices: int = 1
    precision: str = "32-true"
    deterministic: bool = True
    gradient_clip_norm: float | None = None
    limit_train_batches: int | None = None
    threads: int | None = None
    progress_bar: str = "auto"


@dataclass
class CheckpointConf:
    """Which weights are kept."""

    enabled: bool = True
    monitor: str | None = None
    mode: str = "min"
    every_n_epochs: int = 1


@dataclass
class EarlyStoppingConf:
    """When training stops before ``trainer.max_epochs``."""

    enabled: bool = False
    monitor: str = "test/loss"
    mode: str = "min"
    patience: int = 10


@dataclass
class FigureConf:
    """Pictures of the tracks during training."""

    enabled: bool = True
    n_tracks: int = 60


@dataclass
class ProfileConf:
    """What is kept of single samples before and after training."""

    enabled: bool = True


@dataclass
class CallbacksConf:
    """What accompanies training besides recording and scoring."""

    checkpoint: CheckpointConf = field(default_factory=CheckpointConf)
    early_stopping: EarlyStoppingConf = field(default_factory=EarlyStoppingConf)
    figure: FigureConf = field(default_factory=FigureConf)
    profile: ProfileConf = field(default_factory=ProfileConf)


@dataclass
class PathsConf:
    """Folders, absolute once resolved."""

    root: str = MISSING
    outputs: str = MISSING
    datasets: str = MISSING


@dataclass
class SweepConf:
    """Which runs belong together."""

    name: str = "default"


@dataclass
class CalibrationConf:
    """A known map that is scored in place of a network."""

    map: str = MISSING
    amount: float | None = None
    dim: int = MISSING
    depth: int = 8


@dataclass
class TrainConf:
    """A whole run."""

    data: DataConf = MISSING
    network: NetworkConf = MISSING
    optimizer: OptimizerConf = MISSING
    loss: LossConf = MISSING
    scheduler: SchedulerConf = MISSING
    track: TrackConf = field(default_factory=TrackConf)
    score: TrainScoreConf = field(default_factory=TrainScoreConf)
    logger: LoggerConf = MISSING
    trainer: TrainerConf = field(default_factory=TrainerConf)
    callbacks: CallbacksConf = field(default_factory=CallbacksConf)
    paths: PathsConf = field(default_factory=PathsConf)
    sweep: SweepConf = field(default_factory=SweepConf)
    scale: str = "small"
    calibration: CalibrationConf | None = None
    seed: int = 0


# The schema of each choice of each group: conf/<group>/<choice>.yaml opens with `/schema/<group>/<choice>@_here_`.
SCHEMAS: dict[str, dict[str, Any]] = {
    "data": {
        "mnist5k": SplitDataConf,
        "digits": SplitDataConf,
        **dict.fromkeys(("blobs", "rings"), SyntheticDataConf),
        "spirals": SpiralsDataConf,
        **dict.fromkeys(("mnist", "fashion_mnist", "cifar10", "cifar100", "svhn"), TorchvisionDataConf),
        "npz": NpzDataConf,
    },
    "network": {
        **dict.fromkeys(("plain_mlp", "resnet_mlp"), MLPConf),
        **dict.fromkeys(("plain_cnn", "resnet_cnn"), CNNConf),
        "vit": ViTConf,
        **dict.fromkeys(("torchvision", "timm"), ForeignConf),
    },
    "optimizer": {"sgd": SGDConf, "adam": AdamConf, "adamw": AdamConf},
    "loss": {"cross_entropy": LossConf, "mse": LossConf},
    "scheduler": {"constant": SchedulerConf, "cosine": CosineConf, "step": StepConf},
    "logger": {"wandb": LoggerConf, "csv": LoggerConf},
}
