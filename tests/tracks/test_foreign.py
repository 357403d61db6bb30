"""Recorded states equal the model's own, bit for bit, on other people's architectures.

The references are the libraries' own interfaces (``hidden_states``, ``forward_intermediates``) or loops written by
hand over the model's blocks, in batches of the same size.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import pytorch_lightning as lightning
import torch
from torch import Tensor, nn

from geodl.tracks import Track, record_track

BATCH = 2


def images(size: int) -> Tensor:
    return torch.randn(3, 3, size, size, generator=torch.Generator().manual_seed(1))


def prepared(model: nn.Module) -> nn.Module:
    """Make running statistics and affine parameters of norms differ from their start, where they do nothing."""
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.running_mean.uniform_(-0.2, 0.2, generator=generator)
                module.running_var.uniform_(0.5, 1.5, generator=generator)
            if "norm" in type(module).__name__.lower() and isinstance(getattr(module, "weight", None), Tensor):
                module.weight.uniform_(0.5, 1.5, generator=generator)
    return model.eval()


def cut(inputs: Any) -> Iterator[Any]:
    n = 3
    for start in range(0, n, BATCH):
        rows = slice(start, start + BATCH)
        yield {k: v[rows] for k, v in inputs.items()} if isinstance(inputs, dict) else inputs[rows]


def own_states(model: nn.Module, inputs: Any, oracle: Callable[[nn.Module, Any], list[Tensor]]) -> list[Tensor]:
    """The model's own states, batch by batch; clones, since activations in place write over them."""
    with torch.no_grad():
        parts = [[state.clone() for state in oracle(model, batch)] for batch in cut(inputs)]
    return [torch.cat(states) for states in zip(*parts, strict=True)]


def recorded(model: nn.Module, inputs: Any, **options: Any) -> Track:
    return record_track(model, inputs, batch_size=BATCH, **({"tokens": "flatten"} | options))


def assert_same(track: Track, states: list[Tensor]) -> None:
    assert [tuple(state.shape) for state in track.states] == [tuple(state.shape) for state in states]
    different = [name for name, a, b in zip(track.names, track.states, states, strict=True) if not torch.equal(a, b)]
    assert different == []
    # no two states are the same, so that a shift by one would be seen
    pairs = itertools.combinations(states, 2)
    assert not any(a.shape == b.shape and torch.equal(a, b) for a, b in pairs)


def chained(state: Tensor, blocks: Any) -> list[Tensor]:
    states = [state.clone()]
    for block in blocks:
        states.append(block(states[-1].clone()))
    return states


# --- torchvision: loops by hand -------------------------------------------------------------------------------------


def resnet(model: Any, x: Tensor) -> list[Tensor]:
    x = model.maxpool(model.relu(model.bn1(model.conv1(x))))
    return chained(x, itertools.chain(model.layer1, model.layer2, model.layer3, model.layer4))


def mobilenet(model: Any, x: Tensor) -> list[Tensor]:
    return chained(model.features[0](x), list(model.features)[1:-1])


def vision_transformer(model: Any, x: Tensor) -> list[Tensor]:
    x = model.conv_proj(x).flatten(2).transpose(1, 2)
    x = torch.cat([model.class_token.expand(len(x), -1, -1), x], dim=1) + model.encoder.pos_embedding
    return chained(x, model.encoder.layers)


def staged(model: Any, x: Tensor) -> list[Tensor]:
    """ConvNeXt and Swin: a stem or downsampling layer, then a stage, and so on; a stage of one block is one too."""
    states: list[Tensor] = []
    layers = list(model.features)
    for before, stage in zip(layers[::2], layers[1::2], strict=True):
        states += chained(before(states[-1] if states else x), stage)
    return states


def small_convnext() -> nn.Module:
    from torchvision.models.convnext import CNBlockConfig, ConvNeXt

    return ConvNeXt([CNBlockConfig(8, 16, 2), CNBlockConfig(16, 24, 3), CNBlockConfig(24, None, 2)], num_classes=5)


