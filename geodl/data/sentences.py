"""``sentences``: English sentences for language models, from a user's file or from text that scikit-learn carries."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from geodl.data.options import check_integer
from geodl.data.streams import numpy_stream
from geodl.errors import DataError

TOPICS = (
    "cluster",
    "decomposition",
    "ensemble",
    "feature_selection",
    "linear_model",
    "metrics",
    "model_selection",
    "preprocessing",
)
"""Packages of scikit-learn whose documentation gives sentences, beside the descriptions of its data sets."""
PER_TOPIC = 40

_SECTION = re.compile(r"\n(?:Parameters|Attributes|Returns|Yields|References|See Also|Examples|Methods)\n-+")
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|et al|cf|vs|Dr|Inc|No|pp|ed|eds|Vol|[A-Z])\.$")
_MARKUP = (
    (re.compile(r":[a-z:]+:`~?(?:[^`<]*\.)?([^`<.]+?)(?:\s*<[^`]*>)?`"), r"\1"),  # :func:`~sklearn.cluster.KMeans`
    (re.compile(r"`([^`<]+?)\s*<[^`]*>`_{0,2}"), r"\1"),  # `words <address>`__
    (re.compile(r"`{1,2}([^`]+)`{1,2}_{0,2}"), r"\1"),
    (re.compile(r"\*{1,2}([^*]+)\*{1,2}"), r"\1"),
    (re.compile(r"\s*\[\d+\]_?"), ""),
)


@dataclass(frozen=True)
class Sentences:
    """Sentences in a fixed order.

    Attributes:
        texts: n sentences.
        labels: n integers, which text a sentence comes from; None where that is unknown.
        sample_ids: n integers, ascending: positions in the whole list.
        sources: Names of the texts by label.
    """

    texts: tuple[str, ...]
    labels: tuple[int, ...] | None
    sample_ids: tuple[int, ...]
    sources: tuple[str, ...] = ()

    @property
    def n_samples(self) -> int:
        """The number of sentences, n."""
        return len(self.texts)

    @property
    def digest(self) -> str:
        """SHA-256 of the sentences in their order, 64 hex digits."""
        return hashlib.sha256("\n".join(self.texts).encode()).hexdigest()


def load_sentences(path: str | Path | None = None) -> Sentences:
    """Load sentences.

    Without a path these are 360 prose sentences of 6 to 60 words out of scikit-learn's documentation: 40 from the
    descriptions of its data sets (flowers, wines, faces, news), and 40 from each of eight of its packages, the label
    being where a sentence comes from. They are the same for the same release of scikit-learn. With a path they are the
    lines of a UTF-8 text file that are not blank, in their order, without labels.

    Args:
        path: Text file with one sentence a line; None for the sentences that scikit-learn carries.

    Returns:
        All sentences, each different.

    Raises:
        DataError: The file is missing, is no UTF-8 text, or holds fewer than two different sentences.

    >>> sentences = load_sentences()
    >>> sentences.n_samples, sentences.sources[:3]
    (360, ('datasets', 'cluster', 'decomposition'))
    """
    if path is None:
        return _from_scikit_learn()
    file = Path(path).expanduser()
    if not file.is_file():
        raise DataError(f"data.path: expected a text file with one sentence a line, found no file {file}")
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise DataError(
            f"data.path: expected UTF-8 text, found {file}, which is none ({error.reason} at byte {error.start}); "
            "convert it to UTF-8"
        ) from error
    texts = tuple(dict.fromkeys(line.strip() for line in lines if line.strip()))
    if len(texts) < 2:
        raise DataError(
            f"data.path: expected at least 2 different sentences, one a line, found {len(texts)} in {file}; add some"
        )
    return Sentences(texts, None, tuple(range(len(texts))))


def draw_sentences(sentences: Sentences, n_samples: int | None, *, seed: int = 0) -> Sentences:
    """Draw n sentences at random and keep their order.

    Args:
        sentences: All of them, N.
        n_samples: n, 2..N; None for all.
        seed: Seed of the draw.

    Returns:
        The chosen ones.

    >>> drawn = draw_sentences(Sentences(("a", "b", "c"), None, (0, 1, 2)), 2)
    >>> len(drawn.texts), drawn.sample_ids == tuple(sorted(drawn.sample_ids))
    (2, True)
    """
    if n_samples is None:
        return sentences
    size = check_integer("track.n_samples", n_samples, low=2, high=sentences.n_samples, why="the sentences there are")
    order = numpy_stream("probe/sentences", check_integer("track.seed", seed, low=0)).permutation(sentences.n_samples)
    chosen = sorted(int(k) for k in order[:size])
    labels = None if sentences.labels is None else tuple(sentences.labels[k] for k in chosen)
    return Sentences(
        tuple(sentences.texts[k] for k in chosen),
        labels,
        tuple(sentences.sample_ids[k] for k in chosen),
        sentences.sources,
    )


def _from_scikit_learn() -> Sentences:
    package = resources.files("sklearn")
    descriptions = [_read(file) for file in _files(package.joinpath("datasets").joinpath("descr"), ".rst")]
    texts: dict[str, int] = {}
    for label, topic in enumerate(("datasets", *TOPICS)):
        documents = descriptions if topic == "datasets" else _documentation(package.joinpath(topic))
        found = list(dict.fromkeys(s for document in documents for s in _prose(document) if s not in texts))
        spread = [found[round(k * (len(found) - 1) / (PER_TOPIC - 1))] for k in range(PER_TOPIC)]
        texts |= dict.fromkeys(spread, label)
    return Sentences(tuple(texts), tuple(texts.values()), tuple(range(len(texts))), ("datasets", *TOPICS))


def _files(folder: Traversable, suffix: str) -> Sequence[Traversable]:
    return sorted((file for file in folder.iterdir() if file.name.endswith(suffix)), key=lambda file: file.name)


def _read(file: Traversable) -> str:
    return file.read_text(encoding="utf-8")


# What the modules of a package and their public classes and functions say before they list their parameters; the
# source is parsed and not run.
def _documentation(package: Traversable) -> Iterator[str]:
    for file in _files(package, ".py"):
        module = ast.parse(_read(file))
        public = [
            node
            for node in module.body
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_")
        ]
        for node in (module, *public):
            yield _SECTION.split(ast.get_docstring(node) or "", maxsplit=1)[0]


# Paragraphs of running text: no lists, tables, fields, directives, code, references.
def _prose(text: str) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", text.partition("dropdown:: References")[0]):
        lines = [line.strip() for line in paragraph.strip().splitlines()]
        if not lines or any(re.match(r"[:|\-=*>.\[#+]|\d+\.\s", line) for line in lines):
            continue
        joined = " ".join(lines)
        for pattern, kept in _MARKUP:
            joined = pattern.sub(kept, joined)
        yield from _split(joined)


def _split(paragraph: str) -> Iterator[str]:
    start = ""
    for piece in re.split(r"(?<=[.!?])\s+(?=[A-Z\"(])", paragraph):
        sentence = f"{start} {piece}".strip()
        if _ABBREVIATION.search(sentence):
            start = sentence
            continue
        start = ""
        if (
            6 <= len(sentence.split()) <= 60
            and sentence[0].isupper()
            and sentence[-1] in ".!?"
            and not re.search(r"[{}\\_<>]|https?:", sentence)
        ):
            yield sentence
