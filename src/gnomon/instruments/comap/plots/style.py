"""How pictures of observations look: a colour for each band, and a head that says of what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from gnomon.formats.pictures import FAINT, INK, SOFT, Style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BANDS: Final = ("#0072b2", "#009e73", "#d55e00", "#7b52ab")
"""Of bands 0 to 3, from 26 to 34 GHz."""
RAW, CLEAN, BAD, MODEL = "#b9c4ce", "#0072b2", "#d1495b", INK

_STYLE = Style(
    {
        "axes.labelcolor": SOFT,
        "axes.labelsize": 9.5,
        "axes.titlesize": 9.5,
        "axes.titlepad": 4,
        "axes.formatter.useoffset": False,
        "lines.solid_joinstyle": "round",
        "xtick.labelsize": 8.5,
        "ytick.labelsize": 8.5,
        "image.interpolation": "nearest",
    }
)
styled, save = _STYLE.styled, _STYLE.save


def head(figure: Figure, title: str, line: str, *, left: float) -> None:
    """Write a title at the top of a figure, and a line below it."""
    height = figure.get_size_inches()[1]
    figure.text(
        left, 1 - 0.36 / height, title, fontsize=16, weight="bold", va="center", parse_math=False
    )
    figure.text(
        left, 1 - 0.68 / height, line, fontsize=10, color=SOFT, va="center", parse_math=False
    )


def key(figure: Figure, entries: Sequence[tuple[str, str]], *, right: float) -> None:
    """Write names, each in its colour, at the upper right of a figure."""
    from matplotlib.offsetbox import AnchoredOffsetbox, HPacker, TextArea  # noqa: PLC0415

    words = [
        TextArea(name, textprops={"color": colour, "fontsize": 10, "weight": "bold"})
        for name, colour in entries
    ]
    height = figure.get_size_inches()[1]
    box = AnchoredOffsetbox(
        loc="center right", child=HPacker(children=list(words), pad=0, sep=12, align="baseline"),
        pad=0, borderpad=0, frameon=False, bbox_to_anchor=(right, 1 - 0.68 / height),
        bbox_transform=figure.transFigure,
    )  # fmt: skip
    figure.add_artist(box)


def note(axes: Axes, words: str, *, colour: str = SOFT) -> None:
    """Write a few words at the right above a panel."""
    axes.set_title(words, loc="right", fontsize=8.5, weight="normal", color=colour)


def nothing(axes: Axes, words: str) -> None:
    """Say that there is nothing to draw."""
    axes.text(
        0.5, 0.5, words, transform=axes.transAxes, ha="center", va="center", color=FAINT,
        fontsize=10, parse_math=False,
    )  # fmt: skip


def limits(
    values: NDArray[np.float64], low: float = 1.0, high: float = 99.0, room: float = 0.35
) -> tuple[float, float] | None:
    """Return limits that outliers do not stretch: percentiles with room at both ends."""
    known = values[np.isfinite(values)]
    if not known.size:
        return None
    first, last = (float(one) for one in np.percentile(known, [low, high]))
    pad = room * (last - first) or 0.1 * abs(last) or 1.0
    return first - pad, last + pad