def small_vit() -> nn.Module:
    from torchvision.models import VisionTransformer

    return VisionTransformer(16, 4, num_layers=3, num_heads=2, hidden_dim=16, mlp_dim=32, num_classes=5)


def small_swin() -> nn.Module:
    from torchvision.models import SwinTransformer

    return SwinTransformer([2, 2], embed_dim=8, depths=[2, 2, 2], num_heads=[2, 2, 2], window_size=[2, 2])


def by_name(name: str, **options: Any) -> Callable[[], nn.Module]:
    def build() -> nn.Module:
        from torchvision.models import get_model

        return get_model(name, weights=None, **options)

    return build


TORCHVISION = {
    "resnet18": (by_name("resnet18"), 32, resnet),
    "mobilenet_v2": (by_name("mobilenet_v2"), 32, mobilenet),
    "convnext": (small_convnext, 32, staged),
    "vit": (small_vit, 16, vision_transformer),
    "swin": (small_swin, 16, staged),
    "convnext_tiny": (by_name("convnext_tiny"), 32, staged),
    "vit_b_16": (by_name("vit_b_16", image_size=32), 32, vision_transformer),
    "swin_t": (by_name("swin_t"), 32, staged),
}
SLOW = ("convnext_tiny", "vit_b_16", "swin_t")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name for name in TORCHVISION]
)
def test_torchvision(name):
    build, size, oracle = TORCHVISION[name]
    torch.manual_seed(0)
    model, x = prepared(build()), images(size)
    assert_same(recorded(model, x), own_states(model, x, oracle))


def test_the_final_norm_of_torchvisions_vit_and_swin_is_left_out_unless_asked_for():
    for build, name, reference in (
        (small_vit, "encoder.ln", lambda model, x: [model.encoder.ln(vision_transformer(model, x)[-1])]),
        (small_swin, "norm", lambda model, x: [model.norm(staged(model, x)[-1])]),
    ):
        model, x = prepared(build()), images(16)
        without, included = recorded(model, x), recorded(model, x, include_final_norm=True)
        assert without.metadata["final_norm"] == f"left out: {name} (LayerNorm)"
        assert included.metadata["final_norm"] == f"included: {name} (LayerNorm)"
        assert included.names == (*without.names, name)
        assert torch.equal(included.states[-1], own_states(model, x, reference)[0])


# --- timm: forward_intermediates --------------------------------------------------------------------------------------


def test_timms_vit_block_by_block():
    timm = pytest.importorskip("timm")
    torch.manual_seed(0)
    model, x = prepared(timm.create_model("test_vit", img_size=32)), images(32)

    def oracle(model: Any, x: Tensor) -> list[Tensor]:
        found = model.forward_intermediates(x, return_prefix_tokens=True, output_fmt="NLC", intermediates_only=True)
        return [torch.cat([prefix, patches], dim=1) for patches, prefix in found]

    track = recorded(model, x)
    assert track.names == ("blocks.0:input", *(f"blocks.{k}" for k in range(len(model.blocks))))
    assert_same(Track(track.states[1:], track.names[1:]), own_states(model, x, oracle))
    assert track.metadata["final_norm"] == "left out: norm (LayerNorm)"
    # the first block's input is given by no interface of timm: the first block itself must make its output of it
    again = own_states(model, x, lambda model, x: chained(track.states[0][: len(x)], model.blocks[:1]))
    assert torch.equal(again[1][:BATCH], track.states[1][:BATCH])


