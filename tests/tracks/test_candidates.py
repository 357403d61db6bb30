"""Where the choice is refused, the candidates can be pasted and then work."""

from __future__ import annotations

import ast
import re

import pytest
import torch
from torch import Tensor, nn

from geodl.tracks import record_track
from tests.tracks.blocks_of_tests import tower
from tests.tracks.test_detect import refusal

X = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
IDS = torch.randint(1, 64, (3, 7), generator=torch.Generator().manual_seed(0))
SMALL = {"vocab_size": 64, "hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 64}


def pasteable(message: str) -> list[list[str]]:
    """The lists behind ``read_outs=`` in a message, as Python reads them."""
    return [ast.literal_eval(text) for text in re.findall(r"read_outs=(\[.*\])", message)]


def test_two_towers_are_refused_with_candidates_that_work():
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.left, self.right = tower(), tower(depth=2)

        def forward(self, x: Tensor) -> Tensor:
            return self.left(x) * self.right(x + 1.0)

    model = Two()
    message = refusal(model, X)
    assert (
        "found 2 candidates (right.blocks.0 does not depend on left.blocks.0 ... left.blocks.2 (3 x Block))" in message
    )
    left, right = pasteable(message)
    assert all(
        torch.equal(a, b) for a, b in zip(record_track(model, X, left).states, model.left.own_states(X), strict=True)
    )
    assert all(
        torch.equal(a, b)
        for a, b in zip(record_track(model, X, right).states, model.right.own_states(X + 1.0), strict=True)
    )


def transformers_model(name: str) -> tuple[nn.Module, dict[str, Tensor]]:
    transformers = pytest.importorskip("transformers")
    transformers.logging.set_verbosity_error()
    torch.manual_seed(0)
    if name == "T5Model":
        sizes = {"vocab_size": 64, "d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 3, "num_heads": 4}
        model = transformers.T5Model(transformers.T5Config(**sizes))
        return model, {"input_ids": IDS, "decoder_input_ids": IDS[:, :5]}
    vision = {k: v for k, v in SMALL.items() if k != "vocab_size"} | {"image_size": 16, "patch_size": 4}
    config = transformers.CLIPConfig(
        text_config=SMALL | {"bos_token_id": 0, "eos_token_id": 63}, vision_config=vision, projection_dim=16
    )
    return transformers.CLIPModel(config), {"input_ids": IDS, "pixel_values": torch.randn(3, 3, 16, 16)}


@pytest.mark.parametrize("name", ["T5Model", "CLIPModel"])
def test_the_towers_of_transformers_are_refused_with_candidates_that_work(name):
    model, inputs = transformers_model(name)
    candidates = pasteable(refusal(model, inputs))
    assert len(candidates) == 2
    with torch.no_grad():
        output = model.eval()(**inputs, output_hidden_states=True)
    if name == "T5Model":
        expected = {"encoder": output.encoder_hidden_states, "decoder": output.decoder_hidden_states}
    else:
        expected = {
            "text_model": output.text_model_output.hidden_states,
            "vision_model": output.vision_model_output.hidden_states,
        }
    for candidate in candidates:
        track = record_track(model, inputs, candidate, tokens="flatten")
        own = expected.pop(candidate[0].split(".")[0])
        assert len(track.states) == 4
        assert all(torch.equal(a, b) for a, b in zip(track.states[:3], own[:3], strict=True))
    assert not expected


def test_two_passes_in_one_forward_pass_are_refused_with_candidates_that_work():
    model = tower()
    twice = {"forward": lambda model, x: (model(x), model(x + 1.0))}
    candidates = pasteable(refusal(model, X, **twice))
    assert len(candidates) == 2
    for candidate, shift in zip(candidates, (0.0, 1.0), strict=True):
        track = record_track(model, X, candidate, **twice)
        assert all(torch.equal(a, b) for a, b in zip(track.states, model.own_states(X + shift), strict=True))


def test_a_network_like_vgg_is_refused_with_candidates_that_work():
    from torchvision.models.vgg import VGG, make_layers

    torch.manual_seed(0)
    model = VGG(make_layers([8, 8, "M", 16, 16, "M"]), num_classes=5, init_weights=False)
    model.avgpool = nn.AdaptiveAvgPool2d(1)
    model.classifier = nn.Sequential(
        nn.Linear(16, 32), nn.ReLU(True), nn.Dropout(), nn.Linear(32, 32), nn.ReLU(True), nn.Dropout(), nn.Linear(32, 5)
    )
    x = torch.randn(2, 3, 16, 16)
    message = refusal(model.eval(), x)
    assert "they are of different classes, and none holds nearly all of the weights" in message
    convolutions, linear = pasteable(message)
    track = record_track(model, x, convolutions)
    with torch.no_grad():
        for name, state in zip(track.names, track.states, strict=True):
            index = int(name.split(":")[0].split(".")[1]) + (not name.endswith(":input"))
            assert torch.equal(state, model.features[:index](x))
        features = model.features(x).flatten(2).mean(dim=2)
    hidden = record_track(model, x, linear)
    torch.testing.assert_close(hidden.states[0], features)
    assert len({tuple(state.shape) for state in hidden.states[1:]}) == 1
