"""Networks of torchvision and timm: stems for small images, channels, classes, and what is refused."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from geodl import record_track
from geodl.errors import ConfigError, MissingExtraError
from geodl.networks import build_configured, build_foreign, check_foreign_name, count_parameters, split_parameters
from geodl.networks.foreign import LIBRARIES

IMAGE = (1, 16, 16)
TIMM = ["test_vit", "test_resnet", "test_convnext", "test_efficientnet"]


@pytest.fixture(scope="module")
def resnet18():
    torch.manual_seed(0)
    return build_foreign("torchvision", "resnet18", IMAGE, 7)


def test_a_resnet_for_small_images_has_a_stem_that_keeps_them_and_nothing_else_changed(resnet18):
    assert (resnet18.conv1.kernel_size, resnet18.conv1.stride, resnet18.conv1.in_channels) == ((3, 3), (1, 1), 1)
    assert isinstance(resnet18.maxpool, nn.Identity)
    assert resnet18(torch.randn(4, *IMAGE)).shape == (4, 7)
    from torchvision.models import resnet18 as published

    expected = {k: v.shape for k, v in published(num_classes=7).state_dict().items() if k != "conv1.weight"}
    assert {k: v.shape for k, v in resnet18.state_dict().items() if k != "conv1.weight"} == expected


def test_its_track_has_a_leg_a_stage_and_the_states_of_a_loop_by_hand(resnet18):
    x = torch.randn(4, *IMAGE)
    track = record_track(resnet18, x, batch_size=4)
    assert [leg.n_steps for leg in track.legs()] == [2, 1, 1, 1]
    network = resnet18.eval()
    with torch.no_grad():
        state = network.relu(network.bn1(network.conv1(x)))
        states = [state]
        for stage in (network.layer1, network.layer2, network.layer3, network.layer4):
            for block in stage:
                state = block(state)
                states.append(state)
    network.train()
    assert all(torch.equal(a, b) for a, b in zip(track.states, states, strict=True))


def test_building_leaves_running_means_and_random_numbers_as_a_build_does():
    draws = []
    for name in ("mobilenet_v3_small", "mobilenet_v3_small"):  # it has dropout
        torch.manual_seed(3)
        network = build_foreign("torchvision", name, IMAGE, 7)
        draws.append((torch.rand(1), network.classifier[-1].weight))
        norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
        assert all(int(norm.num_batches_tracked) == 0 and not norm.running_mean.any() for norm in norms)
    assert torch.equal(draws[0][0], draws[1][0])
    assert torch.equal(draws[0][1], draws[1][1])


@pytest.mark.parametrize(
    "name", ["mobilenet_v2", "shufflenet_v2_x0_5", "mnasnet0_5", "regnet_y_400mf", "squeezenet1_1"]
)
def test_torchvisions_models_take_any_channels_and_classes(name):
    stem = "imagenet" if name.startswith("squeeze") else "cifar"
    network = build_foreign("torchvision", name, (2, 32, 32), 3, stem=stem)
    assert network(torch.randn(2, 2, 32, 32)).shape == (2, 3)


@pytest.mark.parametrize("name", TIMM)
@pytest.mark.parametrize("stem", ["cifar", "imagenet"])
def test_timms_models_take_any_channels_classes_and_their_tracks_are_found(name, stem):
    pytest.importorskip("timm")
    size = 64 if stem == "imagenet" else 16
    network = build_foreign("timm", name, (1, size, size), 3, stem=stem)
    x = torch.randn(3, 1, size, size)
    assert network(x).shape == (3, 3)
    blocks = {"test_resnet": "layer*.0", "test_efficientnet": "blocks.*.0"}  # one block a stage: nothing repeats
    track = record_track(network, x, blocks.get(name, "auto"), tokens="mean")
    if name not in blocks:
        assert max(leg.n_steps for leg in track.legs()) >= 1
    assert all(torch.isfinite(state).all() for state in track.states)


def test_a_stem_for_small_images_leaves_more_pixels_to_the_first_block():
    pytest.importorskip("timm")
    for name, factor in (("test_vit", 16), ("test_resnet", 16), ("test_convnext", 4), ("test_efficientnet", 4)):
        sizes = []
        for stem in ("imagenet", "cifar"):
            network = build_foreign("timm", name, (1, 64, 64), 3, stem=stem)
            first = {"test_vit": "blocks.0:input", "test_convnext": "stages.0.blocks.0:input"}.get(name)
            first = first or ("layer1.0:input" if name == "test_resnet" else "blocks.0.0:input")
            (state,) = record_track(network, torch.randn(2, 1, 64, 64), [first], tokens="flatten").states
            sizes.append(state.shape[1] - 1 if name == "test_vit" else state.shape[2] * state.shape[3])
        assert sizes[1] == factor * sizes[0], name


def test_a_vision_transformer_has_a_token_a_patch_of_the_size_asked_for():
    from torchvision.models import VisionTransformer

    from geodl.networks.torchvision_models import _vision_transformer

    network = VisionTransformer(32, 16, 2, 2, 8, 16, num_classes=3)
    _vision_transformer(network, 1, 16, 2)
    assert network(torch.randn(2, 1, 16, 16)).shape == (2, 3)
    assert network.encoder.pos_embedding.shape == (1, 8 * 8 + 1, 8)
    weights, _ = split_parameters(network)
    assert any(weight is network.encoder.layers[0].self_attention.in_proj_weight for weight in weights)
    pytest.importorskip("timm")
    network = build_foreign("timm", "test_vit", IMAGE, 3, patch_size=8)
    assert network.pos_embed.shape[1] == 4 + 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"name": "resnet81"},
            r"network\.name: expected one of the \d+ classifiers of torchvision, found 'resnet81'; did you",
        ),
        ({"name": "inception_v3"}, r"network\.name: expected a model that returns logits alone .* auxiliary"),
        ({"name": "googlenet"}, r"network\.name: expected a model that returns logits alone"),
        ({"library": "torchvison"}, r"network\.library: .* did you mean 'torchvision'"),
        ({"stem": "cfar"}, r"network\.stem: .* did you mean 'cifar'"),
        (
            {"name": "vgg11"},
            r"network\.stem: expected imagenet for torchvision/vgg11, .* defined for convnext_base, .*resnet18",
        ),
        (
            {"name": "alexnet", "stem": "imagenet"},
            r"network\.name: expected a model for images of 1 x 16 x 16, found torchvision/alexnet",
        ),
        (
            {"input_shape": (64,)},
            r"network: expected images .* for torchvision/resnet18, found samples of shape \(64,\)",
        ),
        ({"patch_size": 4}, r"network\.patch_size: expected null for torchvision/resnet18, which cuts no patches"),
        ({"patch_size": 4, "stem": "imagenet"}, r"network\.patch_size: expected null with network\.stem=imagenet"),
        ({"name": "vit_b_16", "patch_size": 5}, r"network\.patch_size: expected a divisor .* 16 x 16 .* found 5"),
        ({"library": "timm", "name": "test_vti"}, r"classifiers of timm, found 'test_vti'; did you mean 'test_vit'"),
        (
            {"library": "timm", "name": "test_vit.r160_in1k"},
            r"write 'test_vit': what follows the point names trained weights",
        ),
        ({"library": "timm", "name": "test_byobnet"}, r"network\.stem: expected imagenet for timm/test_byobnet"),
        ({"library": "timm", "name": "test_vit", "patch_size": 3}, r"network\.patch_size: expected a divisor"),
        ({"weights": "nowhere.pt"}, r"network\.weights: expected a file, found none at nowhere\.pt"),
    ],
)
def test_a_mistake_is_named_with_what_would_do(change, message):
    options = {"library": "torchvision", "name": "resnet18", "input_shape": IMAGE, "n_classes": 3} | change
    if options["library"] == "timm":
        pytest.importorskip("timm")
    with pytest.raises(ConfigError, match=message):
        build_foreign(**options)


def test_a_model_that_returns_more_than_logits_in_training_is_refused(monkeypatch):
    class Distilled(nn.Linear):
        def forward(self, x):
            y = super().forward(x.flatten(1))
            return (y, y) if self.training else y

    def build(*arguments, **options):
        return Distilled(256, 3)

    monkeypatch.setitem(LIBRARIES, "torchvision", (lambda: ["resnet18"], build))
    with pytest.raises(
        ConfigError, match=r"logits \(samples, 3\) alone in training, found torchvision/resnet18, .* tuple"
    ):
        build_foreign("torchvision", "resnet18", IMAGE, 3)


def test_a_missing_timm_is_named_with_its_extra(monkeypatch):
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "timm" else find(name, *rest))
    with pytest.raises(MissingExtraError, match=r"network=timm: expected the package timm.*geodl\[timm\]"):
        check_foreign_name("timm", "test_vit")


def test_the_network_group_of_a_configuration_is_all_that_is_needed(compose_config):
    foreign = compose_config("network=torchvision", "network.name=shufflenet_v2_x0_5", small=False)["network"]
    assert foreign["family"] == "torchvision/shufflenet_v2_x0_5"
    assert count_parameters(build_configured(foreign, (3, 32, 32), 10)) > 0
    vit = compose_config("network=vit", small=False)["network"]
    assert build_configured(vit, (1, 28, 28), 10).read_outs()[-1] == "blocks.5"
