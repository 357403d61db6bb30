"""From a model and samples to their data track."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, SequentialSampler

from geodl.errors import TrackError
from geodl.networks.choice import check_choice, check_whole_number
from geodl.tracks.choose import ReadOuts
from geodl.tracks.reduction import PoolRule, Reduction, TokenRule
from geodl.tracks.rows import RowSink
from geodl.tracks.session import Session
from geodl.tracks.store import FolderStore, MemoryStore
from geodl.tracks.track import Track

NONFINITE = ("raise", "keep")


def record_track(
    model: nn.Module,
    inputs: Any,
    read_outs: ReadOuts = "auto",
    *,
    tokens: TokenRule = "all",
    pool: PoolRule = "none",
    mask: str | None = None,
    include_final_norm: bool = False,
    forward: Callable[[nn.Module, Any], Any] | None = None,
    batch_size: int | None = None,
    storage: str | Path | None = None,
    labels: Any = None,
    sample_ids: Any = None,
    epoch: int | None = None,
    metadata: dict[str, str] | None = None,
    nonfinite: str = "raise",
) -> Track:
    """Record the states of samples at the read-outs of a model.

    ``read_outs="auto"`` follows one sample through the model: where blocks of one class hand the very same tensor on
    from one to the next, what the first receives is x^0 and what each returns x^1, ..., x^L. Where there are no such
    blocks, or several candidates, it refuses and lists what it saw. `geodl.describe` shows the choice.

    The model is left as it was found: samples pass in eval mode without gradients or autocast, by plain forward
    hooks; the mode of every module, buffers and random states are the same afterwards, also after an exception. Of a
    compiled model or a (distributed) data-parallel one, the module inside is recorded.

    States equal the model's own bit for bit, for the same batches. Before the first batch two of its samples pass
    beside each other and beside copies of themselves; where a state depends on the sample beside it (a norm over the
    batch in training mode, an axis of time in the place of samples) the recording is refused.

    Peak memory above a bare forward pass: the states of one batch, plus n times the states of one sample in memory, or
    nothing that grows with n with ``storage=<folder>``.

    Args:
        model: any module. One with a method ``read_outs()``, a list of names, chooses itself for "auto".
        inputs: a tensor (n, ...), a mapping of tensors (the model is then called with keywords), a ``Dataset``, a
            ``DataLoader`` or another iterable of batches; a batch may be a pair with n integer labels, and n integers
            under "labels" in a mapping are labels.
        read_outs: "auto"; names of modules, in the order in which they run, or patterns such as "encoder.layer.*"
            (``*`` within a name, ``**`` across dots), one or a list; or a function of name and module. Beyond a name:
            ``NAME:input``, ``NAME[ITEM]``, ``NAME#FIRING``, see `geodl.tracks.ReadOut`.
        tokens: what becomes of sequences (n, T, d): "all" (every token that is no padding is a sample of the track),
            "last", "mean", "cls" (the first), "flatten", or a function of state and mask.
        pool: what becomes of maps (n, C, H, W) or (n, H, W, C): "none", "mean", or a function of the state.
        mask: key of the padding mask (n, T) in a mapping, 1 for tokens, None for "attention_mask"; padding is never
            part of a track. Under a key that ends in "key_padding_mask" True is padding, as in torch.
        include_final_norm: whether the norm that takes the last state, if there is one, adds a state.
        forward: calls the model, ``forward(model, batch)``, where ``model(batch)`` or ``model(**batch)`` will not do.
        batch_size: samples a forward pass where geodl cuts the batches, None for 256.
        storage: None for memory, or a new folder for memory-mapped files that `Track.load` reads.
        labels: classes of the samples, n integers; None for those that came with the inputs.
        sample_ids: indices of the samples in their data set, n integers; None for 0, 1, ... where tokens="all", else
            none.
        epoch: completed epochs, or None.
        metadata: free text by key to keep with the track.
        nonfinite: "raise" refuses NaN and infinity in a state, naming where they come from; "keep" records them.

    Returns:
        The track, on the CPU, in the dtype of the states. Its metadata say how it was made: "model", "read_outs",
        "tokens" (of sequences), "pool", "final_norm", and "dtype", the coarsest precision of a state.

    Raises:
        TrackError: the model, the inputs or the read-outs are not as expected; the message says how to go on.

    Example:
        >>> layers = [nn.Linear(2, 4), *(nn.Sequential(nn.Linear(4, 4), nn.ReLU()) for _ in range(3)), nn.Linear(4, 2)]
        >>> track = record_track(nn.Sequential(*layers), torch.zeros(5, 2))
        >>> track.names
        ('1:input', '1', '2', '3')
        >>> track.states[0].shape
        torch.Size([5, 4])
    """
    check_choice("nonfinite", nonfinite, NONFINITE)
    if batch_size is not None:
        check_whole_number("track.batch_size", batch_size, at_least=1)
    reduction = Reduction(tokens, pool)
    if labels is not None or sample_ids is not None:
        _check_order(inputs)
    ids, classes = _integers("sample_ids", sample_ids), _integers("labels", labels)
    with ExitStack() as stack:
        session = stack.enter_context(
            Session(model, inputs, batch_size=batch_size, mask=mask, forward=forward, nonfinite=nonfinite)
        )
        choice = session.choose(read_outs, include_final_norm=include_final_norm)
        n_states = len(choice.seen)
        if storage is None:
            store: MemoryStore | FolderStore = MemoryStore(n_states, _known_rows(inputs, reduction, session))
        else:
            store = stack.enter_context(FolderStore(Path(storage), n_states))
        sink = RowSink(choice, session.layouts, reduction, store, keep_nonfinite=nonfinite == "keep")
        counts: list[int] = []
        found: list[Tensor | None] = []
        for batch in session.run(choice, sink):
            counts.append(batch.n)
            found.append(batch.labels)
        n = sum(counts)
        columns = {"labels": _column("labels", classes, n, found), "sample_ids": _column("sample_ids", ids, n, [])}
        if sink.sources is not None:  # each token is a row: say whose it is
            source = torch.cat(sink.sources)
            whose = columns["sample_ids"]
            columns = {
                "labels": None if columns["labels"] is None else columns["labels"][source],
                "sample_ids": source if whose is None else whose[source],
                "positions": torch.cat(sink.positions),
            }
        kept = {key: values for key, values in columns.items() if values is not None}
        facts = {
            **session.facts(choice),
            **{key: rule for key, rule in reduction.words.items() if key != "tokens" or session.has_sequences},
            "dtype": str(sink.dtype).removeprefix("torch."),
            **(metadata or {}),
        }
        if sink.n_rows < 2:
            raise TrackError(
                f"inputs: expected at least 2 samples, found {sink.n_rows}; a distribution of one point has no score"
            )
        if isinstance(store, FolderStore):
            blank = torch.zeros(1, 1)
            Track(states=(blank,) * n_states, names=choice.names, epoch=epoch, metadata=facts)  # before it is final
            states = store.finish(kept, {"names": list(choice.names), "epoch": epoch, "metadata": facts})
        else:
            states = store.states()
    return Track(states=tuple(states), names=choice.names, epoch=epoch, metadata=facts, **kept)


def _check_order(inputs: Any) -> None:
    """Refuse labels beside a loader that does not keep the order of its data set.

    Args:
        inputs: the inputs.

    Raises:
        TrackError: it is such a loader.
    """
    sampler = getattr(getattr(inputs, "batch_sampler", None), "sampler", None) or getattr(inputs, "sampler", None)
    if isinstance(inputs, DataLoader) and not isinstance(sampler, SequentialSampler):
        raise TrackError(
            f"labels: expected samples in the order of the labels, found a DataLoader that draws them by "
            f"{type(sampler).__name__}; pass shuffle=False, or let the batches bring the labels: (x, labels)"
        )


def _known_rows(inputs: Any, reduction: Reduction, session: Session) -> int | None:
    # Number of rows of the track, where each sample is one and the number of samples is known.
    if isinstance(inputs, Tensor) and not (reduction.tokens == "all" and session.has_sequences):
        return len(inputs)
    return None


def _integers(key: str, values: Any) -> Tensor | None:
    # Turn class or sample numbers into an int64 CPU tensor; None stays None.
    if values is None:
        return None
    with torch.inference_mode(mode=False):
        tensor = torch.as_tensor(values)
        if tensor.is_floating_point() or tensor.is_complex():
            raise TrackError(f"{key}: expected integers, found {tensor.dtype}; pass one whole number per sample")
        return tensor.to(device="cpu", dtype=torch.int64, copy=True)


def _column(key: str, given: Tensor | None, n: int, found: list[Tensor | None]) -> Tensor | None:
    # Choose between what the caller gave and what came with the batches.
    if given is None:
        parts = [part for part in found if part is not None]
        return torch.cat(parts) if parts and len(parts) == len(found) else None
    if tuple(given.shape) != (n,):
        raise TrackError(f"{key}: expected {n} integers, one per sample, found shape {tuple(given.shape)}; pass all")
    return given
