"""``model=python``."""

from __future__ import annotations

import pytest
import torch

from geodl.errors import ConfigError
from geodl.models.python import build_python
from tests.models.small import images

OPTIONS = {"args": {}, "weights": None, "image_size": None, "channels": "keep"}


def options(target, **change):
    return {**OPTIONS, "target": target, **change}


def test_the_function_is_called_with_its_arguments():
    loaded = build_python(options("tests.models.small.build", args={"depth": 5}), images(1, 8), seed=0)
    assert len(loaded.model.blocks) == 5
    assert loaded.model(loaded.inputs).shape == (4, 10)


def test_a_module_beside_the_command_is_found(tmp_path, monkeypatch):
    (tmp_path / "beside_the_command.py").write_text("from torch import nn\nclass My:\n  make = nn.Identity\n")
    monkeypatch.chdir(tmp_path)
    assert build_python(options("beside_the_command.My.make"), images(), seed=0).n_parameters == 0


def test_weights_are_loaded(tmp_path):
    from tests.models.small import build

    torch.save(build().state_dict(), tmp_path / "w.pt")
    loaded = build_python(options("tests.models.small.build", weights=str(tmp_path / "w.pt")), images(1, 8), seed=0)
    assert loaded.origin == "Residual of tests.models.small.build, weights of w.pt"


@pytest.mark.parametrize(
    ("target", "change", "expected"),
    [
        ("build", {}, "expected a dotted name"),
        ("no_such_package_at_all.build", {}, "expected a module no_such_package_at_all"),
        ("tests.models.small.biuld", {}, "did you mean 'build'"),
        ("tests.models.small.NUMBER", {}, "expected a function"),
        ("tests.models.small.not_a_model", {}, r"expected .* to return a torch\.nn\.Module, found str"),
        ("tests.models.small.broken", {}, "found RuntimeError: no luck"),
        ("tests.models.small.build", {"args": {"dpeth": 3}}, r"build\(dpeth=3\).*found TypeError"),
    ],
)
def test_what_cannot_be_built_is_refused(target, change, expected):
    with pytest.raises(ConfigError, match=expected):
        build_python(options(target, **change), images(1, 8), seed=0)


def test_a_module_that_lacks_a_package_is_told_from_one_that_is_missing(tmp_path, monkeypatch):
    (tmp_path / "needs_something.py").write_text("import no_such_package_at_all\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="it needs no_such_package_at_all"):
        build_python(options("needs_something.build"), images(), seed=0)
