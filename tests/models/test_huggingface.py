"""``model=huggingface``: tiny models of transformers, built from their configuration and saved as folders."""

from __future__ import annotations

import sys

import pytest
import torch

from geodl.data.sentences import Sentences
from geodl.errors import ConfigError, MissingExtraError
from geodl.models.huggingface import build_huggingface
from geodl.models.samples import Samples
from tests.models.small import images

OPTIONS = {"untrained": False, "image_size": None, "channels": "keep"}
WORDS = ("straight", "curved", "tracks", "are", "the", "here", "seen", "first")


@pytest.fixture(scope="module")
def transformers():
    pytest.importorskip("transformers", reason="needs geodl[huggingface]; CI installs it")
    import transformers

    return transformers


@pytest.fixture(scope="module")
def bert(transformers, tmp_path_factory):
    """A folder as `save_pretrained` writes it: two blocks of width 8, with a tokenizer of eight words."""
    folder = tmp_path_factory.mktemp("hub") / "tiny_bert"
    torch.manual_seed(3)
    config = transformers.BertConfig(
        vocab_size=20,
        hidden_size=8,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=16,
    )
    transformers.BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    vocabulary = {word: k for k, word in enumerate(("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS))}
    transformers.BertTokenizer(vocab=vocabulary).save_pretrained(folder)
    return folder


def sentences(*texts):
    texts = texts or ("the tracks are straight", "curved tracks", "the first tracks are seen here")
    ids = torch.arange(len(texts))
    found = Sentences(tuple(texts), None, tuple(ids.tolist()))
    return Samples("sentences", None, found, None, ids, "all", 0, "digest")


def test_sentences_are_padded_and_masked(bert):
    loaded = build_huggingface({**OPTIONS, "path": str(bert)}, sentences(), seed=0)
    assert set(loaded.inputs) >= {"input_ids", "attention_mask"}
    assert loaded.inputs["attention_mask"].sum(dim=1).tolist() == [6, 4, 8]
    assert loaded.inputs["input_ids"].shape == (3, 8)
    assert "3 sentences of 18 tokens, 8 at most, padded on the right and masked" in loaded.notes
    assert any("pooler" in note and "drawn with seed 0" in note for note in loaded.notes)


def test_trained_weights_are_those_of_the_folder_and_untrained_ones_of_the_seed(transformers, bert):
    trained = build_huggingface({**OPTIONS, "path": str(bert)}, sentences(), seed=0).model
    again = transformers.AutoModel.from_pretrained(bert)
    name = "encoder.layer.0.output.dense.weight"
    assert torch.equal(trained.state_dict()[name], again.state_dict()[name])
    drawn = [
        build_huggingface({**OPTIONS, "path": str(bert), "untrained": True}, sentences(), seed=s) for s in (0, 0, 1)
    ]
    first, same, other = (loaded.model.state_dict()[name] for loaded in drawn)
    assert torch.equal(first, same)
    assert not torch.equal(first, other)
    assert not torch.equal(first, trained.state_dict()[name])
    assert "untrained (weights drawn with seed 0)" in drawn[0].origin


def test_long_sentences_are_cut_and_it_is_said(bert):
    loaded = build_huggingface({**OPTIONS, "path": str(bert)}, sentences(), seed=0, max_length=6)
    assert loaded.inputs["input_ids"].shape == (3, 6)
    assert "1 sentences are cut after 6 tokens (data.max_length)" in loaded.notes


def test_images_pass_a_vision_model_and_not_a_text_model(transformers, bert, tmp_path):
    config = transformers.ViTConfig(
        hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16, image_size=16, patch_size=4
    )
    config.save_pretrained(tmp_path / "vit")
    options = {**OPTIONS, "path": str(tmp_path / "vit"), "untrained": True}
    loaded = build_huggingface(options, images(size=8), seed=0)
    assert loaded.model(**loaded.inputs).last_hidden_state.shape == (4, 5, 8)
    assert "the model is built for images of 8 pixels a side" in loaded.notes
    with pytest.raises(ConfigError, match="takes no tokens, found sentences"):
        build_huggingface(options, sentences(), seed=0)
    with pytest.raises(ConfigError, match="takes no images, found images of 3x32x32"):
        build_huggingface({**OPTIONS, "path": str(bert)}, images(), seed=0)


def test_a_model_that_is_nowhere_is_refused_in_a_line(transformers, monkeypatch, tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ConfigError, match=r"model\.path: expected a model of transformers, found .*give a folder") as e:
        build_huggingface({**OPTIONS, "path": str(tmp_path)}, sentences(), seed=0)
    assert "\n" not in str(e.value)


def test_without_transformers_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingExtraError, match=r"model=huggingface: .*geodl\[huggingface\]"):
        build_huggingface({**OPTIONS, "path": str(tmp_path)}, sentences(), seed=0)
