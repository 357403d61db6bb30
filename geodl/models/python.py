"""``model=python``: whatever a function of the user's own returns."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from torch import nn

from geodl.errors import ConfigError
from geodl.models.images import fit_images
from geodl.models.loaded import LoadedModel, with_seed
from geodl.models.samples import Samples
from geodl.models.weights import load_weights, read_state_dict
from geodl.networks.choice import nearest_name


def build_python(options: Mapping[str, Any], samples: Samples, *, seed: int) -> LoadedModel:
    """Call the user's function.

    Its module is looked for in the folder the command is started in, then among what is installed.

    Args:
        options: The ``model`` group: target, args, weights, image_size, channels.
        samples: What will pass through the model.
        seed: Seed of torch's generator while the function runs.

    Returns:
        The model and its inputs.

    Raises:
        ConfigError: The function cannot be found or called, or returns no module.
    """
    target, arguments = options["target"], dict(options["args"])
    with _here():
        build = find_target(target)
        try:
            model = with_seed(lambda: build(**arguments), seed)
        except ConfigError:
            raise
        except Exception as error:
            raise ConfigError(
                f"model.target: expected {target}({', '.join(f'{k}={v!r}' for k, v in arguments.items())}) to return a "
                f"model, found {type(error).__name__}: {error}; correct model.args or the function"
            ) from error
    if not isinstance(model, nn.Module):
        raise ConfigError(
            f"model.target: expected {target} to return a torch.nn.Module, found {type(model).__name__}; return the "
            "model"
        )
    inputs, notes = fit_images(samples, options)
    origin = f"{type(model).__name__} of {target}"
    if options["weights"] is not None:
        load_weights(model, read_state_dict(options["weights"]), where=options["weights"], label=target)
        origin += f", weights of {Path(options['weights']).name}"
    return LoadedModel(model, inputs, origin, (*notes,))


def find_target(target: str) -> Callable[..., Any]:
    """Import a function by its dotted name.

    Args:
        target: Such as ``my_package.build``; attributes of attributes are found too.

    Returns:
        The function or class.

    Raises:
        ConfigError: There is no such module or function, or importing fails.

    >>> find_target("math.sqrt")(4.0)
    2.0
    """
    parts = target.split(".")
    if len(parts) < 2 or not all(part.isidentifier() for part in parts):
        raise ConfigError(
            f"model.target: expected a dotted name of a function, as my_package.build, found {target!r}; write one"
        )
    for cut in range(len(parts) - 1, 0, -1):
        name = ".".join(parts[:cut])
        try:
            found: Any = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
                continue  # perhaps a class inside a module, and not a module
            raise ConfigError(
                f"model.target: expected to import {name}, found that it needs {error.name}; install that"
            ) from error
        except Exception as error:
            raise ConfigError(
                f"model.target: expected to import {name}, found {type(error).__name__}: {error}; correct the module"
            ) from error
        for part in parts[cut:]:
            if not hasattr(found, part):
                near = nearest_name(part, [name for name in dir(found) if not name.startswith("_")])
                raise ConfigError(
                    f"model.target: expected {part} in {name}, found none; "
                    + (f"did you mean {near!r}?" if near else "correct the name")
                )
            found = getattr(found, part)
        if not callable(found):
            raise ConfigError(f"model.target: expected a function, found {target} = {found!r}; name a function")
        return found  # type: ignore[no-any-return]  # callable, as just checked
    raise ConfigError(
        f"model.target: expected a module {parts[0]} in {Path.cwd()} or installed, found none; start the command in "
        "the folder that holds it, or install it"
    )


@contextlib.contextmanager
def _here() -> Iterator[None]:
    before = list(sys.path)
    sys.path.insert(0, str(Path.cwd()))  # which python -m would do, and an installed command does not
    try:
        yield
    finally:
        sys.path[:] = before
