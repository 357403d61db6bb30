"""What is padding is known, or asked for."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from geodl.errors import TrackError
from geodl.tracks import record_track
from geodl.tracks.batches import as_batch

TOKENS = torch.randint(3, 60, (3, 17), generator=torch.Generator().manual_seed(0))
PADDED = torch.tensor([[1] * 17, [1] * 9 + [0] * 8, [1] * 16 + [0]])


def two_sequences(name: str) -> tuple[Any, dict[str, Tensor], str]:
    """A model with two sequences of one length, padded inputs, and read-outs of the one that the mask is not about."""
    transformers = pytest.importorskip("transformers")
    transformers.logging.set_verbosity_error()
    torch.manual_seed(0)
    inputs = {"input_ids": TOKENS, "attention_mask": PADDED}
    if name == "t5":
        sizes = {"vocab_size": 64, "d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_heads": 4}
        model = transformers.T5Model(transformers.T5Config(**sizes))
        return model, inputs | {"decoder_input_ids": TOKENS}, "decoder.block.*[0]"
    if name == "bart":  # it makes the decoder's tokens of the encoder's
        sizes = {"d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64}
        heads = {"encoder_attention_heads": 4, "decoder_attention_heads": 4}
        config = transformers.BartConfig(vocab_size=64, **sizes, **heads, forced_eos_token_id=None)
        return transformers.BartModel(config), inputs, "decoder.layers.*"
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
    text = sizes | {"vocab_size": 64, "bos_token_id": 0, "eos_token_id": 63}
    config = transformers.CLIPConfig(text_config=text, vision_config=sizes | {"image_size": 16, "patch_size": 4})
    return (
        transformers.CLIPModel(config),
        inputs | {"pixel_values": torch.randn(3, 3, 16, 16)},
        "vision_model.**.layers.*",
    )


@pytest.mark.parametrize("name", ["t5", "bart", "clip"])
def test_the_mask_of_one_sequence_is_not_taken_for_that_of_another(name):
    model, inputs, other = two_sequences(name)
    with pytest.raises(TrackError, match=r"mask: expected to be told which (tokens of the )?states"):
        record_track(model, inputs, other)
    if name == "t5":
        inputs["decoder_attention_mask"] = torch.ones_like(PADDED)
        assert record_track(model, inputs, other, mask="decoder_attention_mask").n_samples == 3 * 17
    own = "encoder.block.*[0]" if name == "t5" else "encoder.layers.*" if name == "bart" else "text_model.**.layers.*"
    assert record_track(model, inputs, own, mask="attention_mask").n_samples == int(PADDED.sum())


def test_a_mask_of_ones_and_zeros_of_any_kind_is_understood():
    expected = [[True, False], [True, True]]
    for kind in (torch.int64, torch.bool, torch.float32):
        batch = as_batch({"input_ids": torch.ones(2, 2), "attention_mask": torch.tensor([[1, 0], [1, 1]], dtype=kind)})
        assert batch.mask.tolist() == expected
        assert batch.inputs["attention_mask"].dtype == kind  # the model gets it as it came


def test_a_key_padding_mask_marks_padding():
    values = {"src": torch.randn(2, 2, 3), "src_key_padding_mask": torch.tensor([[False, True], [False, False]])}
    assert as_batch(values, mask="src_key_padding_mask").mask.tolist() == [[True, False], [True, True]]
