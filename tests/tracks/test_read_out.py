from __future__ import annotations

import itertools

import pytest

from geodl.errors import TrackError
from geodl.tracks import ReadOut


def test_what_is_written_is_read_again():
    for module, port, item, firing in itertools.product(
        ("h", "h.0", "encoder.layer_3.out-put"), ("input", "output"), (None, "0", "1.2", "hidden_states"), (None, 1, 12)
    ):
        read_out = ReadOut(module, port, item, firing)
        assert ReadOut.parse(str(read_out)) == read_out


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":input",
        "[0]",
        "#1",
        "a#0",
        "a#-1",
        "a#*",
        "a#1[0]",
        "a[0]:input",
        "a[]",
        "a[0][1]",
        "a:output",
        "a:input:input",
    ],
)
def test_what_is_written_otherwise_is_refused(text):
    with pytest.raises(TrackError, match=r"read_outs: expected NAME, NAME:input, NAME\[ITEM\] or NAME#FIRING, found"):
        ReadOut.parse(text)


@pytest.mark.parametrize("value", [None, 3, ["a"]])
def test_what_is_no_text_is_refused(value):
    with pytest.raises(TrackError, match="read_outs: expected NAME"):
        ReadOut.parse(value)
