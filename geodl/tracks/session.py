"""A model at work on samples: what recording and describing have in common."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from types import TracebackType
from typing import Any

import torch
from torch import Tensor, nn

from geodl.errors import TrackError
from geodl.tracks.batches import Batch, batches
from geodl.tracks.choose import Choice, ReadOuts, choose_read_outs
from geodl.tracks.firings import Firings
from geodl.tracks.layout import find_layouts
from geodl.tracks.mates import check_mates
from geodl.tracks.recorder import StateRecorder
from geodl.tracks.reduction import is_sequence
from geodl.tracks.rows import RowSink
from geodl.tracks.trace import trace
from geodl.tracks.undisturbed import device_of, kept_generators, original, undisturbed, without_fast_path

OTHER_SEQUENCES = {"pixel_values", "input_features", "input_values"}
"""Keys of sequences that a text's attention mask says nothing about."""


class Session:
    """A `with` block in which a model runs on samples and is left as it was found.

    Args:
        model: any module.
        inputs: see `geodl.record_track`.
        batch_size: samples a forward pass where batches are cut, None for the default.
        mask: key of the padding mask.
        forward: calls the model, or None.
        nonfinite: "raise" or "keep".

    Attributes:
        network: the module that is hooked, without wrappers.
    """

    def __init__(
        self,
        model: nn.Module,
        inputs: Any,
        *,
        batch_size: int | None,
        mask: str | None,
        forward: Callable[[nn.Module, Any], Any] | None,
        nonfinite: str,
    ) -> None:
        self.network = original(model)
        self._model = model
        self.layouts: list[str] = []
        self.has_sequences = False
        self._inputs = inputs
        self._batch_size, self._mask = batch_size, mask
        self._forward = forward
        self._keep_nonfinite = nonfinite == "keep"
        self._firings: Firings | None = None
        self._error_of_sink: Exception | None = None
        self._stack = ExitStack()

    def __enter__(self) -> Session:
        """Prepare the model and take the first batch.

        Returns:
            The session.
        """
        with ExitStack() as stack:
            # the inputs' own device decides only where the network has no tensors at all
            own = self._inputs.device if isinstance(self._inputs, Tensor) else torch.device("cpu")
            self.device = device_of(self.network, own)
            compiled = self.network is not self._model or self._forward is not None
            stack.enter_context(undisturbed(self.network, self.device, eager=compiled))
            stack.enter_context(kept_generators(self._inputs))
            stack.enter_context(without_fast_path(self.network))
            self._stream = batches(self._inputs, self._batch_size, mask=self._mask)
            self._first = next(self._stream)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Put everything back."""
        self._stack.__exit__(kind, error, traceback)

    def choose(self, read_outs: ReadOuts, *, include_final_norm: bool) -> Choice:
        """Follow the first sample through the model and choose the read-outs.

        Args:
            read_outs: see `geodl.record_track`.
            include_final_norm: see `geodl.record_track`.

        Returns:
            The choice.

        Raises:
            TrackError: the read-outs cannot be chosen, or a state does not have the samples first.
        """
        sample = self._first.first()
        self._check(self._first)
        seen = trace(self.network, lambda: self._call(sample))
        choice = choose_read_outs(
            self.network, seen, read_outs, include_final_norm=include_final_norm, run=lambda: self._call(sample)
        )
        for entry in choice.seen:
            if entry.shape[:1] != (1,):
                raise TrackError(
                    f"read_outs: expected a state of shape (1, ...) for one sample at {str(entry.read_out)!r}, found "
                    f"{entry.shape}; name a module whose output has the samples first, and pass inputs that do"
                )
        self.layouts = find_layouts(seen, choice.seen)
        self._firings = Firings(seen, choice.seen)
        self.has_sequences = any(map(is_sequence, (entry.state for entry in choice.seen), self.layouts))
        return choice

    def run(self, choice: Choice, sink: RowSink) -> Iterator[Batch]:
        """Send all batches through the model.

        Args:
            choice: the read-outs.
            sink: takes their states.

        Yields:
            Each batch after its states were taken.

        Raises:
            TrackError: a state is refused; of NaN and infinity, with what causes them.
        """
        names, paths = choice.names, [entry.path for entry in choice.seen]
        assert self._firings is not None, "run before choose"
        firings, checked = self._firings, False
        for batch in itertools.chain([self._first], self._stream):
            if batch is not self._first:
                self._check(batch)
            checked = checked or check_mates(StateRecorder(self.network, names, paths=paths), batch, self._call)
            sink.begin(batch, self.device)
            with StateRecorder(self.network, names, paths=paths, receive=self._passing(sink)) as recorder:
                try:
                    with firings.compared():
                        self._call(batch)
                except TrackError as error:
                    if "NaN or infinity" in str(error):
                        raise TrackError(f"{error}; {self._cause_of_nonfinite()}") from error
                    raise
                recorder.collect()
            sink.end()
            yield batch

    def _passing(self, sink: RowSink) -> Callable[[int, Tensor], None]:
        # Hand states to the sink, and remember its errors, which are not the model's.
        def receive(index: int, state: Tensor) -> None:
            try:
                sink.receive(index, state)
            except Exception as error:
                self._error_of_sink = error
                raise

        return receive

    def facts(self, choice: Choice) -> dict[str, str]:
        """Say how the track was made.

        Args:
            choice: the read-outs.

        Returns:
            Text by key, for a track's metadata.
        """
        return {
            "model": type(self.network).__name__,
            "read_outs": "; ".join((choice.how, *choice.notes)),
            "final_norm": choice.final_norm,
        }

    def _call(self, batch: Batch) -> None:
        inputs = batch.inputs_on(self.device)
        try:
            if self._forward is not None:
                self._forward(self.network, inputs)
            elif isinstance(inputs, dict):
                self.network(**inputs)
            else:
                self.network(inputs)
        except (TrackError, torch.OutOfMemoryError):
            raise
        except Exception as error:
            if error is self._error_of_sink:  # of the disk, or of the caller's own function
                raise
            text = (str(error).splitlines() or [""])[0]
            raise TrackError(
                f"inputs: expected what {type(self.network).__name__} takes, found {_shapes(inputs)}, at which it "
                f"raised {type(error).__name__}: {text}; pass other inputs, or forward=<function of model and batch> "
                "that calls it"
            ) from error

    def _check(self, batch: Batch) -> None:
        # Refuse inputs that would be scored without their owner knowing what they are.
        tensors = batch.inputs if isinstance(batch.inputs, dict) else {"inputs": batch.inputs}
        for key, tensor in tensors.items():
            if isinstance(tensor, Tensor) and tensor.ndim and tensor.is_floating_point() and not self._keep_nonfinite:
                bad = (~torch.isfinite(tensor)).reshape(len(tensor), -1).any(dim=1).nonzero()
                if len(bad):
                    raise TrackError(
                        f"inputs: expected finite numbers, found NaN or infinity in {key}, sample {int(bad[0])} of "
                        "its batch; clean the data"
                    )
        self._check_mask(batch, set(tensors))
        ids = tensors.get("input_ids", tensors.get("inputs"))
        config = getattr(self.network, "config", None)
        padding = getattr(config, "pad_token_id", None)
        means_more = padding in (getattr(config, "bos_token_id", None), getattr(config, "eos_token_id", None))
        ends = isinstance(padding, int) and isinstance(ids, Tensor) and _ends_in(ids, padding, 2 if means_more else 1)
        if batch.mask is None and ends:
            raise TrackError(
                f"mask: expected an attention mask, found none although sequences end or begin with the padding token "
                f"{padding}; pass {{'input_ids': ..., 'attention_mask': ...}}, all ones if these are tokens"
            )

    def _check_mask(self, batch: Batch, keys: set[str]) -> None:
        # Refuse to guess which of several sequences a mask is about.
        if self._mask is not None or batch.mask is None or bool(batch.mask.all()):
            return
        config = getattr(self.network, "config", None)
        if getattr(config, "is_encoder_decoder", False) is True or ("input_ids" in keys and keys & OTHER_SEQUENCES):
            raise TrackError(
                "mask: expected to be told which states the attention mask is about, found a model of several "
                "sequences; pass mask='attention_mask' where the read-outs belong to the sequence it masks, or the key "
                "of another"
            )

    def _cause_of_nonfinite(self) -> str:
        bad = [name for name, p in self.network.named_parameters() if not bool(torch.isfinite(p).all())]
        bad += [
            name for name, b in self.network.named_buffers() if b.is_floating_point() and bool(torch.isnan(b).any())
        ]
        if bad:
            return f"the weights themselves are not finite: {', '.join(bad[:3])}{', ...' if len(bad) > 3 else ''}"
        return "the weights are finite, so the forward pass overflows: try another precision, or nonfinite='keep'"


def _ends_in(ids: Tensor, padding: int, length: int) -> bool:
    # Whether a sequence ends or begins with so many padding tokens.
    if ids.ndim != 2 or ids.is_floating_point() or ids.shape[1] < length:
        return False
    return bool((ids[:, -length:] == padding).all(dim=1).any() or (ids[:, :length] == padding).all(dim=1).any())


def _shapes(inputs: Any) -> str:
    if isinstance(inputs, Tensor):
        return f"{str(inputs.dtype).removeprefix('torch.')} {tuple(inputs.shape)}"
    return ", ".join(f"{key}: {_shapes(v) if isinstance(v, Tensor) else type(v).__name__}" for key, v in inputs.items())
