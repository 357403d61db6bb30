"""The documentation: it builds, its code runs, its commands are understood, and nothing public is left out."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import subprocess
import sys

import pytest

import geodl
from geodl.config import SCORE, TRAIN, check_command_line, register
from tests.conftest import ROOT
from tests.docs.pages import PAGES, blocks_of, filled, run_page

BLOCKS = [block for page in PAGES for block in blocks_of(page)]
COMMANDS = [
    (block, command)
    for block in BLOCKS
    if block.language == "bash" and "not run" not in block.said
    for command in block.commands()
    if command[0] in ("train", "score")
]
NAMES = {page: str(page.relative_to(ROOT)) for page in PAGES}


def pages_with(language):
    return sorted({block.page for block in BLOCKS if block.language == language and "not run" not in block.said})


@pytest.mark.parametrize("page", pages_with("python"), ids=NAMES.get)
def test_the_python_of_a_page_runs(page, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert run_page(page, tmp_path, commands=False)


@pytest.mark.parametrize(("block", "command"), COMMANDS, ids=[f"{b.place}-{c[0]}" for b, c in COMMANDS])
def test_a_command_is_understood(block, command):
    """Each group, choice and key exists, also in what the hidden comment adds."""
    if block.missing:
        pytest.skip(f"without {', '.join(block.missing)}; it is in the lock file")
    script, *arguments = command
    words = [*arguments, *block.said.get("with", "").split()]
    overrides = [filled(word) for word in words if not word.startswith("-") and "<run>" not in word]
    register()
    if "--config-dir" not in arguments:
        check_command_line(overrides, {"train": TRAIN, "score": SCORE}[script])


@pytest.mark.slow
@pytest.mark.parametrize("page", [p for p in pages_with("bash") if p.name != "README.md"], ids=NAMES.get)
def test_the_commands_of_a_page_run(page, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert run_page(page, tmp_path, commands=True)


def test_few_blocks_are_not_run_and_each_has_a_reason():
    left_out = {block.place: block.said["not run"] for block in BLOCKS if "not run" in block.said}
    assert len(left_out) <= 4, left_out
    assert all(len(reason) > 15 for reason in left_out.values()), left_out


def test_every_block_is_of_a_known_language():
    assert {block.language for block in BLOCKS} <= {"python", "bash", "text", "yaml", ""}
    unlabelled = [block.place for block in BLOCKS if not block.language and block.page.name != "README.md"]
    assert unlabelled == []


def test_expected_output_follows_the_block_that_prints_it():
    for page in PAGES:
        blocks = blocks_of(page)
        for before, block in zip([None, *blocks], blocks, strict=False):
            if "prints" in block.said:
                assert before is not None, block.place
                assert (before.language, block.language) == ("python", "text"), block.place


PACKAGES = ("tracks", "scores", "transport", "callbacks", "metrics", "networks", "data", "figures", "calibration")


def test_every_public_name_is_in_the_reference():
    text = "\n".join(path.read_text() for path in (ROOT / "docs/reference").glob("*.md"))
    headings = re.findall(r"^      heading: (\S+)$", text, re.MULTILINE)
    assert len(set(headings)) == len(headings)
    wanted = {name: [f"geodl.{name}"] for name in geodl.__all__ if name != "__version__"}
    for package in PACKAGES:
        for name in importlib.import_module(f"geodl.{package}").__all__:
            wanted.setdefault(name, [f"geodl.{package}.{name}"]).append(f"geodl.{package}.{name}")
    errors = importlib.import_module("geodl.errors")
    wanted |= {name: [f"geodl.errors.{name}"] for name, value in vars(errors).items() if isinstance(value, type)}
    assert [name for name, ways in wanted.items() if not set(ways) & set(headings)] == []


def test_every_heading_of_the_reference_is_the_object_below_it():
    for path in (ROOT / "docs/reference").glob("*.md"):
        entries = re.findall(
            r"^::: (\S+)\n(?:      ?.*\n| {4}options:\n)*?      heading: (\S+)$", path.read_text(), re.MULTILINE
        )
        for real, shown in entries:
            objects = [
                getattr(importlib.import_module(name.rpartition(".")[0]), name.rpartition(".")[2])
                for name in (real, shown)
            ]
            assert objects[0] is objects[1], (path, real, shown)


def load(file):
    spec = importlib.util.spec_from_file_location(file.stem, file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_group_and_choice_is_in_the_configuration_reference():
    written = load(ROOT / "docs/hooks.py").configuration_groups()
    assert re.search(r"^  background: false +# \w", written, re.MULTILINE)  # a key of the command itself
    for file in (ROOT / "conf").glob("*/*.yaml"):
        row = re.search(
            rf"^## {file.parent.name}$.*?^\| `{file.stem}` \| (.*) \| (.*) \| (.*) \|$",
            written,
            re.MULTILINE | re.DOTALL,
        )
        assert row is not None, file
        assert all(len(cell) > 3 for cell in row.groups()), file


def test_docstrings_keep_their_formulas_and_examples():
    readable = load(ROOT / "docs/docstrings.py").readable
    before = (
        "r = Σ_i M_{iπ*(i)} / ‖x‖²",
        "With π* as above.",
        "Returns:\n    In [0, 1]: a number.",
        "Example:\n    >>> 1",
    )
    after = (
        "    " + before[0],
        "With π\\* as above.",
        "Returns:\n    float: In [0, 1]: a number.",
        "Examples:\n    >>> 1",
    )
    assert readable("\n\n".join(("Title.", *before)), "float") == "\n\n".join(("Title.", *after))


def test_links_between_pages_lead_somewhere():
    for page in PAGES:
        text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
            assert target.startswith("http") or (page.parent / target).exists(), (NAMES[page], target)


def test_every_page_is_in_the_navigation():
    navigation = (ROOT / "mkdocs.yml").read_text()
    assert [NAMES[page] for page in PAGES[1:] if str(page.relative_to(ROOT / "docs")) not in navigation] == []


def test_pictures_are_small():
    assert {
        path.name: path.stat().st_size for path in (ROOT / "docs/images").iterdir() if path.stat().st_size > 2e5
    } == {}


@pytest.mark.slow
def test_the_pages_build_without_a_warning_and_ask_nobody(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for file in (tmp_path / "site").rglob("*.html"):
        fetched = re.findall(r"<(?:script|link|img)[^>]*(?:src|href)=\"?(https?:[^\" >]*)", file.read_text())
        assert [address for address in fetched if "canonical" not in address] == [], file
    built = (tmp_path / "site/reference/scores.html").read_text()
    assert 'id="geodl.scores.line_shape.line_shape_score"' in built
