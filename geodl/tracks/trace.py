"""One forward pass of a network, call by call: what every module received and returned."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from geodl.tracks.tensors import named_inputs, named_tensors


@dataclass(eq=False)
class Call:
    """One run of one module.

    Attributes:
        name: name of the module, the first of its names if it has several.
        module: the module.
        firing: which of its runs in this forward pass, from 1.
        start: moment at which it began, counted over all beginnings and ends of calls.
        parent: the call inside which it ran; None for the network itself.
        inputs: floating tensors that it received, by path; see `geodl.tracks.tensors`.
        outputs: floating tensors that it returned, by path.
        end: moment at which it ended; -1 while it runs.
        shapes: shape of each of these tensors when it was seen, by the tensor's id.
        received: count of changes and checksum of each input when the call began, by the tensor's id.
        returned: count of changes and checksum of each output when the call ended.
    """

    name: str
    module: nn.Module
    firing: int
    start: int
    parent: Call | None
    inputs: dict[str, Tensor]
    outputs: dict[str, Tensor] = field(default_factory=dict)
    end: int = -1
    shapes: dict[int, tuple[int, ...]] = field(default_factory=dict)
    received: dict[int, tuple[int, int]] = field(default_factory=dict)
    returned: dict[int, tuple[int, int]] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Name of the module's class."""
        return type(self.module).__name__

    @property
    def is_leaf(self) -> bool:
        """Whether the module has no modules inside."""
        return not any(True for _ in self.module.children())

    @property
    def depth(self) -> int:
        """Number of calls around this one."""
        return 0 if self.parent is None else self.parent.depth + 1

    def shape(self, tensor: Tensor) -> tuple[int, ...]:
        """Return the shape that a tensor had when this call saw it.

        Args:
            tensor: one of its inputs or outputs.

        Returns:
            The shape, samples included.
        """
        return self.shapes[id(tensor)]

    def hands_on(self, tensor: Tensor, after: Call) -> bool:
        """Say whether a later call receives a tensor just as this one returned it.

        Args:
            tensor: an output of this call, and an input of the later one.
            after: the later call.

        Returns:
            False if something wrote over the tensor in between.
        """
        return self.end < after.start and self.returned[id(tensor)] == after.received[id(tensor)]

    def is_inside(self, other: Call) -> bool:
        """Say whether this call ran inside another one.

        Args:
            other: the call that may be around it.

        Returns:
            True if it did; a call is not inside itself.
        """
        return other.start < self.start and self.end < other.end


@dataclass(eq=False)
class Trace:
    """All calls of one forward pass, in the order in which they began.

    It holds on to every tensor that passed between modules, since two tensors are told apart by their identity:
    trace one sample and drop it.

    Attributes:
        network: the module that was run.
        calls: its calls, the network's own first.
        firings: how often each module ran, by name.
    """

    network: nn.Module
    calls: list[Call]
    firings: Counter[str]

    def of_module(self, name: str) -> list[Call]:
        """Return the calls of one module.

        Args:
            name: the first name of the module.

        Returns:
            Its calls in order; empty if it never ran.
        """
        return [call for call in self.calls if call.name == name]


def is_compiled_wrapper(module: nn.Module) -> bool:
    """Say whether a module is what ``torch.compile`` puts around another one.

    Args:
        module: any module.

    Returns:
        True if it is; such a wrapper is neither hooked nor counted as a block.
    """
    return "_orig_mod" in module._modules


def trace(network: nn.Module, run: Callable[[], Any]) -> Trace:
    """Watch one forward pass.

    Args:
        network: the module; of a compiled one, the original.
        run: calls the network once.

    Returns:
        What happened.
    """
    calls: list[Call] = []
    stack: list[Call] = []
    firings: Counter[str] = Counter()
    clock = 0

    def begin(name: str, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        nonlocal clock
        firings[name] += 1
        call = Call(name, module, firings[name], clock, stack[-1] if stack else None, named_inputs(args, kwargs))
        call.shapes |= {id(tensor): tuple(tensor.shape) for tensor in call.inputs.values()}
        call.received = {id(tensor): _mark(tensor) for tensor in call.inputs.values()}
        clock += 1
        calls.append(call)
        stack.append(call)

    def finish(output: Any) -> None:
        nonlocal clock
        if not stack:  # the error of a call that failed is on its way
            return
        call = stack.pop()
        call.outputs = named_tensors(output)
        call.shapes |= {id(tensor): tuple(tensor.shape) for tensor in call.outputs.values()}
        call.returned = {id(tensor): _mark(tensor) for tensor in call.outputs.values()}
        call.end = clock
        clock += 1

    handles: list[RemovableHandle] = []
    try:
        for name, module in network.named_modules():
            if is_compiled_wrapper(module):
                continue
            handles.append(
                module.register_forward_pre_hook(
                    lambda module, args, kwargs, name=name: begin(name, module, args, kwargs), with_kwargs=True
                )
            )
            handles.append(
                module.register_forward_hook(lambda _module, _args, output: finish(output), always_call=True)
            )
        run()
    finally:
        for handle in handles:
            handle.remove()
    return Trace(network, calls, firings)


def _mark(tensor: Tensor) -> tuple[int, int]:
    # Torch's count of changes in place, which misses those by way of tensor.data, and a checksum of the content, which
    # misses an activation that happens to leave this sample as it is.
    version = 0 if tensor.is_inference() else tensor._version
    with torch.no_grad():
        content = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
    return version, zlib.crc32(content.data)
