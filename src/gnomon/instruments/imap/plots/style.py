"""How pictures look: paper, ink, colours that the colour-blind tell apart, time in UTC."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gnomon.formats.pictures import FAINT, SOFT, Style, bare
from gnomon.instruments.imap.plots.series import Span, Times, Values, gap_of, parted, thinned

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

QUIET, BAND = "#dfe5ea", "#f3f5f7"
X, Y, Z = "#0072b2", "#009e73", "#d55e00"
"""Of components (Okabe and Ito); the magnitude is `INK`."""
INNER, OUTER, THIRD = "#cc79a7", "#0072b2", "#566472"
"""Of the inner and outer sensor, and of what belongs to neither."""
DANGER, WARNING = "#c0392b", "#e69f00"
_TITLE_PAD = 7

_STYLE = Style(
    {
        "axes.labelcolor": SOFT,
        "axes.labelsize": 9.5,
        "axes.titlesize": 11.5,
        "axes.titlepad": _TITLE_PAD,
        "axes.formatter.useoffset": False,
        "lines.linewidth": 1.1,
        "lines.solid_joinstyle": "round",
    }
)
styled, save = _STYLE.styled, _STYLE.save


def head(figure: Figure, title: str, *lines: str, left: float) -> None:
    """Write a title at the top of a figure, and lines below it."""
    _, height = figure.get_size_inches()
    figure.text(
        left, 1 - 0.42 / height, title, fontsize=17, weight="bold", va="center", parse_math=False
    )
    for number, line in enumerate(line for line in lines if line):
        figure.text(
            left, 1 - (0.76 + 0.23 * number) / height, line, fontsize=10.5, color=SOFT,
            va="center", parse_math=False,
        )  # fmt: skip


def timed(axes: Axes, span: Span, *, labelled: bool = True) -> None:
    """Give axes a time axis in UTC from one instant to another."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter  # noqa: PLC0415

    axes.set_xlim(*span)  # type: ignore[arg-type]
    locator = AutoDateLocator(minticks=4, maxticks=9)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    formatter = ConciseDateFormatter(  # type: ignore[no-untyped-call]
        locator,
        formats=["%Y", "%b", "%b-%d", "%H:%M", "%H:%M", "%H:%M:%S.%f"],
        zero_formats=["", "%Y", "%b", "%b-%d", "%H:%M", "%H:%M:%S"],
        show_offset=False,
    )
    axes.xaxis.set_major_formatter(formatter)
    axes.tick_params(labelbottom=labelled)
    bare(axes)


def names_above(axes: Axes, *entries: tuple[str, str]) -> None:
    """Write the names of lines, each in its colour, at the right above axes: never over data."""
    from matplotlib.artist import Artist  # noqa: PLC0415
    from matplotlib.offsetbox import AnchoredOffsetbox, HPacker, TextArea  # noqa: PLC0415
    from matplotlib.transforms import Bbox, ScaledTranslation  # noqa: PLC0415

    words: list[Artist] = [
        TextArea(name, textprops={"color": colour, "fontsize": 9.5, "weight": "bold"})
        for name, colour in entries
    ]
    row = HPacker(children=words, pad=0, sep=9, align="baseline")
    corner = Bbox.from_bounds(1.0, 1.0, 0.0, 0.0)
    lift = ScaledTranslation(0, (_TITLE_PAD - 2) / 72, axes.figure.dpi_scale_trans)
    box = AnchoredOffsetbox(
        loc="lower right", child=row, pad=0, borderpad=0, frameon=False, bbox_to_anchor=corner,
        bbox_transform=axes.transAxes + lift,
    )  # fmt: skip
    axes.add_artist(box)


def nothing(axes: Axes, words: str = "no data") -> None:
    """Say that there is nothing to draw."""
    axes.text(
        0.5, 0.5, words, transform=axes.transAxes, ha="center", va="center", color=FAINT,
        fontsize=12,
    )  # fmt: skip


def rows_named(axes: Axes, names: Sequence[str]) -> None:
    """Give axes a row a name, from below, with every other one shaded."""
    middle, half = (len(names) - 1) / 2, max(len(names), 3) / 2 + 0.1
    axes.set_ylim(middle - half, middle + half)
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    for row in range(0, len(names), 2):
        axes.axhspan(row - 0.5, row + 0.5, color=BAND, zorder=0)


# -- series


def line(
    axes: Axes,
    time: Times,
    values: Values,
    colour: str,
    gap: np.timedelta64 | None = None,
    **options: Any,
) -> bool:
    """Draw a series with its gaps; tell whether there was anything to draw.

    A value between two gaps is a point.

    Parameters
    ----------
    gap : timedelta64, optional
        Longer steps between values are gaps; by default those longer than `gap_of` says.
    """
    there = np.isfinite(values)
    if not there.any():
        return False
    if gap is None:
        gap = gap_of(time[there])
    when, what = thinned(*parted(time[there], values[there], gap))
    axes.plot(when, what, color=colour, **options)
    known = np.isfinite(what)
    padded = np.concatenate([[False], known, [False]])
    alone = known & ~padded[:-2] & ~padded[2:]
    if alone.any():
        axes.plot(when[alone], what[alone], ".", color=colour, markersize=3)
    return True


def bars(axes: Axes, row: float, found: list[Span], colour: str, height: float = 0.62) -> None:
    """Draw spans as bars in one row, each wide enough to be seen."""
    if not found:
        return
    low, high = axes.get_xlim()
    least = (high - low) * 0.004
    from matplotlib.dates import date2num  # noqa: PLC0415

    starts = [float(date2num(start)) for start, _ in found]  # type: ignore[no-untyped-call]
    stops = [float(date2num(stop)) for _, stop in found]  # type: ignore[no-untyped-call]
    widths = [(a, max(b - a, least)) for a, b in zip(starts, stops, strict=True)]
    axes.broken_barh(widths, (row - height / 2, height), color=colour, linewidth=0)
