"""``model=torchvision``: the classifiers of ``torchvision.models``."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import nn

from geodl.errors import ConfigError
from geodl.models.images import FOREIGN_SCALE, fit_images
from geodl.models.loaded import LoadedModel, with_seed
from geodl.models.samples import Samples
from geodl.models.weights import head_size, load_weights, read_state_dict
from geodl.networks.choice import nearest_name


def build_torchvision(options: Mapping[str, Any], samples: Samples, *, seed: int) -> LoadedModel:
    """Build a model of torchvision with drawn, given or downloaded weights.

    A vision transformer whose weights are drawn is built for the size of the images.

    Args:
        options: The ``model`` group: name, weights, normalize, image_size, channels.
        samples: What will pass through it.
        seed: Seed of drawn weights.

    Returns:
        The model and its inputs.

    Raises:
        ConfigError: The name, the weights or the size of the images do not fit.
    """
    import torchvision

    name, weights = options["name"], options["weights"]
    known = torchvision.models.list_models(module=torchvision.models)
    if name not in known:
        near = nearest_name(name, known)
        raise ConfigError(
            f"model.name: expected a model of torchvision.models, found {name!r}; "
            + (f"did you mean {near!r}?" if near else "list them with torchvision.models.list_models()")
        )
    builder = torchvision.models.get_model_builder(name)
    entry = None if weights is None or Path(weights).is_file() else _entry(torchvision, name, weights)
    mean_std = _mean_std(entry, weights) if options["normalize"] == "weights" else None
    inputs, notes = fit_images(samples, options, mean_std=mean_std)
    sizes: dict[str, int] = {}
    takes_size = inspect.signature(builder).return_annotation is torchvision.models.VisionTransformer
    if takes_size and entry is None and inputs.ndim == 4:
        sizes = {"image_size": int(inputs.shape[-1])}
        notes.append(f"{name} is built for images of {inputs.shape[-1]} pixels a side")

    def make(**more: Any) -> nn.Module:
        try:
            model: nn.Module = with_seed(lambda: builder(weights=entry, progress=False, **sizes, **more), seed)
        except (ValueError, AssertionError, RuntimeError) as error:
            raise ConfigError(
                f"model.image_size: expected images that {name} can be built for, found {samples} ({error}); set "
                "model.image_size=224, or another multiple of its patch size"
            ) from error
        except OSError as error:
            raise ConfigError(
                f"model.weights: expected {weights} to be downloaded, found {error}; give a file with a state dict"
            ) from error
        return model

    model = make()
    if weights is None:
        return LoadedModel(
            model, inputs, f"torchvision's {name}, untrained (weights drawn with seed {seed})", (*notes,)
        )
    if entry is None:
        state = read_state_dict(weights)
        if (classes := head_size(model, state)) is not None:
            model = make(num_classes=classes)
        load_weights(model, state, where=weights, label=name)
        return LoadedModel(model, inputs, f"torchvision's {name}, weights of {Path(weights).name}", (*notes,))
    if mean_std is None:
        notes.append(FOREIGN_SCALE)
    return LoadedModel(model, inputs, f"torchvision's {name}, weights {entry}", (*notes,))


def _entry(torchvision: Any, name: str, weights: str) -> Any:
    entries = torchvision.models.get_model_weights(name)
    try:
        return entries[weights.rsplit(".", 1)[-1]]
    except KeyError:
        listed = ", ".join(entry.name for entry in entries) or "none"
        raise ConfigError(
            f"model.weights: expected null, a file, or an entry of torchvision's weights for {name} ({listed}), found "
            f"{weights!r}; choose one of these"
        ) from None


def _mean_std(entry: Any, weights: str) -> tuple[Sequence[float], Sequence[float]]:
    if entry is None:
        raise ConfigError(
            f"model.normalize: expected data for weights from a file, which does not say how they were trained, found "
            f"weights ({weights}); set model.normalize=data"
        )
    transforms = entry.transforms()
    return transforms.mean, transforms.std
