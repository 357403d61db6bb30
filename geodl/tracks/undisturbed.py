"""A network left as it was found: modes, buffers and random states are put back, whatever happens in between."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.parallel import DataParallel, DistributedDataParallel
from torch.utils.data import DataLoader

from geodl.errors import TrackError
from geodl.networks.evaluation_mode import evaluation_mode
from geodl.tracks.trace import is_compiled_wrapper


def original(model: nn.Module) -> nn.Module:
    """Take off what ``torch.compile``, ``DataParallel`` and ``DistributedDataParallel`` put around a model.

    Hooks that are added after the first compiled call would not fire, and a parallel wrapper would spread the batch.

    Args:
        model: any module.

    Returns:
        The module inside.

    Raises:
        TrackError: the model cannot be hooked: it is no module, or scripted, or its parameters have no shape yet.
    """
    if not isinstance(model, nn.Module):
        raise TrackError(f"model: expected a torch.nn.Module, found {type(model).__name__}; pass the module")
    network = model
    while is_compiled_wrapper(network) or isinstance(network, DataParallel | DistributedDataParallel):
        network = network._orig_mod if is_compiled_wrapper(network) else network.module  # type: ignore[assignment]
    for name, module in network.named_modules():
        if isinstance(module, torch.jit.ScriptModule):
            raise TrackError(
                f"model: expected Python modules, found {name or 'it'!r} scripted; pass the unscripted one"
            )
    for name, parameter in network.named_parameters():
        if isinstance(parameter, nn.parameter.UninitializedParameter):
            raise TrackError(f"model: expected parameters with shapes, found {name!r} lazy; run the model once before")
    return network


def device_of(network: nn.Module, default: torch.device) -> torch.device:
    """Return the device that inputs have to be on.

    Args:
        network: the module.
        default: device of a network without tensors.

    Returns:
        The device of its first parameter or buffer.
    """
    for tensors in (network.parameters(), network.buffers()):
        for tensor in tensors:
            return tensor.device
    return default


@contextmanager
def undisturbed(network: nn.Module, device: torch.device, *, eager: bool = False) -> Iterator[None]:
    """Run a block in eval mode, without gradients, autocast or compilation, and put everything back.

    Restored, also after an exception: the mode of every module, the content of every buffer, and the random states of
    torch, NumPy and Python.

    Args:
        network: the module that runs in the block.
        device: its device.
        eager: whether compiled code may be around even if none is seen inside the network.

    Yields:
        Nothing.
    """
    with ExitStack() as stack:
        stack.enter_context(evaluation_mode(network))
        # tensors made in inference mode, where Lightning validates, could never take part in a backward pass
        stack.enter_context(torch.inference_mode(mode=False))
        stack.enter_context(torch.no_grad())
        if torch.amp.is_autocast_available(device.type):
            stack.enter_context(torch.autocast(device.type, enabled=False))
        stack.enter_context(torch.random.fork_rng(devices=[device] if device.type == "cuda" else []))
        stack.enter_context(_other_generators())
        stack.enter_context(_buffers(network))
        # looked for first, since asking for a stance loads the compiler, which takes seconds
        if eager or any(module._compiled_call_impl or is_compiled_wrapper(module) for module in network.modules()):
            stack.enter_context(torch.compiler.set_stance("force_eager"))
        yield


@contextmanager
def _other_generators() -> Iterator[None]:
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002 - the global one is what data sets draw from
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002


@contextmanager
def _buffers(network: nn.Module) -> Iterator[None]:
    registered = [
        (module, dict(module._buffers), set(module._non_persistent_buffers_set)) for module in network.modules()
    ]
    contents = [
        (buffer, buffer.clone()) for _, buffers, _ in registered for buffer in buffers.values() if buffer is not None
    ]
    versions = {id(buffer): buffer._version for buffer, _ in contents if not buffer.is_inference()}
    try:
        yield
    finally:
        for module, buffers, non_persistent in registered:
            for name in [name for name in module._buffers if name not in buffers]:
                del module._buffers[name]
            module._buffers.update(buffers)
            module._non_persistent_buffers_set = non_persistent
        for buffer, content in contents:
            if buffer.is_inference():  # does not count its changes, and may be changed in that mode only
                with torch.inference_mode():
                    buffer.copy_(content)
            elif buffer._version != versions[id(buffer)]:
                buffer.copy_(content)


@contextmanager
def kept_generators(inputs: Any) -> Iterator[None]:
    """Put back the generators that a DataLoader draws its order from.

    Args:
        inputs: anything; only a ``DataLoader`` has such generators.

    Yields:
        Nothing.
    """
    batch_sampler = getattr(inputs, "batch_sampler", None)
    owners = [inputs, getattr(inputs, "sampler", None), getattr(batch_sampler, "sampler", None)]
    found = [getattr(owner, "generator", None) for owner in owners] if isinstance(inputs, DataLoader) else []
    states = [(generator, generator.get_state()) for generator in found if isinstance(generator, torch.Generator)]
    try:
        yield
    finally:
        for generator, state in states:
            generator.set_state(state)


@contextmanager
def without_fast_path(network: nn.Module) -> Iterator[None]:
    """Keep torch's own encoder layers on the kernels of training.

    Their fused path is not taken by a layer with hooks, though still by the attention inside, and it packs padded
    sequences into nested tensors, which have no shape (n, T, d). Other networks keep what they have.

    Args:
        network: the module.

    Yields:
        Nothing.
    """
    kinds = (nn.TransformerEncoder, nn.TransformerEncoderLayer)
    concerned = any(isinstance(module, kinds) for module in network.modules())
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(before and not concerned)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)
