"""Models by kind, as ``model=<kind>`` names them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from torch import Tensor

from geodl.models.checkpoint import build_checkpoint
from geodl.models.huggingface import build_huggingface
from geodl.models.images import check_channels
from geodl.models.loaded import LoadedModel
from geodl.models.python import build_python
from geodl.models.samples import Samples
from geodl.models.timm import build_timm
from geodl.models.torchvision import build_torchvision

MODELS: dict[str, Callable[..., LoadedModel]] = {
    "torchvision": build_torchvision,
    "timm": build_timm,
    "huggingface": build_huggingface,
    "checkpoint": build_checkpoint,
    "python": build_python,
}
"""Builder by kind."""


def build_model(config: Mapping[str, Any], samples: Samples) -> LoadedModel:
    """Build the model of a configuration and make its inputs.

    Args:
        config: A settled configuration of ``geodl-score``.
        samples: What will pass through it.

    Returns:
        The model on the CPU, with inputs whose channels it takes.
    """
    options = config["model"]
    build = MODELS[options["kind"]]
    if samples.sentences is not None:
        build = partial(build, max_length=config["data"]["max_length"])
    loaded = build(options, samples, seed=config["seed"])
    images = loaded.inputs.get("pixel_values") if isinstance(loaded.inputs, dict) else loaded.inputs
    if isinstance(images, Tensor):
        check_channels(loaded.model, images, samples, options["label"])
    return loaded
