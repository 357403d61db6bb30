"""Recorded states equal the ``hidden_states`` of transformers, bit for bit."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from tests.tracks.test_foreign import BATCH, assert_same, images, own_states, prepared, recorded

IDS = torch.randint(1, 64, (3, 7), generator=torch.Generator().manual_seed(0))
MASK = torch.ones_like(IDS)
TEXT = {"input_ids": IDS, "attention_mask": MASK}
PADDED = {"input_ids": IDS, "attention_mask": torch.tensor([[1] * 7, [1] * 4 + [0] * 3, [1] * 6 + [0]])}
SMALL = {"vocab_size": 64, "hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 64}


def hidden(model: Any, batch: dict[str, Tensor]) -> list[Tensor]:
    return list(model(**batch, output_hidden_states=True).hidden_states)


# class, configuration, prefix of the blocks' names, the final norm where hidden_states[-1] carries it
DECODERS = {
    "gpt2": (
        "GPT2LMHeadModel",
        "GPT2Config",
        {"vocab_size": 64, "n_embd": 32, "n_layer": 3, "n_head": 4},
        "transformer.ln_f",
    ),
    "llama": ("LlamaForCausalLM", "LlamaConfig", SMALL | {"num_key_value_heads": 2}, "model.norm"),
    "bloom": ("BloomModel", "BloomConfig", {"vocab_size": 64, "hidden_size": 32, "n_layer": 3, "n_head": 4}, "ln_f"),
    "falcon": ("FalconModel", "FalconConfig", {k: v for k, v in SMALL.items() if k != "intermediate_size"}, "ln_f"),
    "t5 encoder": (
        "T5EncoderModel",
        "T5Config",
        {"vocab_size": 64, "d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 3, "num_heads": 4},
        "encoder.final_layer_norm",
    ),
    "mamba": (
        "MambaModel",
        "MambaConfig",
        {"vocab_size": 64, "hidden_size": 32, "num_hidden_layers": 3, "state_size": 4},
        "norm_f",
    ),
}
ENCODERS = {
    "bert": ("BertModel", "BertConfig", SMALL),
    "bert, eager attention": ("BertModel", "BertConfig", SMALL | {"attn_implementation": "eager"}),
    "albert": ("AlbertModel", "AlbertConfig", SMALL | {"embedding_size": 16}),
    "distilbert": (
        "DistilBertModel",
        "DistilBertConfig",
        {"vocab_size": 64, "dim": 32, "n_layers": 3, "n_heads": 4, "hidden_dim": 64},
    ),
    "vit": (
        "ViTModel",
        "ViTConfig",
        {k: v for k, v in SMALL.items() if k != "vocab_size"} | {"image_size": 16, "patch_size": 4},
    ),
}


def from_config(model: str, config: str, options: dict[str, Any]) -> Any:
    transformers = pytest.importorskip("transformers")
    transformers.logging.set_verbosity_error()
    torch.manual_seed(0)
    special = {"bos_token_id": None, "eos_token_id": None} if "vocab_size" in options else {}
    if model.startswith("T5"):
        special = {"eos_token_id": 1}
    return prepared(getattr(transformers, model)(getattr(transformers, config)(**options, **special)))


@pytest.mark.parametrize("name", DECODERS)
def test_transformers_whose_last_hidden_state_is_behind_the_final_norm(name):
    model_class, config, options, norm = DECODERS[name]
    model = from_config(model_class, config, options)
    reference = own_states(model, TEXT, hidden)
    if name == "mamba":  # hidden_states begin behind the first block, and hold the last one's output too
        reference = [*own_states(model, TEXT, lambda m, b: [m.embeddings(b["input_ids"])]), *reference]
    raw, included = recorded(model, TEXT), recorded(model, TEXT, include_final_norm=True)
    assert len(reference) == (5 if name == "mamba" else 4)
    assert included.names == (*raw.names, norm)
    assert raw.metadata["final_norm"].startswith(f"left out: {norm} (")
    assert included.metadata["final_norm"].startswith(f"included: {norm} (")
    for k in range(len(reference) - 1):
        assert torch.equal(raw.states[k], reference[k])
    assert all(torch.equal(a, b) for a, b in zip(raw.states, included.states[:4], strict=True))
    assert torch.equal(included.states[4], reference[-1])
    assert not torch.equal(raw.states[3], reference[-1])  # the norm does something, so the comparison means something
    with torch.no_grad():
        assert torch.equal(model.get_submodule(norm)(raw.states[3][:BATCH]), reference[-1][:BATCH])


@pytest.mark.parametrize("name", ENCODERS)
def test_transformers_whose_hidden_states_are_those_of_the_blocks(name):
    model = from_config(*ENCODERS[name])
    inputs = {"pixel_values": images(16)} if name == "vit" else TEXT
    track = recorded(model, inputs)
    assert_same(track, own_states(model, inputs, hidden))
    if name == "albert":  # one block that runs three times
        assert [text[-2:] for text in track.names] == ["#1", "#1", "#2", "#3"]


@pytest.mark.parametrize(
    "name", ["gpt2", "llama", "bloom", "t5 encoder", "bert", "bert, eager attention", "distilbert"]
)
def test_of_padded_sequences_every_token_that_is_none_and_no_other(name):
    model = from_config(*(DECODERS | ENCODERS)[name][:3])
    reference = own_states(model, PADDED, hidden)
    track = recorded(model, PADDED, tokens="all")
    rows = PADDED["attention_mask"].bool()
    for k in range(3):
        assert torch.equal(track.states[k], reference[k][rows])
    source, position = rows.nonzero(as_tuple=True)
    assert torch.equal(track.sample_ids, source)
    assert torch.equal(track.positions, position)


def test_stages_of_transformers_convolutional_networks():
    options = {"embedding_size": 8, "hidden_sizes": [8, 16, 24], "depths": [2, 2, 2], "layer_type": "basic"}
    model = from_config("ResNetModel", "ResNetConfig", options)
    inputs = {"pixel_values": images(32)}
    reference = own_states(model, inputs, hidden)  # one entry a stage
    track = recorded(model, inputs)
    (first, *_), last = track.legs()[0].names, [leg.names[-1] for leg in track.legs()]
    states = dict(zip(track.names, track.states, strict=True))
    assert torch.equal(states[first], reference[0])
    assert len(last) == 3
    assert all(torch.equal(states[name], other) for name, other in zip(last, reference[1:], strict=True))
