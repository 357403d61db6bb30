from __future__ import annotations

import pytest
import torch
from torch import nn

from geodl import record_track
from geodl.errors import ConfigError
from geodl.networks import ViT, split_parameters, weight_matrices
from geodl.networks.attention import SelfAttention

IMAGE = (3, 8, 12)


def small(**options) -> ViT:
    return ViT(IMAGE, 5, **{"depth": 2, "width": 8, "heads": 2, "patch_size": 4, **options})


def test_forward_is_the_head_of_the_last_state_and_states_are_tokens():
    network, x = small().eval(), torch.randn(4, *IMAGE)
    states = network.states(x)
    assert [tuple(state.shape) for state in states] == [(4, 1 + 2 * 3, 8)] * 3
    assert network.read_outs() == ["stem", "blocks.0", "blocks.1"]
    assert torch.equal(network(x), network.head(states[-1]))


@pytest.mark.parametrize("tokens", ["mean", "cls", "flatten"])
def test_the_recorded_track_is_the_states_bit_for_bit(tokens):
    network, x = small().eval(), torch.randn(6, *IMAGE)
    track = record_track(network, x, tokens=tokens, batch_size=6)
    reduce = {"mean": lambda s: s.mean(1), "cls": lambda s: s[:, 0], "flatten": lambda s: s}[tokens]
    assert track.names == ("stem", "blocks.0", "blocks.1")
    assert len(track.legs()) == 1
    with torch.no_grad():
        assert all(torch.equal(a, reduce(b)) for a, b in zip(track.states, network.states(x), strict=True))


def test_a_block_is_the_input_plus_attention_plus_mlp_and_nothing_after():
    block, x = small().blocks[0].eval(), torch.randn(4, 7, 8)
    y = x + block.attention(block.norm1(x))
    assert torch.equal(block(x), y + block.mlp(block.norm2(y)))
    for affine in (block.attention.out, block.mlp.affine2):
        nn.init.zeros_(affine.weight)
        nn.init.zeros_(affine.bias)
    assert torch.equal(block(x), x)


def test_attention_is_torchs_own_and_that_of_a_loop_over_heads_and_tokens():
    ours, x = SelfAttention(8, heads=2).double(), torch.randn(3, 5, 8).double()
    theirs = nn.MultiheadAttention(8, 2, batch_first=True).double()
    theirs.load_state_dict({
        "in_proj_weight": ours.qkv.weight,
        "in_proj_bias": ours.qkv.bias,
        "out_proj.weight": ours.out.weight,
        "out_proj.bias": ours.out.bias,
    })
    torch.testing.assert_close(ours(x), theirs(x, x, x)[0])
    queries, keys, values = ours.qkv(x).chunk(3, dim=-1)
    mixed = torch.zeros_like(x)
    for i in range(3):
        for head in (slice(0, 4), slice(4, 8)):
            for t in range(5):
                weights = torch.softmax(torch.stack([queries[i, t, head] @ k for k in keys[i, :, head]]) / 2.0, 0)
                mixed[i, t, head] = sum(w * v for w, v in zip(weights, values[i, :, head], strict=True))
    torch.testing.assert_close(ours(x), ours.out(mixed))


def test_patches_are_embedded_one_by_one_and_the_class_token_comes_first():
    stem, x = small().stem, torch.randn(2, *IMAGE)
    tokens = stem(x) - stem.positions
    assert torch.equal(tokens[:, 0], stem.class_token[0].expand(2, -1))
    patch = x[1, :, 4:8, 4:8].flatten()  # second row, second column: the fifth patch
    by_hand = stem.patches.weight.flatten(1) @ patch + stem.patches.bias
    torch.testing.assert_close(tokens[1, 5], by_hand, atol=1e-5, rtol=1e-5)


def test_matrices_decay_and_norms_biases_class_token_and_positions_do_not():
    network = small()
    weights, rest = split_parameters(network)
    assert len(weights) == 1 + 2 * 4 + 1  # patches; qkv, out and two of the MLP a block; head
    assert {id(network.stem.class_token), id(network.stem.positions)} <= {id(p) for p in rest}
    assert len(weights) + len(rest) == len(list(network.parameters()))


def test_queries_keys_and_values_of_torchs_attention_are_weights():
    named = [name for name, _ in weight_matrices(nn.MultiheadAttention(8, 2))]
    assert named == ["in_proj_weight", "out_proj.weight"]
    apart = [name for name, _ in weight_matrices(nn.MultiheadAttention(8, 2, kdim=4, vdim=4))]
    assert apart == ["q_proj_weight", "k_proj_weight", "v_proj_weight", "out_proj.weight"]


def test_dropout_acts_in_training_only_and_one_seed_gives_one_network():
    torch.manual_seed(0)
    first = small(dropout=0.5)
    torch.manual_seed(0)
    second = small(dropout=0.5)
    assert all(
        torch.equal(a, b) for a, b in zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    )
    x = torch.randn(4, *IMAGE)
    assert not torch.equal(first(x), first(x))
    assert torch.equal(first.eval()(x), second.eval()(x))


def test_every_parameter_learns_from_gradients():
    network = small()
    network(torch.randn(4, *IMAGE)).square().sum().backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in network.parameters())


def test_parameters_are_those_counted_by_hand():
    d, hidden, tokens = 8, 16, 7
    stem = (3 * 16 + 1) * d + d + tokens * d
    block = 2 * 2 * d + (d + 1) * 3 * d + (d + 1) * d + (d + 1) * hidden + (hidden + 1) * d
    assert small(mlp_ratio=2.0).n_parameters == stem + 2 * block + 2 * d + (d + 1) * 5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"input_shape": (64,)},
            r"network: expected images .*for vit, found samples of shape \(64,\); choose plain_mlp",
        ),
        ({"patch_size": 3}, r"network\.patch_size: expected a divisor .*8 x 12 .*found 3; choose one of 1, 2, 4"),
        ({"patch_size": 0}, r"network\.patch_size: expected a whole number >= 1, found 0"),
        ({"heads": 3}, r"network\.heads: expected a divisor of network\.width=8, found 3"),
        ({"heads": 0}, r"network\.heads: expected a whole number >= 1"),
        ({"depth": 0}, r"network\.depth: expected a whole number >= 1, found 0"),
        ({"width": 1.5}, r"network\.width: expected a whole number >= 1"),
        ({"dropout": 1.0}, r"network\.dropout: expected a share"),
        ({"mlp_ratio": float("nan")}, r"network\.mlp_ratio: expected a finite number > 0"),
        ({"n_classes": 1}, r"n_classes: expected a whole number >= 2"),
    ],
)
def test_a_wrong_option_is_refused_by_its_key(change, message):
    options = {"input_shape": IMAGE, "n_classes": 5, "depth": 1, "width": 8, "heads": 2, "patch_size": 4} | change
    with pytest.raises(ConfigError, match=message):
        ViT(**options)
