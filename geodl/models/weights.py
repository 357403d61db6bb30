"""State dictionaries from files, read without running code."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from geodl.errors import ConfigError

_WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "ema")  # under which training scripts save them
_PREFIXES = ("module.", "_orig_mod.", "model.", "network.", "net.")  # of wrappers and of LightningModules


def read_state_dict(path: str) -> dict[str, Tensor]:
    """Read a state dictionary.

    Args:
        path: A safetensors file, or a file of ``torch.save`` that holds tensors, alone or under ``state_dict`` or
            ``model``.

    Returns:
        Tensors by parameter name.

    Raises:
        ConfigError: The file is damaged, or holds something else.
    """
    file = Path(path)
    try:
        if file.suffix == ".safetensors":
            from safetensors.torch import load_file

            content: object = load_file(file)
        else:
            content = torch.load(file, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as error:
        raise ConfigError(
            f"model.weights: expected a state dict, found {file}, which cannot be read as one "
            f"({str(error).splitlines()[0][:200]}); save it with torch.save(model.state_dict(), path)"
        ) from error
    except Exception as error:  # safetensors has an error of its own, which is no OSError
        raise ConfigError(f"model.weights: expected a state dict, found {file} ({error}); save it again") from error
    for wrapper in _WRAPPERS:
        if isinstance(content, Mapping) and isinstance(content.get(wrapper), Mapping):
            content = content[wrapper]
    tensors = {str(k): v for k, v in content.items() if isinstance(v, Tensor)} if isinstance(content, Mapping) else {}
    if not tensors:
        raise ConfigError(
            f"model.weights: expected tensors by name in {file}, found {type(content).__name__}; save it with "
            "torch.save(model.state_dict(), path)"
        )
    return tensors


def load_weights(model: nn.Module, state: Mapping[str, Tensor], *, where: str, label: str) -> None:
    """Load a state dictionary, every tensor of it and nothing else.

    A prefix of wrappers, as ``module.`` or ``model.``, is taken off, and what a wrapper keeps beside the model is left
    out.

    Args:
        model: The model, changed in place.
        state: Tensors by name.
        where: File for the message.
        label: The model's name, for the message.

    Raises:
        ConfigError: Names or shapes do not fit; the message names the first.
    """
    expected = model.state_dict()
    fitted = dict(state)
    for prefix in _PREFIXES:
        inside = {name.removeprefix(prefix): values for name, values in fitted.items() if name.startswith(prefix)}
        if inside and len(inside.keys() & expected) > len(fitted.keys() & expected):
            fitted = inside
    faults = [f"{name} is missing" for name in expected if name not in fitted]
    faults += [f"{name} is not part of the model" for name in fitted if name not in expected]
    faults += [
        f"{name} has shape {tuple(fitted[name].shape)} and not {tuple(values.shape)}"
        for name, values in expected.items()
        if name in fitted and fitted[name].shape != values.shape
    ]
    if faults:
        raise ConfigError(
            f"model.weights: expected the {len(expected)} tensors of {label}, found {where}, where {faults[0]}"
            f"{f' ({len(faults) - 1} more such)' if len(faults) > 1 else ''}; give the weights of this architecture "
            "and image size"
        )
    model.load_state_dict(fitted)


def head_size(model: nn.Module, state: Mapping[str, Tensor]) -> int | None:
    """Find out for how many classes a classifier's weights were trained.

    Args:
        model: The classifier with as many classes as its library gives it.
        state: The weights.

    Returns:
        Length of the model's last parameter in the weights, where it stands there with another one; else None.
    """
    name, last = list(model.named_parameters())[-1]
    found = next((values for key, values in state.items() if key == name or key.endswith(f".{name}")), None)
    return None if found is None or not found.ndim or len(found) == len(last) else len(found)
