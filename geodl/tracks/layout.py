"""Which axis of a state holds the features: read off the layers that take it."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from geodl.tracks.choose import Seen
from geodl.tracks.trace import Call, Trace

POOLING = (
    nn.modules.pooling._MaxPoolNd,
    nn.modules.pooling._AvgPoolNd,
    nn.modules.pooling._AdaptiveAvgPoolNd,
    nn.modules.pooling._AdaptiveMaxPoolNd,
)

CHANNELS_FIRST, CHANNELS_LAST, UNKNOWN = "channels first", "channels last", "unknown"


def find_layouts(trace: Trace, seen: Sequence[Seen]) -> list[str]:
    """Find the layout of each state.

    The layers that take a state know it: a convolution or batch norm of as many channels as axis 1 is long, or a linear
    layer or layer norm of as many features as the last axis. States of one shape in a row share what is known.

    Args:
        trace: the forward pass.
        seen: the read-outs.

    Returns:
        "channels first", (n, C, ...), "channels last", (n, ..., C), or "unknown" for each read-out.
    """
    direct = [_votes(trace, entry, inside=False) for entry in seen]
    # Blocks may hide the layers behind views and pads: then what sees a tensor of the state's shape inside of them.
    indirect = [_votes(trace, entry, inside=True) for entry in seen]
    return [_of_leg(seen, direct, index) or _of_leg(seen, indirect, index) or UNKNOWN for index in range(len(seen))]


def _of_leg(seen: Sequence[Seen], votes: Sequence[set[str]], index: int) -> str | None:
    # Join the votes of neighbours of one shape.
    joined = set(votes[index])
    for step in (-1, 1):
        other = index + step
        while 0 <= other < len(seen) and seen[other].shape[1:] == seen[index].shape[1:]:
            joined |= votes[other]
            other += step
    return joined.pop() if len(joined) == 1 else None


def _votes(trace: Trace, entry: Seen, *, inside: bool) -> set[str]:
    # Ask the layers that take the state itself, or those inside its block that take something of its shape.
    if not inside:
        callers = [call for call in trace.calls if any(t is entry.state for t in call.inputs.values())]
    else:
        callers = [
            call
            for call in trace.calls
            if call.is_inside(entry.call) and any(call.shape(t) == entry.shape for t in call.inputs.values())
        ]
    return {layout for call in callers for layout in _says(call)}


def _says(call: Call) -> set[str]:
    # What one layer says of the layout of its input.
    if len(call.inputs) != 1:
        return set()
    (tensor,) = call.inputs.values()
    shape, module = call.shape(tensor), call.module
    if len(shape) < 3:
        return set()
    channels = getattr(module, "in_channels", None) if isinstance(module, nn.modules.conv._ConvNd) else None
    if isinstance(module, nn.modules.batchnorm._NormBase):
        channels = module.num_features
    elif isinstance(module, nn.GroupNorm):
        channels = module.num_channels
    if (channels is not None and channels == shape[1]) or isinstance(module, POOLING):
        return {CHANNELS_FIRST}
    features = module.in_features if isinstance(module, nn.Linear) else None
    if type(module) is nn.LayerNorm:  # subclasses exist that normalise over the channels of (n, C, H, W)
        features = module.normalized_shape[0] if len(module.normalized_shape) == 1 else None
    return {CHANNELS_LAST} if features is not None and features == shape[-1] else set()
