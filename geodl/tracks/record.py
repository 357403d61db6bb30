"""From a network and samples to their data track."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from geodl.errors import TrackError
from geodl.networks.choice import check_choice, check_whole_number
from geodl.networks.evaluation_mode import evaluation_mode
from geodl.tracks.recorder import StateRecorder
from geodl.tracks.track import Track

DEFAULT_BATCH_SIZE = 256
POOLS = ("none", "mean")


def record_track(
    network: nn.Module,
    inputs: Tensor,
    *,
    read_outs: Sequence[str] | None = None,
    batch_size: int | None = None,
    pool: str = "none",
    labels: Any = None,
    sample_ids: Any = None,
    epoch: int | None = None,
    metadata: dict[str, str] | None = None,
) -> Track:
    """Record the states of ``inputs`` at the read-outs of ``network``.

    The network is left as it was found: the samples pass in eval mode without gradients, and the mode of
    every module, the buffers of batch norms and the states of the random generators are the same afterwards,
    also after an exception. Mixed precision is off, whatever surrounds the call. A compiled network is
    recorded uncompiled.

    Each read-out runs exactly once per batch, and the track equals ``network.states(batch)`` bit for bit. The
    same samples in batches of another size can differ in the last bits, since matrix products are then summed
    in another
    order: compare tracks of one batch size.

    Args:
        network: a `geodl.networks.Network`, or any module together with ``read_outs``.
        inputs: samples, shape (n, ...), any dtype that the network takes; moved to its device batch by batch.
        read_outs: names of the modules whose outputs are the states, in order; None: ``network.read_outs()``.
        batch_size: samples per forward pass, None for 256.
        pool: "none" keeps states as they are; "mean" averages states of shape (n, C, H, W) over their pixels.
        labels: classes of the samples, n integers, or None.
        sample_ids: indices of the samples in their data set, n integers, or None.
        epoch: completed epochs, or None.
        metadata: free text by key to keep with the track.

    Returns:
        The track, on the CPU, in the dtype of the network's states.

    Raises:
        TrackError: there are no samples, or no read-outs are known, or a state does not fit its batch.

    Example:
        >>> from geodl.networks import build_network
        >>> network = build_network("resnet_mlp", (2,), 2, depth=3, width=4)
        >>> track = record_track(network, torch.zeros(5, 2))
        >>> track.names
        ('stem', 'blocks.0', 'blocks.1', 'blocks.2')
        >>> track.states[0].shape
        torch.Size([5, 4])
    """
    check_choice("track.pool", pool, POOLS)
    size = DEFAULT_BATCH_SIZE if batch_size is None else check_whole_number("track.batch_size", batch_size, at_least=1)
    if not isinstance(inputs, Tensor) or inputs.ndim == 0 or len(inputs) == 0:
        found = f"shape {tuple(inputs.shape)}" if isinstance(inputs, Tensor) else type(inputs).__name__
        raise TrackError(f"inputs: expected a tensor (n, ...) of n >= 1 samples, found {found}; pass some")
    original: nn.Module = getattr(network, "_orig_mod", network)
    if read_outs is None:
        named = getattr(original, "read_outs", None)
        if named is None:
            raise TrackError(
                f"read_outs: expected module names for {type(original).__name__}, which names none itself, "
                "found None; choose them from network.named_modules()"
            )
        read_outs = named()
    states: list[Tensor] = []
    with _undisturbed(original, inputs.device) as device, StateRecorder(original, read_outs) as recorder:
        for start in range(0, len(inputs), size):
            batch = inputs[start : start + size]
            original(batch.to(device, copy=True))  # a copy: the network may work in place
            for index, (name, state) in enumerate(zip(recorder.names, recorder.collect(), strict=True)):
                pooled = _pool(state, pool, name)
                if start == 0:
                    states.append(torch.empty((len(inputs), *pooled.shape[1:]), dtype=pooled.dtype))
                expected = (len(batch), *states[index].shape[1:])
                if pooled.shape != expected:
                    raise TrackError(
                        f"read_outs: expected a state of shape {expected} at {name!r}, found "
                        f"{tuple(pooled.shape)}; name a module whose output has the samples first and one shape"
                    )
                states[index][start : start + size] = pooled
    return Track(
        states=tuple(states),
        names=recorder.names,
        labels=_integers("labels", labels),
        sample_ids=_integers("sample_ids", sample_ids),
        epoch=epoch,
        metadata=metadata or {},
    )


@contextmanager
def _undisturbed(network: nn.Module, default: torch.device) -> Iterator[torch.device]:
    """Run the block in eval mode, without gradients, autocast or compilation.

    Args:
        network: the module to record.
        default: device of a network without tensors.

    Yields:
        The network's device.
    """
    tensors = [*network.parameters(), *network.buffers()]
    device = tensors[0].device if tensors else default
    with ExitStack() as stack:
        stack.enter_context(evaluation_mode(network))
        # tensors made in inference mode, where Lightning validates, could never take part in a backward pass
        stack.enter_context(torch.inference_mode(mode=False))
        stack.enter_context(torch.no_grad())
        stack.enter_context(torch.autocast(device.type, enabled=False))
        stack.enter_context(torch.random.fork_rng(devices=[device] if device.type == "cuda" else []))
        # looked for first, since asking for a stance loads the compiler, which takes seconds
        if any(module._compiled_call_impl or hasattr(module, "_orig_mod") for module in network.modules()):
            stack.enter_context(torch.compiler.set_stance("force_eager"))
        yield device


def _pool(state: Tensor, pool: str, name: str) -> Tensor:
    """Average over pixels where that is asked for and there are any.

    Args:
        state: shape (n, ...).
        pool: "none" or "mean".
        name: read-out that the message names.

    Returns:
        The state itself, or shape (n, C).

    Raises:
        TrackError: the state is neither a vector nor a map.
    """
    if pool == "none" or state.ndim == 2:
        return state
    if state.ndim != 4:
        raise TrackError(
            f"track.pool: expected states of shape (n, d) or (n, C, H, W) for 'mean', found "
            f"{tuple(state.shape)} at {name!r}; use track.pool=none"
        )
    return state.mean(dim=(2, 3))


def _integers(key: str, values: Any) -> Tensor | None:
    """Turn class or sample numbers into a tensor.

    Args:
        key: argument that the message names.
        values: integers in any container that torch reads, or None.

    Returns:
        An int64 CPU tensor, or None.

    Raises:
        TrackError: the numbers are not integers.
    """
    if values is None:
        return None
    with torch.inference_mode(mode=False):
        tensor = torch.as_tensor(values)
        if tensor.is_floating_point() or tensor.is_complex():
            raise TrackError(f"{key}: expected integers, found {tensor.dtype}; pass one whole number per sample")
        return tensor.to(device="cpu", dtype=torch.int64, copy=True)
