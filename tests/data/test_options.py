"""Option checks let good values through and name key, expected, found and fix for the others."""

from __future__ import annotations

import numpy as np
import pytest

from geodl.data.options import check_choice, check_flag, check_integer, check_real
from geodl.errors import ConfigError


@pytest.mark.parametrize("value", [0, 11, True, 3.0, "3", None, np.float64(3)])
def test_integers_out_of_range_or_of_another_type_are_refused(value):
    with pytest.raises(ConfigError, match=r"data\.k: expected an integer in 1\.\.10 \(limits\), found .*; lower it"):
        check_integer("data.k", value, low=1, high=10, why="limits", fix="lower it")


def test_numpy_integers_become_python_integers():
    assert type(check_integer("data.k", np.int32(4), low=1)) is int


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan"), float("inf"), True, "0.5", None])
def test_reals_out_of_range_or_of_another_type_are_refused(value):
    with pytest.raises(ConfigError, match=r"data\.p: expected a finite number in \[0, 1\], found .*; set data\.p"):
        check_real("data.p", value, low=0.0, high=1.0)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_open_intervals_exclude_their_ends(value):
    assert check_real("data.p", value, low=0.0, high=1.0) == value
    with pytest.raises(ConfigError, match=r"in \(0, 1\)"):
        check_real("data.p", value, low=0.0, high=1.0, open_ends=True)


def test_infinity_is_not_finite_even_without_an_upper_end():
    with pytest.raises(ConfigError, match="expected a finite number >= 0"):
        check_real("data.noise", float("inf"), low=0.0)


@pytest.mark.parametrize("value", ["false", 0, None])
def test_flags_are_booleans_only(value):
    with pytest.raises(ConfigError, match=r"data\.augment: expected true or false"):
        check_flag("data.augment", value)


@pytest.mark.parametrize("value", ["Train", None, 1, ["train"]])
def test_choices_list_what_is_allowed(value):
    with pytest.raises(ConfigError, match=r"track\.split: expected one of train, test, found"):
        check_choice("track.split", value, ("train", "test"))