@pytest.mark.parametrize("name", ["test_convnext", "test_resnet"])
def test_timms_stages(name):
    timm = pytest.importorskip("timm")
    torch.manual_seed(0)
    model, x = prepared(timm.create_model(name)), images(64)
    intermediates = own_states(model, x, lambda m, x: m.forward_intermediates(x, intermediates_only=True))
    if name == "test_resnet":  # one block a stage: nothing is repeated, and the stages have to be named
        track = recorded(model, x, read_outs=["act1", *(f"layer{k}" for k in range(1, 5))])
        assert_same(track, intermediates)
        return
    assert_same(recorded(model, x, read_outs="stages.*"), intermediates)
    track = recorded(model, x)
    last = [track.names.index(leg.names[-1]) for leg in track.legs()]  # the first stage is one block, and left out
    assert all(torch.equal(track.states[k], other) for k, other in zip(last, intermediates[1:], strict=True))


# --- modules of one's own ---------------------------------------------------------------------------------------------


class Block(nn.Module):
    def __init__(self, width: int = 6) -> None:
        super().__init__()
        self.norm, self.inner, self.outer = nn.LayerNorm(width), nn.Linear(width, 12), nn.Linear(12, width)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.outer(torch.relu_(self.inner(self.norm(x))))


class Foreign(lightning.LightningModule):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(12, 6))
        self.trunk = nn.ModuleList(Block() for _ in range(4))
        self.classifier = nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.encoder(x)
        for block in self.trunk:
            x = block(x)
        return self.classifier(x)

    def training_step(self, batch: tuple[Tensor, Tensor], _index: int) -> Tensor:
        return nn.functional.cross_entropy(self(batch[0]), batch[1])


def test_a_sequential():
    model = nn.Sequential(nn.Linear(5, 6), Block(), Block(), Block(), nn.LayerNorm(6), nn.Linear(6, 2)).eval()
    x = torch.randn(3, 5)
    track = recorded(model, x)
    assert track.names == ("1:input", "1", "2", "3")
    assert track.metadata["final_norm"] == "left out: 4 (LayerNorm)"
    assert_same(track, own_states(model, x, lambda m, x: chained(m[0](x), m[1:4])))


def test_a_sequential_of_single_layers_without_its_logits():
    model = nn.Sequential(
        nn.Linear(5, 6), nn.Tanh(), nn.Linear(6, 6), nn.Tanh(), nn.Linear(6, 6), nn.Tanh(), nn.Linear(6, 6)
    )
    x = torch.randn(3, 5)
    track = recorded(model, x)
    assert track.names == ("0:input", "1", "3", "5")  # the last layer makes logits, also where they have the shape
    oracle = lambda m, x: [x, m[:2](x), m[:4](x), m[:6](x)]  # noqa: E731 - one line says it
    assert_same(track, own_states(model, x, oracle))


@pytest.mark.parametrize("norm_first", [False, True])
def test_torchs_transformer_encoder(norm_first):
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first=norm_first)
    model = prepared(nn.TransformerEncoder(layer, 3, norm=nn.LayerNorm(8), enable_nested_tensor=False))
    for index, block in enumerate(model.layers):  # its layers are copies of one
        nn.init.normal_(block.linear1.weight, std=0.3, generator=torch.Generator().manual_seed(index))
    x = torch.randn(3, 5, 8)
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)  # fused kernels round otherwise, and are not used beside hooks
    try:
        reference = own_states(model, x, lambda m, x: chained(x, m.layers))
    finally:
        torch.backends.mha.set_fastpath_enabled(before)
    track = recorded(model, x)
    assert track.metadata["final_norm"] == "left out: norm (LayerNorm)"
    assert_same(track, reference)


@pytest.mark.parametrize("training", [True, False])
def test_a_foreign_lightning_module(training):
    torch.manual_seed(0)
    model, x = Foreign().train(training), torch.randn(3, 3, 2, 2)
    track = recorded(model, x)
    assert track.names == ("trunk.0:input", *(f"trunk.{k}" for k in range(4)))
    assert track.metadata["model"] == "Foreign"
    assert_same(track, own_states(model, x, lambda m, x: chained(m.encoder(x), m.trunk)))
    assert model.training is training
