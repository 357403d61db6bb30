"""Finding the chains of repeated blocks in a forward pass."""

from __future__ import annotations

from torch import nn

from geodl.tracks.chain import Chain, Step
from geodl.tracks.layers import is_transparent, link_layers
from geodl.tracks.trace import Call, Trace

STAGE_SHARE = 0.6
"""Share of its weights that a stage has in the blocks inside; a bottleneck block has less in any two of its layers."""


def find_chains(trace: Trace) -> list[Chain]:
    """Find the chains of a forward pass, outermost blocks only, in the order in which they ran.

    Where one block's output *is* the next one's input, the same tensor object, nothing happened in between, so that the
    outputs are states of one track. Blocks are modules of one class, or neighbours in one ``ModuleList``. Chains of
    single layers (a linear layer or convolution with the activations and norms behind it) count only where there
    are no others. A chain without two states of one shape in a row is no track and is left out.

    Args:
        trace: the forward pass, of one sample.

    Returns:
        The chains; empty if there is none.
    """
    producers: dict[int, list[Call]] = {}
    for call in sorted(trace.calls, key=lambda call: call.end):
        for tensor in call.outputs.values():
            producers.setdefault(id(tensor), []).append(call)
    blocks = [call for call in trace.calls if call.parent is not None and not _is_simple(call)]
    chains = _outermost([chain for chain in _link_blocks(trace.network, blocks, producers) if chain.keeps_a_shape])
    if not chains:
        chains = [chain for chain in link_layers(trace, producers) if chain.keeps_a_shape]
    return sorted(chains, key=lambda chain: chain.steps[0].first.start)


def _is_simple(call: Call) -> bool:
    # Say whether a module is too small for a block: a layer of torch's own, or one without weights, or a norm.
    if not call.is_leaf:
        return False
    classes = (kind for kind in type(call.module).__mro__ if kind is not nn.Module)
    own = any(kind.__module__.startswith("torch.nn.modules.") for kind in classes)
    return own or is_transparent(call)


def _signature(module: nn.Module) -> tuple[type[nn.Module], ...]:
    # What makes two modules alike: their class, and of a Sequential, which says nothing itself, its members'.
    inner = [type(child) for child in module.children()] if type(module) is nn.Sequential else []
    return (type(module), *inner)


def _siblings(network: nn.Module) -> dict[int, int]:
    # Map the id of each member of a ModuleList to the id of the list.
    lists = (module for module in network.modules() if isinstance(module, nn.ModuleList))
    return {id(member): id(parent) for parent in lists for member in parent}


def _link_blocks(network: nn.Module, blocks: list[Call], producers: dict[int, list[Call]]) -> list[Chain]:
    siblings = _siblings(network)
    candidates = {id(call) for call in blocks}

    def follows(before: Call, after: Call) -> bool:
        if before.depth != after.depth:  # a stem, say, and a part of the first block
            return False
        list_of = siblings.get(id(before.module))
        neighbours = list_of is not None and list_of == siblings.get(id(after.module))
        return neighbours or _signature(before.module) == _signature(after.module)

    links: dict[int, tuple[Call, list[tuple[str, str]]]] = {}  # a call's id: the next call, and (output, input) paths
    taken: set[int] = set()
    for call in blocks:  # in the order of their starts: the earliest taker of an output is the next in line
        found: dict[int, tuple[Call, list[tuple[str, str]]]] = {}
        for path, tensor in call.inputs.items():
            for before in producers.get(id(tensor), []):
                if id(before) in candidates and before.hands_on(tensor, call) and follows(before, call):
                    where = next(key for key, output in before.outputs.items() if output is tensor)
                    found.setdefault(id(before), (before, []))[1].append((where, path))
        free = [entry for entry in found.values() if id(entry[0]) not in links]
        if free and id(call) not in taken:
            before, paths = max(free, key=lambda entry: entry[0].end)
            links[id(before)] = (call, paths)
            taken.add(id(call))
    chains = []
    for call in blocks:
        if id(call) in taken or id(call) not in links:
            continue
        members, between = [call], []
        while id(members[-1]) in links:
            after, pairs = links[id(members[-1])]
            members.append(after)
            between.append(pairs)
        chain = _with_paths(members, between)
        if chain is not None:
            chains.append(chain)
    return chains


def _with_paths(members: list[Call], paths: list[list[tuple[str, str]]]) -> Chain | None:
    # Find the one place where all blocks of a chain receive and return the state.
    # The same output and input throughout; a dense block, whose layers receive all features before them, has none.
    common = set(paths[0]).intersection(*map(set, paths[1:]))
    # Or a tuple that is handed on as a whole, in which the state keeps its place.
    common = {pair for pair in common if "." not in pair[0] and ("." not in pair[1] or pair[1] == f"0.{pair[0]}")}
    if not common:
        return None
    ranked = sorted(common, key=lambda pair: (pair[0] not in ("", "0"), pair[1] not in ("0", "0.0"), pair))
    target, source = ranked[0]
    if source not in members[0].inputs or target not in members[-1].outputs:
        return None
    steps = [Step(call, call, source, target) for call in members]
    shape = steps[0].shape_after
    rivals = [pair for pair in ranked[1:] if members[0].shape(members[0].outputs[pair[0]]) == shape]
    fault = ""
    if rivals:
        fault = f"outputs {', '.join(f'[{pair[0]}]' for pair in ranked)} of {members[0].name} are all handed on"
    return Chain(steps, fault)


def _outermost(chains: list[Chain]) -> list[Chain]:
    # Drop chains inside a block of another; but look through containers: a Sequential of blocks, or a stage, which
    # changes the shape and has most of its weights in blocks that do not.

    def holds(outer: Chain, inner: Chain) -> bool:
        return outer is not inner and all(
            any(step.first.is_inside(block.first) for block in outer.steps) for step in inner.steps
        )

    def is_container(outer: Chain) -> bool:
        inside = [step for inner in chains if holds(outer, inner) for step in inner.steps]
        if not all(any(step.first.is_inside(block.first) for step in inside) for block in outer.steps):
            return False
        if all(type(step.first.module) is nn.Sequential for step in outer.steps):
            return True
        changes = any(step.shape_before != step.shape_after for step in outer.steps)
        keeps = all(step.shape_before == step.shape_after for step in inside)
        return changes and keeps and Chain(inside).n_parameters >= STAGE_SHARE * outer.n_parameters

    kept = [chain for chain in chains if not is_container(chain)]
    return [chain for chain in kept if not any(holds(outer, chain) for outer in kept)]
