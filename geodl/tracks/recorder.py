"""Reading the outputs of named modules by hooks that live as long as a `with` block."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from geodl.errors import TrackError
from geodl.networks.choice import nearest_name


class StateRecorder:
    """Records the output of each named module, once per forward pass.

    It works on any module and any way of calling it; it changes neither mode nor gradients of the network.
    Each output is detached and copied at the moment it is made, so that an in-place operation downstream
    cannot change it. The hooks are removed when the block ends, also by an exception.

    Args:
        network: any module. Of a compiled one, pass the original (``network._orig_mod``): hooks that are
            added after the first compiled call do not fire.
        names: names of the modules to read, as in ``network.named_modules()``, all different.

    Raises:
        TrackError: no name was given, or one twice, or one that is no module of the network.

    Example:
        >>> import torch
        >>> network = nn.Sequential(nn.Flatten(), nn.ReLU())
        >>> with StateRecorder(network, ["0", "1"]) as recorder:
        ...     _ = network(torch.tensor([[-1.0, 2.0]]))
        ...     [state.tolist() for state in recorder.collect()]
        [[[-1.0, 2.0]], [[0.0, 2.0]]]
    """

    def __init__(self, network: nn.Module, names: Sequence[str]) -> None:
        modules = dict(network.named_modules(remove_duplicate=False))
        if isinstance(names, str) or not names or len(set(names)) != len(names):
            raise TrackError(f"read_outs: expected a list of different module names, found {names!r}; name each")
        for name in names:
            if name not in modules:
                nearest = nearest_name(name, modules)
                raise TrackError(
                    f"read_outs: expected names of modules of {type(network).__name__}, found {name!r}; "
                    + (f"did you mean {nearest!r}?" if nearest else "list them with network.named_modules()")
                )
        self.names = tuple(names)
        self._modules = [modules[name] for name in names]
        self._handles: list[RemovableHandle] = []
        self._states: dict[str, Tensor] = {}
        self._firings: Counter[str] = Counter()

    def __enter__(self) -> StateRecorder:
        """Add the hooks.

        Returns:
            The recorder.
        """
        self._clear()
        for name, module in zip(self.names, self._modules, strict=True):
            self._handles.append(module.register_forward_hook(self._hook(name)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Remove the hooks and forget what was not collected."""
        while self._handles:
            self._handles.pop().remove()
        self._clear()

    def collect(self) -> list[Tensor]:
        """Hand out the states of the last forward pass, and make ready for the next.

        Returns:
            One tensor per name, in the order of the names, on the network's device.

        Raises:
            TrackError: a module has not run since the last call, or has run more than once, so that its state
                is not defined.
        """
        states, firings = self._states, self._firings
        self._clear()
        for name in self.names:
            if firings[name] != 1:
                cause = "this forward pass leaves it out" if firings[name] == 0 else "it is used in several places"
                raise TrackError(
                    f"read_outs: expected {name!r} to run once in a forward pass, found "
                    f"{firings[name]} times; {cause}, so name another module"
                )
        return [states[name] for name in self.names]

    def _clear(self) -> None:
        self._states = {}
        self._firings = Counter()

    def _hook(self, name: str) -> Callable[[nn.Module, Any, Any], None]:
        def record(module: nn.Module, _inputs: Any, output: Any) -> None:
            self._firings[name] += 1
            if not isinstance(output, Tensor):
                raise TrackError(
                    f"read_outs: expected {name!r} ({type(module).__name__}) to return a tensor, found "
                    f"{type(output).__name__}; name a module inside it that returns one"
                )
            if self._firings[name] == 1:
                self._states[name] = output.detach().clone()

        return record
