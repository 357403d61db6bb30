"""Inputs of any kind as batches: what the network receives, which tokens are padding, which class a sample has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, default_collate

from geodl.errors import TrackError

DEFAULT_BATCH_SIZE = 256
LABELS = "labels"
PRINCIPAL_KEYS = ("input_ids", "pixel_values", "inputs_embeds")


@dataclass(frozen=True, eq=False)
class Batch:
    """What the network receives at once.

    Attributes:
        inputs: a tensor (n, ...), or a mapping of which the tensors have the samples first.
        n: number of samples.
        mask: which tokens are no padding, bool, (n, T); None if nothing was said.
        labels: classes, int64, (n,); None if unknown.
    """

    inputs: Tensor | dict[str, Any]
    n: int
    mask: Tensor | None = None
    labels: Tensor | None = None

    def first(self) -> Batch:
        """Keep the first sample only.

        Returns:
            A batch of one sample.
        """
        return self.rows(slice(0, 1))

    def chosen(self, which: Sequence[int]) -> Batch:
        """Keep some samples by number.

        Args:
            which: the samples, in order; one may come twice.

        Returns:
            A batch of these samples.
        """
        return self.rows(list(which))

    def alike(self, one: int, other: int) -> bool:
        """Say whether two samples are the same.

        Args:
            one: number of a sample.
            other: number of another.

        Returns:
            True if all tensors of n rows agree in both.
        """
        values = self.inputs.values() if isinstance(self.inputs, dict) else [self.inputs]
        tensors = [value for value in values if isinstance(value, Tensor) and value.ndim and len(value) == self.n]
        return all(torch.equal(tensor[one], tensor[other]) for tensor in tensors)

    def rows(self, which: slice | list[int]) -> Batch:
        """Keep some samples.

        Args:
            which: the samples, numbers or a slice.

        Returns:
            A batch of these samples; what is no tensor of n rows stays as it is.
        """

        def cut(value: Any) -> Any:
            return value[which] if isinstance(value, Tensor) and value.ndim and len(value) == self.n else value

        inputs = (
            {key: cut(v) for key, v in self.inputs.items()} if isinstance(self.inputs, dict) else self.inputs[which]
        )
        n = len(which) if isinstance(which, list) else len(range(*which.indices(self.n)))
        return replace(self, inputs=inputs, n=n, mask=cut(self.mask), labels=cut(self.labels))

    def inputs_on(self, device: torch.device) -> Tensor | dict[str, Any]:
        """Copy the inputs to a device; a copy even where they are, since the network may work in place.

        Args:
            device: the network's device.

        Returns:
            What the network receives.
        """
        if isinstance(self.inputs, Tensor):
            return self.inputs.to(device, copy=True)
        return {key: v.to(device, copy=True) if isinstance(v, Tensor) else v for key, v in self.inputs.items()}


def batches(inputs: Any, batch_size: int | None, *, mask: str | None = None) -> Iterator[Batch]:
    """Cut inputs into batches, or take them as they come.

    Args:
        inputs: a tensor (n, ...) or a mapping of tensors, cut into batches; a ``Dataset``, read in order; a
            ``DataLoader`` or another iterable of batches. A batch is a tensor, a mapping, or a pair of a tensor or
            mapping and n class labels. Of a mapping, integers (n,) under "labels" are labels and no input.
        batch_size: samples a batch where geodl cuts them, None for 256.
        mask: key of the mask, 1 for tokens and 0 for padding, in a mapping; it is passed to the network too. None for
            "attention_mask". Under a key that ends in "key_padding_mask" the meaning is torch's, True for padding.

    Yields:
        Batches of at least one sample.

    Raises:
        TrackError: a batch is nothing of this kind; or there is none at all.
    """
    size = DEFAULT_BATCH_SIZE if batch_size is None else batch_size
    count = 0
    if isinstance(inputs, Tensor | Mapping):
        whole = as_batch(inputs, mask=mask)
        for start in range(0, whole.n, size):
            count += 1
            yield whole.rows(slice(start, min(start + size, whole.n)))
    else:
        if isinstance(inputs, Dataset) and not isinstance(inputs, DataLoader):
            inputs = DataLoader(inputs, batch_size=size, shuffle=False, collate_fn=_collated)
        if isinstance(inputs, str | bytes | tuple) or not isinstance(inputs, Iterable):
            raise TrackError(
                f"inputs: expected a tensor (n, ...), a mapping of tensors, a Dataset, a DataLoader or an iterable of "
                f"batches, found {_kind(inputs)}; pass one of these"
            )
        if hasattr(inputs, "__array__"):
            raise TrackError(f"inputs: expected tensors, found {_kind(inputs)}; pass torch.from_numpy(...)")
        for batch in inputs:
            count += 1
            yield as_batch(batch, mask=mask)
    if count == 0:
        raise TrackError("inputs: expected n >= 1 samples, found none; pass some")


def as_batch(batch: Any, *, mask: str | None = None) -> Batch:
    """Read one batch.

    Args:
        batch: a tensor, a mapping of tensors, or a pair of one of these and labels.
        mask: key of the mask in a mapping, None for "attention_mask".

    Returns:
        The batch.

    Raises:
        TrackError: it is something else, or its parts disagree on the number of samples.
    """
    if isinstance(batch, tuple | list) and len(batch) in (1, 2):
        inputs = as_batch(batch[0], mask=mask)
        if len(batch) == 1:
            return inputs
        labels = _as_labels(batch[1], inputs.n)
        if labels is not None:
            return replace(inputs, labels=labels)
    if isinstance(batch, Tensor):
        if batch.ndim < 2 or len(batch) == 0:
            raise TrackError(
                f"inputs: expected tensors (n, ...) of n >= 1 samples, found shape {tuple(batch.shape)}; put the "
                "samples first, also where there is one: x[None]"
            )
        return Batch(batch, len(batch))
    if isinstance(batch, Mapping):
        return _mapping(dict(batch), mask)
    if hasattr(batch, "__array__"):
        raise TrackError(f"inputs: expected tensors, found {_kind(batch)}; pass torch.from_numpy(...)")
    raise TrackError(
        f"inputs: expected batches that are a tensor, a mapping of tensors, or a pair of these and n integer labels, "
        f"found {_kind(batch)}; pass forward=<function of model and batch> with batches of tensors or mappings"
    )


def _mapping(values: dict[str, Any], mask_key: str | None) -> Batch:
    tensors = {key: value for key, value in values.items() if isinstance(value, Tensor) and value.ndim}
    if not tensors:
        raise TrackError(
            f"inputs: expected a mapping with tensors, found keys {list(values)} without any; ask the tokenizer for "
            'return_tensors="pt"'
        )
    principal = next((key for key in PRINCIPAL_KEYS if key in tensors), None)
    n = len(tensors[principal or next(iter(tensors))])
    different = {key: tuple(tensor.shape) for key, tensor in tensors.items() if len(tensor) not in (n, 1)}
    if different or n == 0:
        raise TrackError(
            f"inputs: expected tensors of as many samples, n = {n} >= 1, found {different or 'none'}; put the samples "
            "first in each"
        )
    labels = _as_labels(values.get(LABELS), n)
    if labels is not None:
        values.pop(LABELS)
    mask = _mask(values, mask_key, n)
    return Batch(values, n, mask, labels)


def _mask(values: dict[str, Any], key: str | None, n: int) -> Tensor | None:
    """Read which tokens are no padding.

    Args:
        values: the mapping.
        key: key of the mask, or None.
        n: number of samples.

    Returns:
        Bool, (n, T), or None if there is no mask.

    Raises:
        TrackError: it is not clear which tensor the mask is, or what it means.
    """
    named = [k for k, v in values.items() if k.endswith("mask") and isinstance(v, Tensor) and v.ndim == 2]
    decodes = any(k.startswith("decoder_") and k != "decoder_attention_mask" for k in values)
    if key is None and ((decodes and named) or (named and "attention_mask" not in named)):
        raise TrackError(
            f"mask: expected to be told which tokens of the states are padding, found {', '.join(named)}; pass "
            f"mask={named[0]!r}, or all ones under a key of their own if there is no padding at the read-outs"
        )
    key = "attention_mask" if key is None else key
    if values.get(key) is None:
        return None
    mask = torch.as_tensor(values[key])
    if mask.ndim != 2 or len(mask) != n or not bool(((mask == 0) | (mask == 1)).all()):
        raise TrackError(
            f"mask: expected {key!r} of shape (n, T) with n = {n} and entries 0 and 1, found shape "
            f"{tuple(mask.shape)}, entries from {float(mask.min()):g} to {float(mask.max()):g}; pass one entry per "
            "token, 1 for tokens and 0 for padding"
        )
    mask = mask == 0 if key.endswith("key_padding_mask") else mask == 1
    empty = (~mask.any(dim=1)).nonzero()
    if len(empty):
        raise TrackError(
            f"mask: expected at least one token in each sequence, found sequence {int(empty[0])} all padding; leave it "
            "out"
        )
    return mask


def _collated(samples: list[Any]) -> Any:
    # What torch does, but its refusal says what to do.
    try:
        return default_collate(samples)
    except (RuntimeError, TypeError) as error:
        raise TrackError(
            f"inputs: expected a Dataset whose samples stack into batches, found {_kind(samples[0])} and "
            f"{_kind(samples[-1])} ({str(error).splitlines()[0]}); pass a DataLoader with a collate_fn that pads, and "
            "a mask"
        ) from error


def _as_labels(values: Any, n: int) -> Tensor | None:
    # Return labels if that is what the values are: n integers.
    if not isinstance(values, Tensor) or values.ndim != 1 or len(values) != n:
        return None
    whole = not (values.is_floating_point() or values.is_complex() or values.dtype == torch.bool)
    return values.to("cpu", torch.int64) if whole else None


def _kind(value: Any) -> str:
    if isinstance(value, tuple | list):
        return f"{type(value).__name__} of {', '.join(_kind(item) for item in value[:4]) or 'nothing'}"
    return f"a tensor {tuple(value.shape)}" if isinstance(value, Tensor) else type(value).__name__
