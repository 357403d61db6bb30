"""The samples whose tracks are followed while a model trains: read once, and the same ever after."""

from __future__ import annotations

import hashlib
import random
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, RandomSampler

from geodl.errors import ConfigError


@dataclass(frozen=True, eq=False)
class FixedProbe:
    """Samples in memory, as `geodl.record_track` takes them.

    Attributes:
        inputs: A tensor, a mapping of tensors, or a list of batches.
        labels: Classes, (n,), where they do not come with the inputs; None otherwise.
        sample_ids: Indices of the samples in their data set; None if unknown.
        metadata: What is known of the samples, for the track; ``probe`` is their digest.
    """

    inputs: Any
    labels: Tensor | None = None
    sample_ids: Tensor | None = None
    metadata: dict[str, str] = field(default_factory=dict)

    def inputs_for(self, network: Any) -> Any:
        """Convert floating-point inputs to the precision of a network.

        Args:
            network: The network.

        Returns:
            The inputs, in the dtype of the network's parameters where they have one in common.
        """
        if not isinstance(network, nn.Module):
            return self.inputs  # recording says what is wrong
        dtypes = {parameter.dtype for parameter in network.parameters() if parameter.is_floating_point()}
        if len(dtypes) != 1:
            return self.inputs
        (dtype,) = dtypes
        return _mapped(self.inputs, lambda tensor: tensor.to(dtype) if tensor.is_floating_point() else tensor)


def fix_probe(probe: Any, *, batch_size: int | None = None) -> FixedProbe:
    """Read a probe into memory.

    No random number that training draws is touched, and nothing is drawn anew later: augmentation in a data set, if
    there is any, is frozen as it fell out here.

    Args:
        probe: A tensor (n, ...), a mapping of tensors, a `geodl.data.ProbeSet`, a ``Dataset`` (read in order), a
            ``DataLoader`` that does not shuffle, or a list of batches; any of them but an empty one.
        batch_size: Samples a batch where a ``Dataset`` is read; None for 256.

    Returns:
        The samples.

    Example:
        >>> fix_probe(torch.zeros(3, 2)).metadata["probe"][:8]
        '1cfe51ed'
    """
    if isinstance(probe, FixedProbe):
        return probe
    if _is_probe_set(probe):
        metadata = {"split": probe.split, "probe_seed": str(probe.seed), "probe": probe.digest}
        return FixedProbe(probe.x, labels=probe.labels, sample_ids=probe.sample_ids, metadata=metadata)
    with _generators_kept(probe):
        inputs = _read(probe, 256 if batch_size is None else batch_size)
    return FixedProbe(inputs, metadata={"probe": _digest(inputs)})


def _is_probe_set(probe: Any) -> bool:
    # Nobody has one who has not imported its module, which takes seconds.
    module = sys.modules.get("geodl.data.probe")
    return module is not None and isinstance(probe, module.ProbeSet)


def _read(probe: Any, batch_size: int) -> Any:
    if isinstance(probe, Tensor | Mapping):
        return _mapped(probe, lambda tensor: tensor.detach().clone())
    if isinstance(probe, DataLoader) and isinstance(probe.sampler, RandomSampler):
        raise ConfigError(
            "probe: expected samples in a fixed order, found a DataLoader that shuffles; pass its dataset, or make it "
            "with shuffle=False"
        )
    if isinstance(probe, Dataset) or _is_map_style(probe):
        if _is_map_style(probe) and len(probe) == 0:
            raise ConfigError("probe: expected at least 2 samples, found an empty Dataset; pass some")
        probe = DataLoader(probe, batch_size=batch_size, shuffle=False)
    if isinstance(probe, str | bytes | tuple) or not isinstance(probe, Iterable):
        raise ConfigError(
            "probe: expected a tensor (n, ...), a mapping of tensors, a Dataset, a DataLoader or a list of batches, "
            f"found {type(probe).__name__}; pass one of these"
        )
    batches = [_mapped(batch, lambda tensor: tensor.detach().clone()) for batch in probe]
    if not batches:
        raise ConfigError("probe: expected at least 2 samples, found no batch; pass some")
    return batches


def _is_map_style(probe: Any) -> bool:
    # A data set of another library: samples by number, and their number.
    sized = hasattr(probe, "__getitem__") and hasattr(probe, "__len__")
    return sized and not isinstance(probe, list | tuple | str | bytes | np.ndarray)


def _mapped(value: Any, function: Callable[[Tensor], Tensor]) -> Any:
    # Apply a function to every tensor of nested mappings, lists and tuples.
    if isinstance(value, Tensor):
        return function(value)
    if isinstance(value, Mapping):
        return {key: _mapped(item, function) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_mapped(item, function) for item in value]
    return value


def _digest(inputs: Any) -> str:
    # SHA-256 of all tensors with their names, types and shapes: equal for runs that were probed alike.
    state = hashlib.sha256()

    def feed(key: str, value: Any) -> None:
        if isinstance(value, Tensor):
            state.update(f"{key} {value.dtype} {tuple(value.shape)};".encode())
            state.update(value.cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
        elif isinstance(value, Mapping):
            for inner in sorted(value, key=str):
                feed(f"{key}.{inner}", value[inner])
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                feed(f"{key}[{index}]", inner)
        else:
            state.update(f"{key} {value!r};".encode())

    feed("", inputs)
    return state.hexdigest()


@contextmanager
def _generators_kept(probe: Any) -> Iterator[None]:
    # Put back Python's, NumPy's and torch's generators, and those of the loader, which may be shared with training.
    owners = [probe, *(getattr(probe, name, None) for name in ("sampler", "dataset"))]
    own = [generator for owner in owners if isinstance(generator := getattr(owner, "generator", None), torch.Generator)]
    states = [generator.get_state() for generator in own]
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002 - what foreign data sets draw from
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()  # type: ignore[no-untyped-call]
    try:
        with torch.random.fork_rng(devices=list(devices)):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002
        for generator, before in zip(own, states, strict=True):
            generator.set_state(before)
