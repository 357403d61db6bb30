"""From what a user writes as ``read_outs`` to read-outs in the order in which they run."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, TypeAlias

from torch import Tensor, nn

from geodl.errors import TrackError
from geodl.networks.choice import nearest_name
from geodl.tracks.detect import detect_read_outs
from geodl.tracks.read_out import GRAMMAR, ReadOut
from geodl.tracks.tensors import pick
from geodl.tracks.trace import Call, Trace

ReadOuts: TypeAlias = str | Sequence[str] | Callable[[str, nn.Module], bool]
"""What may be passed as ``read_outs``: "auto", a pattern, a list of names and patterns, or a function."""


@dataclass(frozen=True, eq=False)
class Seen:
    """A read-out as the trace saw it.

    Attributes:
        read_out: the read-out.
        call: the call that received or returned the state.
        state: the state of the traced sample.
        path: path of the state among what the call received or returned.
        number: which of all calls it was, in words.
    """

    read_out: ReadOut
    call: Call
    state: Tensor
    path: str
    number: str = ""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the state, samples included, when it was seen."""
        return self.call.shape(self.state)

    @property
    def moment(self) -> int:
        """When the state was there, on the clock of the trace."""
        return self.call.start if self.read_out.port == "input" else self.call.end


@dataclass(frozen=True, eq=False)
class Choice:
    """The read-outs of a track, and how they were chosen.

    Attributes:
        seen: the read-outs in order.
        how: how they were chosen, in words.
        notes: what else a reader should know.
        final_norm: "none", "left out: <name> (<class>)" or "included: <name> (<class>)".
    """

    seen: tuple[Seen, ...]
    how: str
    notes: tuple[str, ...]
    final_norm: str

    @property
    def names(self) -> tuple[str, ...]:
        """The read-outs as they are written."""
        return tuple(str(entry.read_out) for entry in self.seen)


def choose_read_outs(
    network: nn.Module, trace: Trace, read_outs: ReadOuts, *, include_final_norm: bool, run: Callable[[], Any]
) -> Choice:
    """Choose the read-outs of a track.

    Args:
        network: the module, in eval mode.
        trace: its forward pass of one sample.
        read_outs: "auto", a pattern, a list of names and patterns, or a function of name and module.
        include_final_norm: whether the norm that takes the last state belongs to the track.
        run: runs the traced forward pass again.

    Returns:
        The choice.

    Raises:
        TrackError: a name is unknown or written wrongly, a module does not run, or the order is not that of the forward
            pass.
    """
    notes: list[str] = []
    named = getattr(network, "read_outs", None)
    if isinstance(read_outs, str) and read_outs == "auto":
        if callable(named):
            chosen, how = [ReadOut.parse(name) for name in named()], "named by the model itself"
        else:
            chosen, texts = detect_read_outs(trace, run)
            how, notes = texts[0], texts[1:]
    elif callable(read_outs):
        chosen, how = _by_function(trace, read_outs), "chosen by a function"
    else:
        entries = [read_outs] if isinstance(read_outs, str) else read_outs
        chosen, notes = _by_name(network, trace, entries)
        how = "named by the caller"
    seen = [_find(trace, read_out) for read_out in chosen]
    _check_order(seen)
    norm = _final_norm(trace, seen[-1])
    label = "none" if norm is None else f"{norm.read_out.module} ({norm.call.kind})"
    if include_final_norm and norm is None:
        raise TrackError(
            f"include_final_norm: expected a norm that takes the last state, {seen[-1].read_out}, found none; leave "
            "include_final_norm=False or name the read-outs"
        )
    if norm is not None and include_final_norm:
        seen.append(norm)
    final_norm = label if norm is None else f"{'included' if include_final_norm else 'left out'}: {label}"
    order = {id(call): f"call {index} of {len(trace.calls)}" for index, call in enumerate(trace.calls, start=1)}
    seen = [replace(entry, number=order[id(entry.call)]) for entry in seen]
    return Choice(tuple(seen), how, tuple(notes), final_norm)


def _by_function(trace: Trace, function: Callable[[str, nn.Module], bool]) -> list[ReadOut]:
    chosen = [
        ReadOut(call.name, firing=call.firing if trace.firings[call.name] > 1 else None)
        for call in sorted(trace.calls, key=lambda call: call.end)
        if call.parent is not None and function(call.name, call.module)
    ]
    if not chosen:
        raise TrackError(
            "read_outs: expected a function (name, module) -> bool that is true of some module that runs, found none; "
            "list the modules with model.named_modules()"
        )
    return chosen


