"""Schemas of ``geodl-score``: models that are scored as they are, and what passes through them.

Meanings and units stand beside each key in ``conf/``; rules across fields stand in
:mod:`geodl.config.validate_score`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING

from geodl.config.schema import LoggerConf, PathsConf, ScoreConf, SweepConf


@dataclass
class ModelConf:
    """What every kind of model understands."""

    kind: str = MISSING
    label: str | None = None


@dataclass
class ImageModelConf(ModelConf):
    """How images are fitted to a model that was not made for them."""

    image_size: int | None = None
    channels: str = "keep"


@dataclass
class TorchvisionModelConf(ImageModelConf):
    """A model of ``torchvision.models``."""

    name: str = MISSING
    weights: str | None = None
    normalize: str = "data"


@dataclass
class TimmModelConf(ImageModelConf):
    """A model of ``timm``."""

    name: str = MISSING
    weights: str | None = None
    normalize: str = "data"


@dataclass
class HuggingFaceModelConf(ImageModelConf):
    """A model of ``transformers``, from a folder or the hub."""

    path: str = MISSING
    untrained: bool = False


@dataclass
class CheckpointModelConf(ModelConf):
    """The network of a finished run of ``geodl-train``."""

    path: str = MISSING
    which: str = "last"
    untrained: bool = False


@dataclass
class PythonModelConf(ImageModelConf):
    """What a function of the user's own builds."""

    target: str = MISSING
    args: dict[str, Any] = field(default_factory=dict)
    weights: str | None = None


@dataclass
class AutoDataConf:
    """The data that belong to the model."""

    name: str = MISSING


@dataclass
class SentencesConf:
    """Sentences for a language model."""

    name: str = MISSING
    path: str | None = None
    max_length: int = 128


@dataclass
class ModelTrackConf:
    """Which samples are followed, at which read-outs, and how a state becomes a vector."""

    read_outs: Any = "auto"
    tokens: str | None = None
    pool: str | None = None
    include_final_norm: bool = False
    n_samples: int | None = None
    split: str | None = None
    seed: int | None = None
    batch_size: int | None = None
    storage: str = "memory"


@dataclass
class ScoreModelConf:
    """A whole job of ``geodl-score``."""

    model: ModelConf = MISSING
    data: Any = MISSING  # one of the data sets of training, sentences, or auto
    track: ModelTrackConf = field(default_factory=ModelTrackConf)
    score: ScoreConf = field(default_factory=ScoreConf)
    logger: LoggerConf = MISSING
    paths: PathsConf = field(default_factory=PathsConf)
    sweep: SweepConf = field(default_factory=SweepConf)
    seed: int = 0
    device: str = "auto"
    threads: int | None = None
    n_tracks: int = 60


SCHEMAS: dict[str, dict[str, Any]] = {
    "model": {
        "torchvision": TorchvisionModelConf,
        "timm": TimmModelConf,
        "huggingface": HuggingFaceModelConf,
        "checkpoint": CheckpointModelConf,
        "python": PythonModelConf,
    },
    "data": {"auto": AutoDataConf, "sentences": SentencesConf},
    "track": {"model": ModelTrackConf},
}
