"""The way of a float on a map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import NoData
from gnomon.formats.pictures import FAINT, INK, PAPER, SOFT
from gnomon.instruments.argo.plots.data import FloatData, instant
from gnomon.instruments.argo.plots.land import draw_land
from gnomon.instruments.argo.plots.style import (
    SEA,
    WIDE,
    counted,
    dated,
    head,
    new_figure,
    ramp,
    styled,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.figure import Figure

_TURN = 360.0
_POLE = 90.0
_LEAST_SPAN = 2.0  # degrees of latitude
_SMALL = 2.0  # degrees: an island that a map of the world can do without
_INTERPOLATED = 8
_BAD = (3, 4)
_DAY_US = 86_400_000_000
_TIME_MAP = "viridis"
_START, _LATEST = "#ffffff", "#d55e00"


def plot_trajectory(data: FloatData) -> Figure:
    """Draw the positions of the primary profiles, coloured by time.

    Raises
    ------
    NoData
        No profile has a position.
    """
    with styled():
        figure = new_figure(WIDE)
        grid = figure.add_gridspec(1, 1, left=0.06, right=0.9, top=0.86, bottom=0.06)
        axes = figure.add_subplot(grid[0])
        drawn = draw_trajectory(axes, data)
        if drawn is None:
            raise NoData(f"float {data.wmo}: no profile has a position")
        points, words = drawn
        if points is not None:
            _time_bar(figure, axes, points)
        head(figure, f"Float {data.wmo} · trajectory", words)
    return figure


def _time_bar(figure: Figure, axes: Axes, points: PathCollection) -> None:
    box = axes.get_position()
    place = figure.add_axes((box.x1 + 0.012, box.y0, 0.014, box.height))
    bar = figure.colorbar(points, cax=place)
    bar.outline.set_visible(False)
    dated(bar.ax.yaxis)


def draw_trajectory(axes: Axes, data: FloatData) -> tuple[PathCollection | None, str] | None:
    """Draw into axes; return the dots of known time, and what is to be said; None without any."""
    chosen = data.primary.copy()
    latitude, longitude = data.of_profiles("latitude"), data.of_profiles("longitude")
    known = chosen & np.isfinite(latitude) & np.isfinite(longitude)
    known &= ~np.isin(data.of_profiles("position_qc"), _BAD)
    if not known.any():
        return None
    timed = known & ~np.isnat(data.time)
    order = np.flatnonzero(timed)[np.argsort(data.time[timed], kind="stable")]
    order = np.append(order, np.flatnonzero(known & ~timed))
    x = np.unwrap(longitude[order], period=_TURN)
    y = latitude[order]
    _frame(axes, x, y)
    draw_land(axes)
    _graticule(axes)
    n_timed = int(timed.sum())
    # A profile without a time has no place in the order, so the line passes it by.
    axes.plot(x[:n_timed], y[:n_timed], color=FAINT, linewidth=0.8, zorder=3)
    points = _dots(axes, data, order[:n_timed], x[:n_timed], y[:n_timed])
    axes.scatter(x[n_timed:], y[n_timed:], 22, c=PAPER, marker="o", edgecolors=SOFT, zorder=4)
    _ends(axes, x[:n_timed], y[:n_timed])
    _locator(axes, x, y)
    return points, _words(data, order[:n_timed], int(chosen.sum() - known.sum()))


def _words(data: FloatData, order: NDArray[np.intp], lost: int) -> str:
    words = counted(len(order), "profile")
    if len(order):
        first, last = data.time[order[0]], data.time[order[-1]]
        words += f", {instant(first, 'D')} to {instant(last, 'D')}"
    interpolated = int((data.of_profiles("position_qc")[order] == _INTERPOLATED).sum())
    if interpolated:
        words += f" · {interpolated} positions interpolated (open)"
    return words + (f" · {counted(lost, 'profile')} without a good position" if lost else "")


def _frame(axes: Axes, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
    """Set limits around the points so that a degree is as long both ways, at their middle."""
    figure = axes.get_figure()
    box = axes.get_position()
    width, height = np.array([box.width, box.height]) * figure.get_size_inches()  # type: ignore[union-attr]
    south, north = float(y.min()), float(y.max())
    west, east = float(x.min()), float(x.max())
    shrink = max(float(np.cos(np.radians((south + north) / 2))), 0.1)
    tall = max((north - south) * 1.25, (east - west) * 1.25 * shrink * height / width, _LEAST_SPAN)
    tall = min(tall, 2 * _POLE)
    wide = tall * width / height / shrink
    low = min(max((south + north - tall) / 2, -_POLE), _POLE - tall)
    axes.set_xlim((west + east - wide) / 2, (west + east + wide) / 2)
    axes.set_ylim(low, low + tall)
    axes.set_facecolor(SEA)


def _graticule(axes: Axes) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator  # noqa: PLC0415

    def east(degrees: float, _: int) -> str:
        degrees = round((degrees + _TURN / 2) % _TURN - _TURN / 2, 6)
        side = "" if degrees in {0, -_TURN / 2} else " E" if degrees > 0 else " W"
        return f"{abs(degrees):g}°{side}"

    def north(degrees: float, _: int) -> str:
        return f"{abs(degrees):g}°{' N' if degrees > 0 else ' S' if degrees < 0 else ''}"

    for axis, words in ((axes.xaxis, east), (axes.yaxis, north)):
        axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 3, 5, 10]))
        axis.set_major_formatter(FuncFormatter(words))
    axes.set_axisbelow(False)
    axes.grid(color=FAINT, linewidth=0.4, alpha=0.45)


def _dots(
    axes: Axes,
    data: FloatData,
    order: NDArray[np.intp],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
) -> PathCollection | None:
    if not len(order):
        return None
    from matplotlib.colors import Normalize  # noqa: PLC0415

    days = data.time[order].astype(np.int64) / _DAY_US
    norm = Normalize(float(days.min()), max(float(days.max()), float(days.min()) + 1))
    points = axes.scatter(x, y, 26, c=days, cmap=ramp(_TIME_MAP), norm=norm, linewidths=0, zorder=4)
    guessed = data.of_profiles("position_qc")[order] == _INTERPOLATED
    axes.scatter(x[guessed], y[guessed], 7, c=PAPER, zorder=5, linewidths=0)
    return points


def _ends(axes: Axes, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
    if not len(x):
        return
    ends = ((0, "^", _START, "first", -1), (-1, "o", _LATEST, "latest", 1))
    for index, marker, colour, words, side in ends[: 1 + (len(x) > 1)]:
        where = float(x[index]), float(y[index])
        axes.scatter(*where, 70, c=colour, marker=marker, edgecolors=INK, linewidths=1, zorder=6)
        axes.annotate(
            words, where, (8 * side, 6), textcoords="offset points", fontsize=9, weight="bold",
            ha="left" if side > 0 else "right", zorder=7,
            bbox={"fc": PAPER, "ec": "none", "alpha": 0.7, "pad": 1},
        )  # fmt: skip


def _locator(axes: Axes, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
    """Draw the world in the corner that has the fewest positions, with the map's frame in it."""
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    across, up = (x - west) / (east - west), (y - south) / (north - south)
    size = 0.26
    height = size * 0.5 * _ratio(axes)
    corners = [(left, low) for left in (0.0, 1 - size) for low in (0.0, 1 - height)]
    busy = [
        int(((across > a - 0.03) & (across < a + size + 0.03) & (up > b - 0.03)
             & (up < b + height + 0.03)).sum())
        for a, b in corners
    ]  # fmt: skip
    left, low = corners[busy.index(min(busy))]
    world = axes.inset_axes((left, low, size, height), zorder=8)
    middle = round((west + east) / 2 / _TURN) * _TURN
    world.set_xlim(middle - _TURN / 2, middle + _TURN / 2)
    world.set_ylim(-_POLE, _POLE)
    world.set_facecolor(PAPER)
    draw_land(world, linewidth=0, least=_SMALL)
    world.set(xticks=[], yticks=[])
    from matplotlib.patches import Rectangle  # noqa: PLC0415

    frame = Rectangle(
        (west, south),
        east - west,
        north - south,
        facecolor="none",
        edgecolor=_LATEST,
        linewidth=1.2,
    )
    world.add_patch(frame)
    world.plot((west + east) / 2, (south + north) / 2, ".", color=_LATEST, markersize=3)


def _ratio(axes: Axes) -> float:
    """Return width over height of axes on paper."""
    box = axes.get_position()
    width, height = axes.get_figure().get_size_inches()  # type: ignore[union-attr]
    return float(box.width * width / (box.height * height))