def _by_name(network: nn.Module, trace: Trace, entries: Sequence[str]) -> tuple[list[ReadOut], list[str]]:
    if not isinstance(entries, Sequence) or not entries or any(not isinstance(entry, str) for entry in entries):
        raise TrackError(
            f'read_outs: expected "auto", names or patterns of modules, or a function, found {entries!r}; '
            'write for example read_outs=["blocks.0:input", "blocks.*"]'
        )
    first_names = {id(module): name for name, module in network.named_modules()}
    aliases = {name: first_names[id(module)] for name, module in network.named_modules(remove_duplicate=False)}
    chosen: list[ReadOut] = []
    notes: list[str] = []
    for entry in entries:
        match = GRAMMAR.fullmatch(entry)
        if match is None:
            ReadOut.parse(entry)  # says what is wrong with it
            raise AssertionError("a read-out that does not parse")
        module = match["module"]
        names = _matching(module, trace) if "*" in module else [str(aliases.get(module, module))]
        if "*" in module:
            silent = [name for name in aliases if _pattern(module).fullmatch(name) and not trace.firings[name]]
            silent = [name for name in silent if aliases[name] == name]
            if silent and not names:
                raise TrackError(f"read_outs: expected modules that run, found {', '.join(silent)}; none of them does")
            notes += [f"matched by {entry}, but never run: {', '.join(silent)}"] if silent else []
        for name in names:
            if name not in aliases:
                _refuse_name(network, module, list(aliases))
            ending = entry[len(module) :]
            if match["firing"] == "*":
                runs = range(1, trace.firings[name] + 1)
                chosen += [ReadOut.parse(f"{name}{ending[:-1]}{firing}") for firing in runs]
            else:
                chosen.append(ReadOut.parse(f"{name}{ending}"))
        if not names:
            _refuse_name(network, module, list(aliases))
    if len(set(chosen)) != len(chosen):
        doubled = next(str(read_out) for read_out in chosen if chosen.count(read_out) > 1)
        raise TrackError(f"read_outs: expected different read-outs, found {doubled!r} twice; name each once")
    return chosen, notes


def _pattern(text: str) -> re.Pattern[str]:
    # ``*`` is any part of one name between dots, ``**`` anything.
    parts = re.split(r"(\*\*|\*)", text)
    return re.compile("".join({"**": ".*", "*": r"[^.]*"}.get(part, re.escape(part)) for part in parts))


def _matching(pattern: str, trace: Trace) -> list[str]:
    # Names of the modules that ran and match, in the order in which they ended.
    ended = sorted(trace.calls, key=lambda call: call.end)
    names = dict.fromkeys(call.name for call in ended if call.parent is not None)
    return [name for name in names if _pattern(pattern).fullmatch(name)]


def _refuse_name(network: nn.Module, name: str, names: list[str]) -> None:
    nearest = nearest_name(name, names)
    raise TrackError(
        f"read_outs: expected names of modules of {type(network).__name__}, found {name!r}; "
        + (f"did you mean {nearest!r}?" if nearest else "list them with model.named_modules()")
    )


def _find(trace: Trace, read_out: ReadOut) -> Seen:
    # Find the call that a read-out means.
    calls = trace.of_module(read_out.module)
    text = str(read_out)
    if not calls:
        raise TrackError(
            f"read_outs: expected {read_out.module!r} to run once in a forward pass, found 0 times; this forward "
            "pass leaves it out, so name another module"
        )
    if read_out.firing is None and len(calls) > 1:
        raise TrackError(
            f"read_outs: expected {text!r} to run once in a forward pass, found {len(calls)} times; it is used in "
            f"several places, so say which: '{text}#1' to '{text}#{len(calls)}', or '{text}#*' for all"
        )
    firing = read_out.firing or 1
    if firing > len(calls):
        raise TrackError(f"read_outs: expected {text!r} to run {firing} times, found {len(calls)}; lower the number")
    call = calls[firing - 1]
    received = read_out.port == "input"
    tensors = call.inputs if received else call.outputs
    state = pick(tensors, read_out.item, read_out=text, what="receives" if received else "returns")
    path = next(path for path, tensor in tensors.items() if tensor is state and read_out.item in (None, path))
    return Seen(read_out, call, state, path)


def _check_order(seen: Sequence[Seen]) -> None:
    for before, after in pairwise(seen):
        if after.moment < before.moment:
            raise TrackError(
                f"read_outs: expected the order of the forward pass, found {str(before.read_out)!r} before "
                f"{str(after.read_out)!r}, which comes earlier; exchange them"
            )


def _final_norm(trace: Trace, last: Seen) -> Seen | None:
    # Find the norm that takes the last state as it is.
    for call in trace.calls:
        taken = any(tensor is last.state for tensor in call.inputs.values()) and (
            last.read_out.port == "input" or last.call.hands_on(last.state, call)
        )
        if not taken or call.start < last.moment or "norm" not in call.kind.lower() or len(call.outputs) != 1:
            continue
        ((path, state),) = call.outputs.items()
        # its parent is also around the last block; else it is part of what comes next
        beside = call.parent is not None and last.call.is_inside(call.parent)
        if call.shape(state) == last.shape and beside:
            firing = call.firing if trace.firings[call.name] > 1 else None
            return Seen(ReadOut(call.name, item=path or None, firing=firing), call, state, path)
    return None
