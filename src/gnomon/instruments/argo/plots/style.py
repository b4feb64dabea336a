"""How pictures look: paper, ink, colour maps, and the glyphs of the font."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from gnomon.formats.pictures import SOFT, Style
from gnomon.formats.pictures import new_figure as empty_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.colors import ListedColormap
    from matplotlib.figure import Figure

SEA, LAND, COAST = "#f4f8fb", "#e3ddd0", "#a89f8d"
TEMPERATURE_INK, SALINITY_INK = "#b5432e", "#1f6f9f"
WIDE = (12.0, 8.0)
"""Inches; at `DPI` 1200 x 800 pixels."""

_STYLE = Style(
    {
        "axes.titlesize": 11,
        "axes.titlepad": 8,
        "legend.frameon": False,
        "legend.fontsize": 9,
    }
)
styled, save = _STYLE.styled, _STYLE.save


@dataclass(frozen=True)
class Flags:
    """Quality flags that look alike; colours that the colour-blind tell apart (Okabe and Ito)."""

    label: str
    members: tuple[int, ...]
    colour: str
    marker: str


GROUPS = (
    Flags("good", (1, 2, 5, 8), "#0072b2", "o"),
    Flags("not checked", (0,), "#7d8791", "s"),
    Flags("probably bad", (3,), "#e69f00", "^"),
    Flags("bad", (4,), "#d55e00", "X"),
)
"""Reference table 2; 9 and blank mean that there is no value."""


def new_figure(size: tuple[float, float] = WIDE) -> Figure:
    """Return an empty figure, size in inches; call it within `styled`."""
    return empty_figure(*size)


def ramp(name: str, start: float = 0.0, stop: float = 0.9) -> ListedColormap:
    """Return part of a colour map: the palest colours cannot be told from paper."""
    import matplotlib as mpl  # noqa: PLC0415
    from matplotlib.colors import ListedColormap as Listed  # noqa: PLC0415

    return Listed(mpl.colormaps[name](np.linspace(start, stop, 256)), name=name)


def head(figure: Figure, title: str, *lines: str, left: float = 0.06) -> None:
    """Write a title at the top of a figure, and lines below it."""
    _, height = figure.get_size_inches()
    figure.text(
        left, 1 - 0.42 / height, printable(title), fontsize=17, weight="bold", va="center",
        parse_math=False,
    )  # fmt: skip
    for number, line in enumerate(line for line in lines if line):
        figure.text(
            left, 1 - (0.74 + 0.22 * number) / height, printable(line), fontsize=10, color=SOFT,
            va="center", parse_math=False,
        )  # fmt: skip


def beside(axes: Axes, words: str, pad: float = 8.0) -> None:
    """Write words at the right of the title of axes, which is `pad` points above them."""
    axes.annotate(
        words, (1, 1), (0, pad), xycoords="axes fraction", textcoords="offset points",
        ha="right", va="baseline", fontsize=9, color=SOFT,
    )  # fmt: skip


def dated(axis: Axis) -> None:
    """Label an axis in days since 1970 by its dates."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter  # noqa: PLC0415

    locator = AutoDateLocator(minticks=3, maxticks=8)  # type: ignore[no-untyped-call]
    axis.set_major_locator(locator)
    axis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where there is not one."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def printable(text: str) -> str:
    """Return text with a question mark for what the font has no glyph of."""
    known = _glyphs()
    return "".join(char if char == "\n" or ord(char) in known else "?" for char in text)


@cache
def _glyphs() -> frozenset[int]:
    from matplotlib.font_manager import findfont  # noqa: PLC0415
    from matplotlib.ft2font import FT2Font  # noqa: PLC0415

    return frozenset(FT2Font(findfont("DejaVu Sans")).get_charmap())
