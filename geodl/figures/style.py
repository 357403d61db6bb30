"""One look for every figure, readable in greyscale and by the colour-blind.

Families differ in colour, marker, fill and line style at once; classes differ in colour and end marker; weight decays
run along a ramp of falling lightness. Hues are those of Okabe & Ito (2008) for the families and, with a
few made darker or warmer, of Tol (2021, "muted") for the classes.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, cast

import matplotlib as mpl

LineStyle = Literal["-", "--", "-.", ":"]
INK = "#1a1a1a"
QUIET = "#6b6b6b"
HAIRLINE = "#d9d9d9"

_SETTINGS: dict[str, Any] = {
    "font.family": "DejaVu Sans",  # the one face that ships with matplotlib: the same picture on every machine
    "font.size": 8.5,
    "axes.titlesize": 9.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 8.5,
    "axes.labelcolor": INK,
    "axes.edgecolor": "#8a8a8a",
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "axes.axisbelow": True,
    "axes.formatter.use_mathtext": True,
    "grid.color": "#ececec",
    "grid.linewidth": 0.6,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 3.0,
    "ytick.major.size": 3.0,
    "legend.fontsize": 8.0,
    "legend.frameon": False,
    "lines.linewidth": 1.5,
    "lines.markersize": 4.5,
    "text.color": INK,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "savefig.facecolor": "white",
    "pdf.fonttype": 42,  # TrueType: text in the PDF stays text that a journal's checker accepts
}

_CLASS_COLOURS = (
    "#332288",
    "#CC6677",
    "#117733",
    "#D9B83C",
    "#5DB5E8",
    "#882255",
    "#44AA99",
    "#E0702A",
    "#AA4499",
    "#555555",
)
_CLASS_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p")


@dataclass(frozen=True)
class LineLook:
    """How one curve is drawn.

    Attributes:
        label: Name in the legend.
        colour: Line colour.
        marker: Marker at the values.
        linestyle: Line style.
        filled: Whether the marker is filled with the line's colour; white otherwise.
    """

    label: str
    colour: str
    marker: str
    linestyle: LineStyle
    filled: bool = True


_FAMILIES = {
    "resnet": LineLook("ResNet", "#0072B2", "o", "-", filled=True),
    "plain": LineLook("plain", "#D55E00", "s", "--", filled=False),
    "vit": LineLook("ViT", "#009E73", "^", "-.", filled=True),
}
# Of other families; dotted lines are those of untrained networks.
_OTHER_COLOURS = ("#CC79A7", "#8C6D00", "#5B4B9E", "#4A4A4A", "#1B7F8C")
_OTHER_MARKERS = ("D", "v", "P", "X", "<", ">", "p")
_OTHER_LINES: tuple[LineStyle, ...] = ("-", "--", "-.")
_told_apart: dict[str, LineLook] = {}


@contextmanager
def style_context() -> Iterator[None]:
    """Draw under geodl's settings and restore the caller's afterwards.

    Yields:
        Nothing; matplotlib's settings are geodl's inside the block.
    """
    with mpl.rc_context(_SETTINGS):  # type: ignore[arg-type]  # the stubs want literal keys
        yield


def family_look(family: str) -> LineLook:
    """Look of a network family, the same in every figure.

    Args:
        family: ``"plain"``, ``"resnet"``, ``"vit"`` or any other name, such as ``"timm/test_vit"``, which gets a look
            that depends on the name only.

    Returns:
        The look.

    >>> family_look("resnet").label, family_look("plain").filled
    ('ResNet', False)
    """
    if family in _FAMILIES:
        return _FAMILIES[family]
    return _told_apart.get(family) or _other_look(family, zlib.crc32(family.encode()))


@contextmanager
def told_apart(families: Iterable[str]) -> Iterator[None]:
    """Give the other families of one report looks that differ, by their order and not by their names alone.

    Args:
        families: All families of the report.

    Yields:
        Nothing; `family_look` follows the choice inside the block.

    >>> with told_apart(["timm/a", "timm/b"]):
    ...     family_look("timm/a").colour == family_look("timm/b").colour
    False
    """
    before = dict(_told_apart)
    others = sorted(set(families) - set(_FAMILIES))
    _told_apart.update({family: _other_look(family, index) for index, family in enumerate(others)})
    try:
        yield
    finally:
        _told_apart.clear()
        _told_apart.update(before)


def _other_look(family: str, index: int) -> LineLook:
    # Three cycles without a common divisor: no two looks alike among a hundred.
    colour, marker, linestyle = (
        choices[index % len(choices)] for choices in (_OTHER_COLOURS, _OTHER_MARKERS, _OTHER_LINES)
    )
    return LineLook(family, colour, marker, cast("LineStyle", linestyle))


def class_look(position: int) -> tuple[str, str]:
    """Colour and end marker of the class at a position among the drawn classes.

    Args:
        position: Position of the class, 0 for the first; looks repeat after ten.

    Returns:
        Colour and marker.

    >>> class_look(0) == class_look(10)
    True
    """
    return _CLASS_COLOURS[position % len(_CLASS_COLOURS)], _CLASS_MARKERS[position % len(_CLASS_MARKERS)]


def ramp_looks(labels: list[str]) -> list[LineLook]:
    """Looks for ordered values (weight decays): lightness falls from the first to the last.

    Args:
        labels: Legend labels in ascending order of the value.

    Returns:
        One look a label.

    >>> [look.label for look in ramp_looks(["0", "0.01"])]
    ['0', '0.01']
    """
    markers = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p")
    ramp = mpl.colormaps["plasma_r"]
    looks = []
    for index, label in enumerate(labels):
        share = index / max(1, len(labels) - 1)
        colour = mpl.colors.to_hex(ramp(0.18 + 0.74 * share))
        looks.append(LineLook(label, colour, markers[index % len(markers)], "-"))
    return looks
