"""Reading states by hooks that live as long as a `with` block."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from geodl.errors import TrackError
from geodl.networks.choice import nearest_name
from geodl.tracks.read_out import ReadOut
from geodl.tracks.tensors import named_inputs, named_tensors, pick


class StateRecorder:
    """Records the state at each read-out, once per forward pass.

    It works on any module and any way of calling it; it changes neither mode nor gradients of the network. Each state
    is detached and copied at the moment it is there, so that an in-place operation downstream cannot change it. The
    hooks are removed when the block ends, also by an exception.

    Args:
        network: any module. Of a compiled one, pass the original (``network._orig_mod``): hooks that are
            added after the first compiled call do not fire.
        names: read-outs, all different: names of modules as in ``network.named_modules()``, or more, see
            `geodl.tracks.ReadOut`.
        paths: path of each state among what its module receives or returns, where it is known already; it stands in for
            an item that is not named.
        receive: takes the position of a read-out and its state, which it has to copy or reduce at once; the states are
            then not kept for `collect`.

    Raises:
        TrackError: no name was given, or one twice, or one that is no module of the network.

    Example:
        >>> import torch
        >>> network = nn.Sequential(nn.Identity(), nn.ReLU(inplace=True))
        >>> with StateRecorder(network, ["0", "1"]) as recorder:
        ...     _ = network(torch.tensor([[-1.0, 2.0]]))
        ...     [state.tolist() for state in recorder.collect()]
        [[[-1.0, 2.0]], [[0.0, 2.0]]]
    """

    def __init__(
        self,
        network: nn.Module,
        names: Sequence[str],
        *,
        paths: Sequence[str] | None = None,
        receive: Callable[[int, Tensor], None] | None = None,
    ) -> None:
        modules = dict(network.named_modules(remove_duplicate=False))
        if isinstance(names, str) or not names or len(set(names)) != len(names):
            raise TrackError(f"read_outs: expected a list of different module names, found {names!r}; name each")
        self.names = tuple(names)
        self._read_outs = [ReadOut.parse(name) for name in names]
        for read_out in self._read_outs:
            if read_out.module not in modules:
                nearest = nearest_name(read_out.module, modules)
                raise TrackError(
                    f"read_outs: expected names of modules of {type(network).__name__}, found {read_out.module!r}; "
                    + (f"did you mean {nearest!r}?" if nearest else "list them with network.named_modules()")
                )
        self._items = [r.item for r in self._read_outs] if paths is None else list(paths)
        self._modules = {id(modules[r.module]): modules[r.module] for r in self._read_outs}
        self._owners = [id(modules[r.module]) for r in self._read_outs]
        self._receive = receive if receive is not None else self._keep
        self._handles: list[RemovableHandle] = []
        self._states: dict[int, Tensor] = {}
        self._taken: Counter[int] = Counter()
        self._firings: Counter[int] = Counter()
        self._running: dict[int, list[int]] = {}

    def __enter__(self) -> StateRecorder:
        """Add the hooks.

        Returns:
            The recorder.
        """
        self._clear()
        for key, module in self._modules.items():
            self._handles.append(module.register_forward_pre_hook(self._before(key), with_kwargs=True))
            self._handles.append(module.register_forward_hook(self._after(key), always_call=True))
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
            One tensor per name, in the order of the names, on the network's device; empty if ``receive`` had them.

        Raises:
            TrackError: a module has not run since the last call, or has run more than once without a number that says
                which run is meant, so that its state is not defined.
        """
        states, firings, taken = self._states, self._firings, self._taken
        self._clear()
        for index, (name, read_out, owner) in enumerate(zip(self.names, self._read_outs, self._owners, strict=True)):
            count = firings[owner]
            if (read_out.firing is None and count != 1) or count < (read_out.firing or 1):
                cause = "this forward pass leaves it out" if count == 0 else "it is used in several places"
                wanted = "once" if read_out.firing is None else f"{read_out.firing} times"
                fix = f"say which run, such as '{name}#1'" if count > 1 else "name another module"
                raise TrackError(
                    f"read_outs: expected {name!r} to run {wanted} in a forward pass, found {count} times; {cause}, "
                    f"so {fix}"
                )
            if not taken[index]:
                raise TrackError(f"read_outs: expected {name!r} to return a tensor, found None; name another module")
        return [states[index] for index in range(len(self.names)) if index in states]

    def _clear(self) -> None:
        self._states = {}
        self._firings = Counter()
        self._taken = Counter()
        self._running = {}

    def _keep(self, index: int, state: Tensor) -> None:
        self._states[index] = state.clone()

    def _wanted(self, key: int, port: str, firing: int) -> list[int]:
        # Positions of the read-outs that this run of this module is about.
        return [
            index
            for index, (read_out, owner) in enumerate(zip(self._read_outs, self._owners, strict=True))
            if owner == key and read_out.port == port and (read_out.firing or 1) == firing
        ]

    def _before(self, key: int) -> Callable[[nn.Module, tuple[Any, ...], dict[str, Any]], None]:
        def record(_module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            self._firings[key] += 1
            self._running.setdefault(key, []).append(self._firings[key])
            for index in self._wanted(key, "input", self._firings[key]):
                self._take(index, named_inputs(args, kwargs), "receives")

        return record

    def _after(self, key: int) -> Callable[[nn.Module, Any, Any], None]:
        def record(_module: nn.Module, _inputs: Any, output: Any) -> None:
            if output is None or not self._running.get(key):  # the call failed, and its own error is on its way
                return
            firing = self._running[key].pop()
            for index in self._wanted(key, "output", firing):
                self._take(index, named_tensors(output), "returns")

        return record

    def _take(self, index: int, tensors: dict[str, Tensor], what: str) -> None:
        state = pick(tensors, self._items[index], read_out=self.names[index], what=what)
        self._taken[index] += 1
        # the network's own forward may run in inference mode, whose tensors are of no use to anybody later
        with torch.inference_mode(mode=False), torch.no_grad():
            self._receive(index, state.detach())
