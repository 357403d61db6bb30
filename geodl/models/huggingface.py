"""``model=huggingface``: models of transformers, from a folder or the hub, with the model's own tokenizer."""

from __future__ import annotations

import contextlib
import inspect
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from geodl.errors import ConfigError
from geodl.extras import require
from geodl.models.images import check_patches, fit_images
from geodl.models.loaded import Inputs, LoadedModel, with_seed
from geodl.models.samples import Samples


def build_huggingface(options: Mapping[str, Any], samples: Samples, *, seed: int, max_length: int = 128) -> LoadedModel:
    """Build a model of transformers in float32, trained or untrained, and make its inputs.

    With ``HF_HUB_OFFLINE=1``, and of a folder always, nothing is fetched. Code that a model on the hub brings along is
    never run. Of an encoder-decoder the encoder is taken.

    Args:
        options: The ``model`` group: path, untrained, image_size, channels.
        samples: Sentences, which the model's own tokenizer cuts into tokens, or images.
        seed: Seed of drawn weights.
        max_length: Tokens a sentence at most.

    Returns:
        The model and its inputs by argument name.
    """
    transformers = require("transformers", extra="huggingface", for_what="model=huggingface")
    path = options["path"]
    with _quiet(transformers), _loading(path):
        config = transformers.AutoConfig.from_pretrained(path)
        notes: list[str] = []
        images: Tensor | None = None
        if samples.sentences is None:
            images, notes = fit_images(samples, options)
            if options["untrained"] and images.ndim == 4 and hasattr(config, "image_size"):
                config.image_size = int(images.shape[-1])
                check_patches(config.image_size, getattr(config, "patch_size", None), samples, path)
                notes.append(f"the model is built for images of {images.shape[-1]} pixels a side")
        model, missing = _model(transformers, path, config, options["untrained"], seed)
        if getattr(config, "is_encoder_decoder", False):
            encoder: nn.Module = model.get_encoder()  # type: ignore[operator]  # a method of every such model
            model = encoder
            notes.append("the model is an encoder-decoder: its encoder alone is recorded")
        if missing:
            notes.append(
                f"{len(missing)} tensors are not among the weights and were drawn with seed {seed}: "
                f"{', '.join(missing[:4])}{', ...' if len(missing) > 4 else ''}"
            )
        inputs: Inputs
        if images is not None:
            inputs = _image_inputs(model, images, samples, path)
        else:
            inputs, done = _tokens(transformers, path, model, config, samples, max_length)
            notes += done
    said = f"untrained (weights drawn with seed {seed})" if options["untrained"] else "its weights"
    return LoadedModel(model, inputs, f"Hugging Face {type(model).__name__} of {path}, {said}", (*notes,))


def _model(transformers: Any, path: str, config: Any, untrained: bool, seed: int) -> tuple[nn.Module, list[str]]:
    import torch

    if untrained:
        return with_seed(lambda: transformers.AutoModel.from_config(config), seed), []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model, info = transformers.AutoModel.from_pretrained(
            path, config=config, dtype=torch.float32, output_loading_info=True
        )
    return model, sorted(info["missing_keys"])


def _image_inputs(model: nn.Module, images: Tensor, samples: Samples, path: str) -> Inputs:
    if "pixel_values" not in inspect.signature(model.forward).parameters:
        raise ConfigError(
            f"data: expected sentences for {type(model).__name__} of {path}, which takes no images, found {samples}; "
            "use data=sentences"
        )
    return {"pixel_values": images}


def _tokens(
    transformers: Any, path: str, model: nn.Module, config: Any, samples: Samples, max_length: int
) -> tuple[Inputs, list[str]]:
    taken = inspect.signature(model.forward).parameters
    if "input_ids" not in taken:
        raise ConfigError(
            f"data: expected images for {type(model).__name__} of {path}, which takes no tokens, found {samples}; "
            "choose a data set of images"
        )
    assert samples.sentences is not None
    tokenizer = transformers.AutoTokenizer.from_pretrained(path)
    notes = []
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
        notes.append(f"the tokenizer has no padding: {tokenizer.pad_token!r} pads, and the attention mask hides it")
    tokenizer.padding_side = "right"
    longest = min(max_length, getattr(config, "max_position_embeddings", None) or max_length)
    texts = list(samples.sentences.texts)
    cut = sum(len(ids) > longest for ids in tokenizer(texts)["input_ids"])
    encoded = tokenizer(texts, padding="longest", truncation=True, max_length=longest, return_tensors="pt")
    notes.append(
        f"{len(texts)} sentences of {int(encoded['attention_mask'].sum())} tokens, {encoded['input_ids'].shape[1]} at "
        "most, padded on the right and masked"
    )
    if cut:
        notes.append(f"{cut} sentences are cut after {longest} tokens (data.max_length)")
    return {name: values for name, values in encoded.items() if name in taken}, notes


@contextlib.contextmanager
def _loading(path: str) -> Iterator[None]:
    try:
        yield
    except ConfigError:
        raise
    except (OSError, ValueError, KeyError, ImportError) as error:
        offline = os.environ.get("HF_HUB_OFFLINE", "0") not in ("", "0")
        raise ConfigError(
            f"model.path: expected a model of transformers, found {path} ({str(error).splitlines()[0][:300]}); "
            + (
                "HF_HUB_OFFLINE is set, so give a folder or a model that was fetched before"
                if offline and not Path(path).exists()
                else "give a folder with config.json, weights and tokenizer, or a name on the hub"
            )
        ) from error


@contextlib.contextmanager
def _quiet(transformers: Any) -> Iterator[None]:
    # Progress bars and hints go to nobody; what matters is in the notes.
    logging = transformers.utils.logging
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
