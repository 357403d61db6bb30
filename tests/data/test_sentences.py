"""Sentences that are always there, and those of a user's file."""

from __future__ import annotations

from collections import Counter

import pytest

from geodl.data.sentences import PER_TOPIC, TOPICS, draw_sentences, load_sentences
from geodl.errors import ConfigError, DataError


@pytest.fixture(scope="module")
def built_in():
    return load_sentences()


def test_the_built_in_sentences_are_different_sentences_of_balanced_topics(built_in):
    assert len(set(built_in.texts)) == built_in.n_samples == PER_TOPIC * (len(TOPICS) + 1)
    assert set(Counter(built_in.labels).values()) == {PER_TOPIC}
    for text in built_in.texts:
        assert 6 <= len(text.split()) <= 60
        assert text[0].isupper()
        assert text[-1] in ".!?"
        assert not set(text) & set("{}\\<>`")


def test_they_are_the_same_each_time(built_in):
    assert load_sentences().digest == built_in.digest


def test_a_draw_is_a_choice_in_order_that_depends_on_its_seed(built_in):
    drawn = draw_sentences(built_in, 50, seed=1)
    assert drawn.sample_ids == tuple(sorted(set(drawn.sample_ids)))
    assert drawn.texts == tuple(built_in.texts[k] for k in drawn.sample_ids)
    assert drawn.labels == tuple(built_in.labels[k] for k in drawn.sample_ids)
    assert draw_sentences(built_in, 50, seed=1).digest == drawn.digest != draw_sentences(built_in, 50, seed=2).digest
    assert draw_sentences(built_in, None) is built_in
    with pytest.raises(ConfigError, match=r"track\.n_samples: expected an integer in 2\.\.360 .*found 1000"):
        draw_sentences(built_in, 1000)


def test_a_file_gives_its_lines_once_each(tmp_path):
    file = tmp_path / "mine.txt"
    file.write_text("  Grüße aus Köln.\n\nA second line.\nA second line.\n", encoding="utf-8")
    sentences = load_sentences(file)
    assert sentences.texts == ("Grüße aus Köln.", "A second line.")
    assert sentences.labels is None


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"one line\n", "at least 2 different sentences"), (b"\xff\xfe\x00", "expected UTF-8 text")],
)
def test_a_file_that_holds_no_sentences_is_refused(tmp_path, content, expected):
    (tmp_path / "mine.txt").write_bytes(content)
    with pytest.raises(DataError, match=expected):
        load_sentences(tmp_path / "mine.txt")
    with pytest.raises(DataError, match="found no file"):
        load_sentences(tmp_path / "none.txt")
