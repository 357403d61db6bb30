"""Optional packages: imported when there, named with their extra when not."""

from __future__ import annotations

import sys

import pytest

from geodl.errors import GeodlError, MissingExtraError
from geodl.extras import require


def test_what_is_installed_is_imported():
    assert require("json.decoder", extra="huggingface", for_what="model=huggingface") is sys.modules["json.decoder"]


def test_what_is_missing_is_named_with_its_extra():
    expected = (
        r"^model=huggingface: expected the package no_such_package, found none; pip install 'geodl\[huggingface\]'$"
    )
    with pytest.raises(MissingExtraError, match=expected) as caught:
        require("no_such_package.inner", extra="huggingface", for_what="model=huggingface")
    assert isinstance(caught.value, GeodlError)
    assert isinstance(caught.value, ImportError)


def test_a_package_that_lacks_its_own_dependency_is_named_with_its_extra(tmp_path, monkeypatch):
    (tmp_path / "half_installed.py").write_text("import no_such_package\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MissingExtraError, match=r"found no no_such_package; pip install 'geodl\[timm\]'"):
        require("half_installed", extra="timm", for_what="model=timm")


def test_a_package_taken_out_of_the_way_counts_as_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'geodl\[timm\]'"):
        require("timm", extra="timm", for_what="model=timm")
