"""Docstrings as these pages show them: examples as code, formulas set apart."""

from __future__ import annotations

import re
from typing import Any

from griffe import Extension, Object

SECTION = re.compile(r"^(Args|Attributes|Returns|Raises|Yields|Example|Examples|Source|References):\s*$", re.MULTILINE)
EXAMPLE = re.compile(r"^Example:\s*$", re.MULTILINE)
RETURNS = re.compile(r"^Returns:\s*\n +", re.MULTILINE)
MATHEMATICS = re.compile(r"[Σ‖√Δ₂²½πμν≤≥]")


class ReadableDocstrings(Extension):
    """Prepares each docstring for Markdown."""

    def on_instance(self, *, obj: Object, **_: Any) -> None:
        """Rewrite the docstring of an object that was just read.

        Args:
            obj: The object.
            **_: What else griffe passes.
        """
        if obj.docstring is not None:
            returned = getattr(obj, "returns", None)
            obj.docstring.value = readable(obj.docstring.value, None if returned is None else str(returned))


def readable(text: str, returned: str | None = None) -> str:
    """Rewrite a docstring.

    ``Example:`` becomes the section that is shown as code, a paragraph that is a formula becomes a block of its own,
    and the star of an optimal plan is no emphasis. What is returned is told with its type, so that no colon in the text
    is taken for the end of one.

    Args:
        text: The docstring.
        returned: Type of what is returned, None if unknown.

    Returns:
        The same in words.
    """
    text = "\n\n".join(example(p) if p.startswith(">>>") else p for p in text.split("\n\n"))
    match = SECTION.search(text)
    prose, sections = (text[: match.start()], text[match.start() :]) if match else (text, "")
    paragraphs = [formula(p) if is_formula(p) else p for p in re.split(r"\n\n", prose)]
    sections = EXAMPLE.sub("Examples:", sections)
    if returned is not None:
        sections = RETURNS.sub(lambda match: f"{match[0]}{returned}: ", sections)
    starred = [p if p.startswith("    ") else p.replace("π*", "π\\*") for p in paragraphs]
    return "\n\n".join(starred) + sections


def example(paragraph: str) -> str:
    """Make a doctest that stands by itself a section.

    Args:
        paragraph: Lines of a doctest.

    Returns:
        The section.
    """
    return "Examples:\n" + "\n".join(f"    {line}" for line in paragraph.splitlines())


def is_formula(paragraph: str) -> bool:
    """Say whether a paragraph is a formula that stands by itself.

    Args:
        paragraph: Lines without a blank one.

    Returns:
        True for one or two lines of mathematics that are no sentence.
    """
    lines = paragraph.strip().splitlines()
    return (
        0 < len(lines) <= 2
        and not paragraph.rstrip().endswith((".", ":"))
        and len(MATHEMATICS.findall(paragraph)) > 1
        and not paragraph.startswith(("    ", ">>>"))
    )


def formula(paragraph: str) -> str:
    """Set a formula apart.

    Args:
        paragraph: The formula.

    Returns:
        A code block.
    """
    return "\n".join(f"    {line}" for line in paragraph.strip().splitlines())
