"""From the chains of a network to the read-outs of its track, or to a refusal that lists the candidates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from geodl.errors import TrackError
from geodl.tracks.blocks import find_chains
from geodl.tracks.chain import Chain, Step
from geodl.tracks.layers import is_transparent
from geodl.tracks.read_out import ReadOut
from geodl.tracks.trace import Call, Trace

MAIN_SHARE = 0.9
"""Share of the weights of all chains that one chain must hold for the others to be passed over."""


def detect_read_outs(trace: Trace, run: Callable[[], Any]) -> tuple[list[ReadOut], list[str]]:
    """Find the repeated blocks of a network, and name the states between them.

    Chains of one class that lie behind one another (the stages of a convolutional network, with a downsampling layer in
    between) are one path; that the second depends on the first is tried out by disturbing the first one's last
    state. Chains that do not lie behind one another, such as the two towers of a contrastive model, are refused, and so
    are chains of different classes unless one holds nearly all of the weights.

    Args:
        trace: the network's forward pass of one sample.
        run: runs that very forward pass again.

    Returns:
        The read-outs in order, the first one being what the first block receives; and how they were chosen, in words.

    Raises:
        TrackError: there are no repeated blocks, or several candidates.
    """
    chains = find_chains(trace)
    if not chains:
        raise TrackError(_no_chain(trace))
    longest = max(len(chain.steps) for chain in chains)
    stems = [chain for chain in chains if _is_stem(chain, trace) and len(chain.steps) < longest]
    path, others = _main_path([chain for chain in chains if chain not in stems], trace)
    others += stems
    for chain in path:
        if chain.fault:
            raise TrackError(
                f"read_outs: expected blocks that hand on one state, found {chain}, whose {chain.fault}; name the "
                f"state, such as {_listing(chain, trace)}"
            )
    for before, after in pairwise(path):
        joined = before.steps[-1].hands_on(after.steps[0])
        if not joined and not _depends(run, before.steps[-1], after.steps[0]):
            raise TrackError(_ambiguous(path, f"{after.steps[0].first.name} does not depend on {before}", trace))
    notes = [f"found by following tensors: {', then '.join(str(chain) for chain in path)}"]
    notes += [f"also repeated, not read: {chain}" for chain in others]
    notes += _left_over(path, trace)
    return _read_outs(path, trace), notes


def _left_over(path: list[Chain], trace: Trace) -> list[str]:
    # Blocks of the same class off the path, which others come between: a reader may count on them.
    read = {id(step.first) for chain in path for step in chain.steps}
    kinds = {type(step.first.module) for chain in path for step in chain.steps} - {nn.Sequential}
    depths = {step.first.depth for chain in path for step in chain.steps}
    left = [c for c in trace.calls if type(c.module) in kinds and c.depth in depths and id(c) not in read]
    single = any(step.first.is_leaf for chain in path for step in chain.steps)
    return [] if single or not left else [f"of the same class, not read: {', '.join(call.name for call in left)}"]


def _is_stem(chain: Chain, trace: Trace) -> bool:
    # Whether blocks begin with what the network itself receives; of single layers, the whole network may be one chain.
    single = any(step.first.is_leaf for step in chain.steps)
    return not single and any(chain.steps[0].state_before is tensor for tensor in trace.calls[0].inputs.values())


def _main_path(chains: list[Chain], trace: Trace) -> tuple[list[Chain], list[Chain]]:
    # Choose the chains that make up the path, and those that are passed over.
    groups: list[list[Chain]] = []
    for chain in chains:
        group = next((group for group in groups if _belongs(chain, group)), None)
        if group is None:
            groups.append([chain])
        else:
            group.append(chain)
    if len(groups) == 1:
        return groups[0], []
    weights = [sum(chain.n_parameters for chain in group) for group in groups]
    lengths = [sum(len(chain.steps) for chain in group) for group in groups]
    best = max(range(len(groups)), key=lambda index: weights[index])
    single_layers = any(step.first.is_leaf and step.first is not step.last for chain in chains for step in chain.steps)
    if weights[best] >= MAIN_SHARE * sum(weights) and lengths[best] == max(lengths) and not single_layers:
        return groups[best], [chain for group in groups if group is not groups[best] for chain in group]
    raise TrackError(
        _ambiguous(chains, "they are of different classes, and none holds nearly all of the weights", trace)
    )


def _belongs(chain: Chain, group: list[Chain]) -> bool:
    # Say whether a chain continues a path: blocks of the same class, or blocks that take over its last state.
    joined = group[-1].steps[-1].hands_on(chain.steps[0])
    return joined or type(chain.steps[0].first.module) is type(group[-1].steps[-1].first.module)


def _depends(run: Callable[[], Any], before: Step, after: Step) -> bool:
    # Say whether what ``after`` receives changes if what ``before`` returns is disturbed.
    seen: list[Tensor] = []
    counts = {"before": 0, "after": 0}

    def disturb(_module: nn.Module, _args: Any, output: Any) -> Any:
        counts["before"] += 1
        if counts["before"] != before.last.firing:
            return None
        state = before.state_after
        noise = torch.empty_like(state).uniform_(0.5, 1.5, generator=torch.Generator(state.device).manual_seed(0))
        return _replaced(output, before.target, noise)

    def read(_module: nn.Module, args: Any, kwargs: Any) -> None:
        counts["after"] += 1
        if counts["after"] == after.first.firing:
            seen.append(args[int(after.source)] if after.source.isdigit() else kwargs[after.source])

    handles = [
        before.last.module.register_forward_hook(disturb),
        after.first.module.register_forward_pre_hook(read, with_kwargs=True),
    ]
    try:
        run()
    finally:
        for handle in handles:
            handle.remove()
    found, original = seen[0], after.state_before
    return found.shape != original.shape or not torch.equal(found, original)


def _replaced(output: Any, path: str, state: Tensor) -> Any:
    # Put another tensor in the place of a block's state.
    if path == "":
        return state
    if isinstance(output, tuple | list):
        items = [state if str(index) == path else item for index, item in enumerate(output)]
        return type(output)(items) if not hasattr(output, "_fields") else type(output)(*items)
    output[path] = state
    return output


def _read_outs(path: list[Chain], trace: Trace) -> list[ReadOut]:
    # Name the state before the first block and behind each; also before a later chain, if it is another state.
    names: list[ReadOut] = []
    last: Step | None = None
    for chain in path:
        first = chain.steps[0]
        # A block that begins with another shape starts a new space with what it returns, but for the very first.
        if last is None or (not last.hands_on(first) and first.shape_before == first.shape_after):
            names.append(_read_out(first.first, "input", first.source, trace))
        names += [_read_out(step.last, "output", step.target, trace) for step in chain.steps]
        last = chain.steps[-1]
    return names


def _read_out(call: Call, port: str, path: str, trace: Trace) -> ReadOut:
    tensors = call.inputs if port == "input" else call.outputs
    return ReadOut(
        module=call.name,
        port=port,
        item=path if len(tensors) > 1 or (port == "output" and path != "") else None,
        firing=call.firing if trace.firings[call.name] > 1 else None,
    )


def _listing(chain: Chain, trace: Trace) -> str:
    # Write the read-outs of a chain as they can be passed.
    names = [str(_read_out(chain.steps[0].first, "input", chain.steps[0].source, trace))]
    names += [str(_read_out(step.last, "output", step.target, trace)) for step in chain.steps]
    parents = {step.last.name.rpartition(".")[0] for step in chain.steps}
    if len(parents) == 1 and not any("#" in name for name in names):
        (parent,) = parents
        children = [name for name, _ in trace.network.get_submodule(parent).named_children()]
        if len(children) == len(chain.steps):
            item = f"[{chain.steps[0].target}]" if chain.steps[0].target else ""
            names[1:] = [f"{parent}.*{item}" if parent else f"*{item}"]
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"


def _ambiguous(chains: Sequence[Chain], why: str, trace: Trace) -> str:
    candidates = "\n".join(f"  {chain}: read_outs={_listing(chain, trace)}" for chain in chains)
    return (
        f"read_outs: expected one path of repeated blocks, found {len(chains)} candidates ({why}); choose one:\n"
        f"{candidates}"
    )


def _no_chain(trace: Trace) -> str:
    # Say what was seen instead: repeated modules whose outputs are not handed on as they are.
    repeated = _repeated([call for call in trace.calls if not call.is_leaf])
    repeated = repeated or _repeated([call for call in trace.calls if not is_transparent(call)])
    seen = [f"{calls[0].name} ... {calls[-1].name} ({len(calls)} x {calls[0].kind})" for calls in repeated]
    found = "none" + (f"; repeated, but changed on the way from one to the next: {', '.join(seen)}" if seen else "")
    return (
        f"read_outs: expected repeated blocks in {type(trace.network).__name__}, each taking over what the one before "
        f"it returns with its shape unchanged, found {found}; name the states yourself, such as "
        f"read_outs=[{_inputs_of(max(repeated, key=len, default=[]), trace)}]"
    )


def _repeated(calls: list[Call]) -> list[list[Call]]:
    # Group the calls of modules of one class in one place.
    rows: dict[tuple[str, str], list[Call]] = {}
    for call in calls:
        if call.parent is not None:
            rows.setdefault((call.name.rpartition(".")[0], call.kind), []).append(call)
    return [row for row in rows.values() if len(row) > 1]


def _inputs_of(calls: list[Call], trace: Trace) -> str:
    # What repeated modules receive, and what receives the state after the last of them.
    if not calls:
        return '"blocks.0", "blocks.1"'
    behind = [call for call in trace.calls if call.start > calls[-1].end and call.depth <= calls[-1].depth]
    return ", ".join(f'"{call.name}:input"' for call in [*calls, *behind[:1]])
