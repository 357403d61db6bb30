"""Writes the page of configuration groups from ``conf/``, whose files open with question, cost and expectation."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

CONF = Path(__file__).resolve().parents[1] / "conf"
MARKER = "<!-- configuration groups -->"
HEADER = re.compile(r"# (Question|Cost|Expect): (.*)")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put the groups in the place of the marker.

    Args:
        markdown: A page's source.
        **_: What else MkDocs passes.

    Returns:
        The page, with the groups where the marker stood.
    """
    return markdown.replace(MARKER, configuration_groups()) if MARKER in markdown else markdown


def configuration_groups() -> str:
    """Describe the commands' own keys, and every group and choice.

    Returns:
        Markdown: the keys of each command; then a heading and a table for each group, and the keys of each choice.
    """
    parts = ["## Keys of the commands themselves\n"]
    for file in sorted(CONF.glob("*.yaml"), reverse=True):
        keys = re.sub(r"^defaults:\n(  - .*\n)+\n?", "", body(file.read_text(encoding="utf-8")))
        parts.append(f"In `conf/{file.name}`, whatever the groups choose:\n\n```yaml\n{keys}\n```\n")
    for group in sorted(path for path in CONF.iterdir() if path.is_dir()):
        files = sorted(group.glob("*.yaml"))
        parts.append(f"## {group.name}\n")
        parts += ["| choice | question it answers | cost | what to expect |", "|---|---|---|---|"]
        contents = [file.read_text(encoding="utf-8") for file in files]
        for file, content in zip(files, contents, strict=True):
            said = opening(content)
            cells = [said.get(key, "").replace("|", "\\|") for key in ("Question", "Cost", "Expect")]
            parts.append(f"| `{file.stem}` | {' | '.join(cells)} |")
        for file, content in zip(files, contents, strict=True):
            keys = body(content)
            if keys:
                parts.append(f"\n### {group.name}={file.stem} {{ #{group.name}-{file.stem} }}\n\n```yaml\n{keys}\n```")
        parts.append("")
    return "\n".join(parts)


def opening(content: str) -> dict[str, str]:
    """Read what a configuration file says of itself.

    Args:
        content: The file's text.

    Returns:
        Text by "Question", "Cost" and "Expect".
    """
    said: dict[str, str] = {}
    key = ""
    for line in content.splitlines():
        if line.startswith("# @package"):
            continue
        if not line.startswith("#"):
            break
        match = HEADER.fullmatch(line)
        if match:
            key = match[1]
            said[key] = match[2]
        elif key:
            said[key] += " " + line.removeprefix("#").strip()
    return {key: escaped(text) for key, text in said.items()}


def escaped(text: str) -> str:
    """Keep what looks like markup as it is written.

    Args:
        text: Plain text.

    Returns:
        Markdown.
    """
    return re.sub(r"([<>*_\[\]])", r"\\\1", text)


def body(content: str) -> str:
    """Take the keys of a configuration file, without its opening and its schema.

    Args:
        content: The file's text.

    Returns:
        YAML; empty if the file only names others.
    """
    lines = content.splitlines()
    while lines and (lines[0].startswith("#") or not lines[0].strip()):
        lines.pop(0)
    text = "\n".join(lines)
    text = re.sub(r"^defaults:\n  - /schema/\S+\n  - _self_\n+", "", text)
    return text.strip()
