"""Finding the floating tensors in what a module receives or returns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from geodl.errors import TrackError


def named_tensors(values: Any, *, prefix: str = "") -> dict[str, Tensor]:
    """List the floating tensors of a nest of tuples, lists and mappings; other objects, such as caches, are passed by.

    Args:
        values: a tensor, or a tuple, list or mapping of such.
        prefix: path of ``values`` itself.

    Returns:
        Tensors by path: "" for a lone tensor, "0" for the first of a tuple, "logits" for a key, "0.1" below that.

    Example:
        >>> import torch
        >>> list(named_tensors((torch.zeros(1), {"mask": torch.zeros(1)}, "text")))
        ['0', '1.mask']
    """
    if isinstance(values, Tensor):
        return {prefix: values} if values.is_floating_point() else {}
    if isinstance(values, Mapping):
        pairs = [(str(key), value) for key, value in values.items()]
    elif isinstance(values, tuple | list):
        pairs = [(str(index), value) for index, value in enumerate(values)]
    else:
        return {}
    found: dict[str, Tensor] = {}
    for key, value in pairs:
        found |= named_tensors(value, prefix=f"{prefix}.{key}" if prefix else key)
    return found


def named_inputs(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Tensor]:
    """List the floating tensors among a module's arguments.

    Args:
        args: positional arguments.
        kwargs: keyword arguments.

    Returns:
        Tensors by path: "0" for the first positional argument, "hidden_states" for a keyword.
    """
    return named_tensors(args) | named_tensors(dict(kwargs))


def pick(tensors: Mapping[str, Tensor], item: str | None, *, read_out: str, what: str) -> Tensor:
    """Choose the tensor that a read-out means.

    Args:
        tensors: tensors by path.
        item: path that is asked for; None if there has to be one tensor only.
        read_out: read-out that the message names.
        what: "returns" or "receives", for the message.

    Returns:
        The tensor.

    Raises:
        TrackError: there is no such tensor, or no item is named and there are several.
    """
    if item is not None and item in tensors:
        return tensors[item]
    if item is None and len(tensors) == 1:
        return next(iter(tensors.values()))
    listed = ", ".join(f"[{path}] {tuple(tensor.shape)}" for path, tensor in tensors.items())
    if not tensors:
        raise TrackError(
            f"read_outs: expected {read_out!r} to be a floating tensor, found a module that {what} none; "
            "name a module inside or behind it"
        )
    wanted = "one floating tensor" if item is None else f"an item [{item}]"
    example = f"{read_out.split('[')[0]}[{next(iter(tensors))}]"
    raise TrackError(
        f"read_outs: expected {read_out!r} to be {wanted}, found a module that {what} {listed}; "
        f"name one of them, such as {example!r}"
    )
