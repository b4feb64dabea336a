"""How pictures look: paper, ink, colours that the colour-blind tell apart, time in UTC.

Matplotlib is imported when the first picture is made, and never chooses a window: figures are made
without `pyplot` and drawn by Agg. Every font is one that comes with Matplotlib, and no clock goes
into a file, so the same data give the same bytes with the same version of Matplotlib.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import ConfigError, MissingExtra

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, SOFT, FAINT, RULE, PAPER = "#16222e", "#566472", "#94a0ac", "#e4e8ec", "#ffffff"
QUIET, BAND = "#dfe5ea", "#f3f5f7"
X, Y, Z = "#0072b2", "#009e73", "#d55e00"
"""Of components (Okabe and Ito); the magnitude is `INK`."""
INNER, OUTER, THIRD = "#cc79a7", "#0072b2", "#566472"
"""Of the inner and outer sensor, and of what belongs to neither."""
DANGER, WARNING = "#c0392b", "#e69f00"
DPI = 100
SUFFIXES = (".png", ".svg", ".pdf")

_RC: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": SOFT,
    "axes.labelsize": 9.5,
    "axes.linewidth": 0.8,
    "axes.titlesize": 11.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 7,
    "axes.facecolor": PAPER,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.formatter.useoffset": False,
    "grid.color": RULE,
    "grid.linewidth": 0.7,
    "figure.facecolor": PAPER,
    "figure.dpi": DPI,
    "savefig.dpi": DPI,
    "lines.linewidth": 1.1,
    "lines.solid_joinstyle": "round",
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": SOFT,
    "ytick.labelcolor": SOFT,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "svg.hashsalt": "gnomon",
    "svg.fonttype": "none",
    "timezone": "UTC",
}
Times = NDArray[np.datetime64]
Values = NDArray[np.float64]
Span = tuple[np.datetime64, np.datetime64]


@contextmanager
def styled() -> Iterator[None]:
    """Make and draw figures in our style.

    Raises
    ------
    MissingExtra
        Matplotlib is not installed.
    """
    try:
        import matplotlib as mpl  # noqa: PLC0415
    except ImportError:
        raise MissingExtra("matplotlib", "plots") from None
    with mpl.rc_context(_RC):
        yield


def new_figure(width_in: float, height_in: float) -> Figure:
    """Return an empty figure; call it within `styled`."""
    from matplotlib.figure import Figure as Empty  # noqa: PLC0415

    return Empty(figsize=(width_in, height_in), layout=None)


def save(figure: Figure, path: Path) -> None:
    """Draw a figure into a PNG, SVG or PDF, under another name first, then renamed."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ConfigError(f"{path.name}: a picture is one of {', '.join(SUFFIXES)}")
    # Neither the version of Matplotlib nor the time of day.
    silent = {".png": ["Software"], ".svg": ["Date", "Creator"], ".pdf": ["CreationDate"]}[suffix]
    metadata: dict[str, Any] = dict.fromkeys(silent)
    part = path.with_name(path.name + ".part")
    with styled():
        figure.savefig(part, format=suffix[1:], metadata=metadata)
    part.replace(path)


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
    formatter = ConciseDateFormatter(locator, show_offset=False)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(formatter)
    axes.tick_params(labelbottom=labelled)
    bare(axes)


def bare(axes: Axes) -> None:
    """Leave the left and lower edge only."""
    axes.spines[["top", "right"]].set_visible(False)


def names_above(axes: Axes, *entries: tuple[str, str]) -> None:
    """Write the names of lines, each in its colour, at the right above axes: never over data."""
    from matplotlib.artist import Artist  # noqa: PLC0415
    from matplotlib.offsetbox import AnchoredOffsetbox, HPacker, TextArea  # noqa: PLC0415
    from matplotlib.transforms import Bbox  # noqa: PLC0415

    words: list[Artist] = [
        TextArea(name, textprops={"color": colour, "fontsize": 9.5, "weight": "bold"})
        for name, colour in entries
    ]
    row = HPacker(children=words, pad=0, sep=9, align="baseline")
    above = Bbox.from_bounds(1.0, 1.025, 0.0, 0.0)
    box = AnchoredOffsetbox(
        loc="lower right", child=row, pad=0, borderpad=0, frameon=False,
        bbox_to_anchor=above, bbox_transform=axes.transAxes,
    )  # fmt: skip
    axes.add_artist(box)


def nothing(axes: Axes, words: str = "no data") -> None:
    """Say that there is nothing to draw."""
    axes.text(
        0.5, 0.5, words, transform=axes.transAxes, ha="center", va="center", color=FAINT,
        fontsize=12,
    )  # fmt: skip


# -- series


def parted(time: Times, values: Values, gap: np.timedelta64) -> tuple[Times, Values]:
    """Return a series with a NaN in every gap, so that no line crosses one.

    Parameters
    ----------
    time : ndarray of datetime64[ns], shape (n,)
    values : ndarray of float64, shape (n,)
    gap : timedelta64
        Longer steps are gaps.
    """
    wide = np.flatnonzero(np.diff(time) > gap)
    if not len(wide):
        return time, values
    return np.insert(time, wide + 1, time[wide] + gap), np.insert(values, wide + 1, np.nan)


def gap_of(time: Times, least_s: float = 30.0) -> np.timedelta64:
    """Return what is a gap in a series: five of its usual steps, and not less than `least_s`."""
    least = np.timedelta64(int(least_s * 1e9), "ns")
    if len(time) < 2:  # noqa: PLR2004  a step has two ends
        return least
    return max(np.median(np.diff(time)) * 5, least)


def line(axes: Axes, time: Times, values: Values, colour: str, **options: Any) -> bool:
    """Draw a series with its gaps; tell whether there was anything to draw.

    A value between two gaps is a point.
    """
    there = np.isfinite(values)
    if not there.any():
        return False
    when, what = parted(time[there], values[there], gap_of(time[there]))
    axes.plot(when, what, color=colour, **options)
    known = np.isfinite(what)
    padded = np.concatenate([[False], known, [False]])
    alone = known & ~padded[:-2] & ~padded[2:]
    if alone.any():
        axes.plot(when[alone], what[alone], ".", color=colour, markersize=3)
    return True


def spans(time: Times, is_so: NDArray[np.bool_], known: NDArray[np.bool_]) -> list[Span]:
    """Return from when to when something is so: up to the next row, but not into a gap.

    Parameters
    ----------
    time : ndarray of datetime64[ns], shape (n,)
        Ascending.
    is_so, known : ndarray of bool, shape (n,)
        Rows that are not known are as if they were not there.
    """
    when, so = time[known], is_so[known]
    if not len(when):
        return []
    gap = gap_of(when)
    step = np.median(np.diff(when)) if len(when) > 1 else gap / 5
    follows = np.append(np.diff(when) <= gap, False)
    stop = np.where(follows, np.append(when[1:], when[-1]), when + step)
    found: list[Span] = []
    for at in np.flatnonzero(so):
        if found and found[-1][1] == when[at] and follows[at - 1]:
            found[-1] = (found[-1][0], stop[at])
        else:
            found.append((when[at], stop[at]))
    return found


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
