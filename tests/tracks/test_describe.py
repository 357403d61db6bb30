"""The table says what recording does."""

from __future__ import annotations

import io

import pytest
import torch
from torch import nn

import geodl
from geodl.errors import TrackError
from geodl.tracks import describe, record_track
from tests.tracks.blocks_of_tests import Block, Tower, tower
from tests.tracks.test_foreign import TORCHVISION, images

X = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))


def test_the_table_is_printed_and_returned(capsys):
    description = describe(tower(), X)
    assert capsys.readouterr().out == f"{description}\n"
    assert str(description).splitlines() == [
        "Tower: 200 parameters, 4 read-outs, legs: 1",
        "read-out        type            shape  leg  fired",
        "blocks.0:input  input of Block  4      0    before call 3 of 12",
        "blocks.0        Block           4      0    at the end of call 3 of 12",
        "blocks.1        Block           4      0    at the end of call 6 of 12",
        "blocks.2        Block           4      0    at the end of call 9 of 12",
        "- read-outs found by following tensors: blocks.0 ... blocks.2 (3 x Block)",
        "- final norm: none",
    ]
    assert geodl.describe is describe


def test_it_can_be_printed_elsewhere(capsys):
    file = io.StringIO()
    description = describe(tower(), X, file=file)
    assert file.getvalue() == f"{description}\n"
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", ["mobilenet_v2", "convnext", "vit", "swin"])
def test_the_table_names_what_is_recorded(name):
    build, size, _ = TORCHVISION[name]
    torch.manual_seed(0)
    model = build()
    description = describe(model, images(size), file=io.StringIO())
    track = record_track(model, images(size), tokens="flatten")
    assert description.read_outs == track.names
    assert [row["leg"] for row in description.rows] == [leg.index for leg in track.legs() for _ in leg.names]
    for row, state in zip(description.rows, track.states, strict=True):
        assert row["shape"].startswith(" x ".join(map(str, state.shape[1:])))
    assert description.final_norm == track.metadata["final_norm"]
    assert str(sum(p.numel() for p in model.parameters())) in description.title.replace(",", "")
    again = record_track(model, images(size), list(description.read_outs), tokens="flatten")
    assert all(torch.equal(a, b) for a, b in zip(again.states, track.states, strict=True))


def test_a_final_norm_is_said_to_be_left_out_with_the_way_to_have_it():
    model = nn.Sequential(nn.Linear(3, 4), Block(), Block(), nn.LayerNorm(4), nn.Linear(4, 2))
    assert "- final norm: left out: 3 (LayerNorm); include_final_norm=True adds it" in str(
        describe(model, X, file=io.StringIO())
    )
    included = describe(model, X, include_final_norm=True, file=io.StringIO())
    assert included.read_outs[-1] == "3"
    assert included.final_norm == "included: 3 (LayerNorm)"


def test_one_sample_will_do_and_nan_is_no_hindrance():
    assert describe(tower(), X[:1], file=io.StringIO()).read_outs == describe(tower(), X, file=io.StringIO()).read_outs
    assert len(describe(tower(), X * torch.nan, file=io.StringIO()).rows) == 4


@pytest.mark.parametrize(
    ("inputs", "options", "message"),
    [
        (X[:, :2], {}, r"inputs: expected what Tower takes, found float32 \(1, 2\), .* RuntimeError"),
        (X, {"read_outs": ["block.0"]}, r"did you mean 'blocks\.0'"),
        (X, {"read_outs": "layers.*"}, r"read_outs: expected names of modules of Tower, found 'layers\.\*'"),
        (X, {"read_outs": []}, "read_outs: expected"),
        (X, {"read_outs": [3]}, "read_outs: expected"),
        (X, {"read_outs": lambda name, module: False}, "read_outs: expected a function .* true of some module"),
        (X, {"read_outs": ["stem", "stem"]}, "read_outs: expected different read-outs, found 'stem' twice"),
        (X, {"read_outs": ["stem", "blocks.0", "blocks.*"]}, r"found 'blocks\.0' twice"),
        (X, {"read_outs": ["stem[1]"]}, r"expected 'stem\[1\]' to be an item \[1\]"),
        (X, {"include_final_norm": True}, "include_final_norm: expected a norm that takes the last state"),
    ],
)
def test_what_cannot_be_recorded_cannot_be_described(inputs, options, message):
    for function in (describe, record_track):
        with pytest.raises(TrackError, match=message):
            function(tower(), inputs, **options)


def test_patterns_functions_and_lists_agree():
    model = tower()
    names = ("blocks.0", "blocks.1", "blocks.2")
    for read_outs in (
        "blocks.*",
        ["blocks.*"],
        list(names),
        ["blocks.0", "blocks.1", "blocks.2"],
        lambda name, module: isinstance(module, Block),
    ):
        assert describe(model, X, read_outs, file=io.StringIO()).read_outs == names
    inner = describe(model, X, "**.inner", file=io.StringIO()).read_outs
    assert inner == tuple(f"{name}.inner" for name in names)
    assert describe(model, X, ["stem", "blocks.*", "head"], file=io.StringIO()).read_outs == ("stem", *names, "head")


def test_blocks_off_the_path_are_named():
    class Interrupted(Tower):
        def forward(self, x):
            state = self.blocks[1](self.blocks[0](self.stem(x)))
            return self.head(self.blocks[2](2.0 * state))

    description = describe(Interrupted(), torch.randn(4, 3), file=io.StringIO())
    assert description.read_outs == ("blocks.0:input", "blocks.0", "blocks.1")
    assert "of the same class, not read: blocks.2" in description.notes
