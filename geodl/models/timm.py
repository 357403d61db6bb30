"""``model=timm``: the models of timm."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from geodl.errors import ConfigError
from geodl.extras import require
from geodl.models.images import FOREIGN_SCALE, check_patches, fit_images
from geodl.models.loaded import LoadedModel, with_seed
from geodl.models.samples import Samples
from geodl.models.weights import head_size, load_weights, read_state_dict
from geodl.networks.choice import nearest_name


def build_timm(options: Mapping[str, Any], samples: Samples, *, seed: int) -> LoadedModel:
    """Build a model of timm with drawn, given or downloaded weights.

    A model that can be built for a size of images is built for that of the samples, unless the weights are timm's.

    Args:
        options: The ``model`` group: name, weights, normalize, image_size, channels.
        samples: What will pass through it.
        seed: Seed of drawn weights.

    Returns:
        The model and its inputs.

    Raises:
        ConfigError: The name, the weights or the size of the images do not fit.
    """
    timm = require("timm", extra="timm", for_what="model=timm")
    name, weights = options["name"], options["weights"]
    if not timm.is_model(name):
        near = nearest_name(name, timm.list_models())
        raise ConfigError(
            f"model.name: expected a model of timm, found {name!r}; "
            + (f"did you mean {near!r}?" if near else "list them with timm.list_models()")
        )
    if weights is not None and weights != "pretrained" and not Path(weights).is_file():
        raise ConfigError(
            f"model.weights: expected null, pretrained or a file, found {weights!r}; name a file with a state dict"
        )
    pretrained = weights == "pretrained"
    known = timm.get_pretrained_cfg(name)
    mean_std = (known.mean, known.std) if options["normalize"] == "weights" and known is not None else None
    inputs, notes = fit_images(samples, options, mean_std=mean_std)
    size = int(inputs.shape[-1]) if inputs.ndim == 4 and not pretrained else None
    takes_size = True

    def make(**more: Any) -> nn.Module:
        nonlocal takes_size
        if takes_size and size is not None:
            try:
                return with_seed(lambda: timm.create_model(name, img_size=size, **more), seed)
            except TypeError:  # the way timm's own models say that they know no img_size
                takes_size = False
        return with_seed(lambda: timm.create_model(name, pretrained=pretrained, **more), seed)

    try:
        model = make()
    except (ValueError, AssertionError, RuntimeError) as error:
        if pretrained:
            raise ConfigError(
                f"model.weights: expected timm's weights of {name}, found none ({str(error).splitlines()[0]}); give a "
                "file with a state dict"
            ) from error
        raise ConfigError(
            f"model.image_size: expected images that {name} can be built for, found {samples} ({error}); set "
            "model.image_size=224, or another multiple of its patch size"
        ) from error
    except OSError as error:
        raise ConfigError(
            f"model.weights: expected timm's weights of {name} on the hub, found {str(error).splitlines()[0]}; give a "
            "file with a state dict"
        ) from error
    if size is not None and takes_size:
        check_patches(size, getattr(getattr(model, "patch_embed", None), "patch_size", None), samples, name)
        notes.append(f"{name} is built for images of {size} pixels a side")
    if weights is None:
        return LoadedModel(model, inputs, f"timm's {name}, untrained (weights drawn with seed {seed})", (*notes,))
    if mean_std is None:
        notes.append(FOREIGN_SCALE)
    if pretrained:
        return LoadedModel(model, inputs, f"timm's {name}, its pretrained weights", (*notes,))
    state = read_state_dict(weights)
    if (classes := head_size(model, state)) is not None:
        model = make(num_classes=classes)
    load_weights(model, state, where=weights, label=name)
    return LoadedModel(model, inputs, f"timm's {name}, weights of {Path(weights).name}", (*notes,))
