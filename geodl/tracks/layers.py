"""Finding the track of a network without blocks: a plain line of single layers."""

from __future__ import annotations

from collections.abc import Iterable

from geodl.tracks.chain import Chain, Step
from geodl.tracks.trace import Call, Trace


def is_transparent(call: Call) -> bool:
    """Say whether a layer belongs to the one before it: an activation, a norm, dropout, pooling or flattening.

    Args:
        call: a call.

    Returns:
        True for a leaf without weights, or one whose class is named after a norm.
    """
    return call.is_leaf and ("norm" in call.kind.lower() or not any(True for _ in call.module.parameters()))


def link_layers(trace: Trace, producers: dict[int, list[Call]]) -> list[Chain]:
    """Chain single layers of one class through the activations and norms between them.

    A step is a layer with what is behind it, up to the next layer; a last layer with nothing behind it, where others
    have an activation, makes the logits and is left out.

    Args:
        trace: the forward pass.
        producers: by id of a tensor, the calls that returned it, in the order in which they ended.

    Returns:
        The chains; only of networks that are a plain line of layers.
    """
    leaves = [call for call in trace.calls if call.is_leaf and call.parent is not None]
    layers = [call for call in leaves if not is_transparent(call)]
    made_by = {key: [call for call in calls if call.is_leaf] for key, calls in producers.items()}
    before: dict[int, tuple[Call, Call]] = {}  # a layer's id: the layer before it, and the last call between them
    for layer in layers:
        last = call = _maker(layer, made_by)
        while call is not None and is_transparent(call):
            call = _maker(call, made_by)
        if call is not None and last is not None and type(call.module) is type(layer.module):
            before[id(layer)] = (call, last)
    after = {id(call): (layer, last) for layer in layers if id(layer) in before for call, last in [before[id(layer)]]}
    chains = []
    for layer in layers:
        if id(layer) in before or id(layer) not in after:
            continue
        steps, current = [], layer
        while id(current) in after:
            following, last = after[id(current)]
            steps.append(_layer_step(current, last))
            current = following
        tail = _tail(current, leaves)
        # a last layer with nothing behind it, where the others have an activation, makes the logits
        if tail is not current or all(step.first is step.last for step in steps):
            steps.append(_layer_step(current, tail))
        if len(steps) > 1 and _is_all_there_is(steps, layers):
            chains.append(Chain(steps))
    return chains


def _is_all_there_is(steps: list[Step], layers: list[Call]) -> bool:
    # Single layers make a track only where the network is a plain line of them: beside a stem and a head there is no
    # other layer of their class, least of all in a branch around them.
    first, last = steps[0].first, steps[-1].last
    inside = {id(step.first) for step in steps}
    others = [layer for layer in layers if type(layer.module) is type(first.module) and id(layer) not in inside]
    return len(others) <= 2 and not any(first.start < layer.start < last.end for layer in others)


def _maker(call: Call, made_by: dict[int, list[Call]]) -> Call | None:
    # Return the leaf that made the one input of a call.
    if len(call.inputs) != 1:
        return None
    (tensor,) = call.inputs.values()
    makers = [maker for maker in made_by.get(id(tensor), []) if maker.hands_on(tensor, call)]
    return max(makers, key=lambda maker: maker.end) if makers else None


def _tail(layer: Call, leaves: Iterable[Call]) -> Call:
    # Follow a layer's output through the activations and norms behind it, as long as its shape stays.
    last = layer
    for call in leaves:
        if call.start > last.end and is_transparent(call) and len(call.inputs) == 1 and len(call.outputs) == 1:
            (tensor,), (after,) = call.inputs.values(), call.outputs.values()
            received = any(tensor is output and last.hands_on(tensor, call) for output in last.outputs.values())
            if received and call.shape(after) == call.shape(tensor):
                last = call
    return last


def _layer_step(first: Call, last: Call) -> Step:
    return Step(first, last, next(iter(first.inputs)), next(iter(last.outputs)))
