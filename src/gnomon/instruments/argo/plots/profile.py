"""One cycle: its parameters beside each other against depth, with the colours of their flags."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import NoData
from gnomon.formats.pictures import SOFT, bare
from gnomon.instruments.argo.plots.data import FloatData, instant, place, title_of
from gnomon.instruments.argo.plots.style import GROUPS, WIDE, counted, head, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_BESIDE = 6
_DEEP_ENOUGH = 2
_EDGE = 0.985


def plot_profile(
    data: FloatData, cycle: int, direction: str = "A", *, only_good: bool = False
) -> Figure:
    """Draw the parameters of one cycle, all samplings together.

    Parameters
    ----------
    direction : str
        ``A`` ascending, ``D`` descending.
    only_good : bool
        Leave out what is not flagged 1, 2, 5 or 8, and say how much that is.

    Raises
    ------
    NoData
        The float has no such cycle, or there is no value in it.
    """
    there = (data.of_profiles("cycle_number") == cycle) & (
        data.of_profiles("direction").astype(str) == direction
    )
    if not there.any():
        raise NoData(f"float {data.wmo} has no cycle {cycle}{direction}")
    profiles = np.flatnonzero(there)
    levels = np.concatenate([np.arange(*data.bounds[p : p + 2]) for p in profiles])
    names = [n for n in data.parameters if np.isfinite(data.values(n)[levels]).any()]
    if not names:
        raise NoData(f"cycle {cycle}{direction} of float {data.wmo} has no values")
    with styled():
        return _figure(data, profiles, levels, names, only_good=only_good)


def _figure(
    data: FloatData,
    profiles: NDArray[np.intp],
    levels: NDArray[np.int64],
    names: list[str],
    *,
    only_good: bool,
) -> Figure:
    rows = -(-len(names) // _MOST_BESIDE)
    columns = -(-len(names) // rows)
    figure = new_figure(WIDE if rows == 1 else (WIDE[0], WIDE[1] * 1.25))
    first = int(profiles[0])
    head(figure, _title(data, first), *_about(data, profiles), left=0.07)
    height = figure.get_size_inches()[1]
    grid = figure.add_gridspec(
        rows, columns, left=0.07, right=0.985, top=1 - 1.85 / height, bottom=0.75 / height,
        wspace=0.12, hspace=0.28,
    )  # fmt: skip
    depth, label = vertical(data, levels)
    first_axes: Axes | None = None
    hidden = 0
    for index, name in enumerate(names):
        axes = figure.add_subplot(grid[divmod(index, columns)], sharey=first_axes)
        first_axes = first_axes or axes
        hidden += draw_profile(axes, data, name, levels, depth, only_good=only_good)
        axes.set_title(title_of(name), pad=22, fontsize=11 if columns < _MOST_BESIDE else 10)
        axes.text(
            0, 1.008, data.mode(_having(data, profiles, name), name), transform=axes.transAxes,
            fontsize=9, color=SOFT,
        )  # fmt: skip
        if index % columns:
            axes.tick_params(labelleft=False)
        else:
            axes.set_ylabel(label)
    _legend(figure, hidden, only_good=only_good)
    return figure


def _title(data: FloatData, profile: int) -> str:
    down = data.profiles["direction"][profile].as_py() == "D"
    cycle = data.profiles["cycle_number"][profile].as_py()
    return f"Float {data.wmo} · cycle {cycle}{', descending' if down else ''}"


def _about(data: FloatData, profiles: NDArray[np.intp]) -> tuple[str, str]:
    first = int(profiles[0])
    where = place(data.of_profiles("latitude")[first], data.of_profiles("longitude")[first])
    samplings = f" · {len(profiles)} samplings" if len(profiles) > 1 else ""
    source = data.profiles["source_file"][first].as_py()
    return f"{instant(data.time[first])} · {where}{samplings}", f"from {source}"


def _having(data: FloatData, profiles: NDArray[np.intp], name: str) -> int:
    """Return the first of some profiles that has a parameter."""
    return next((int(p) for p in profiles if data.mode(int(p), name)), int(profiles[0]))


def vertical(data: FloatData, levels: NDArray[np.int64]) -> tuple[NDArray[np.float64], str]:
    """Return what is drawn downwards, and its name: depth, or pressure where depth is unknown.

    A profile without a position has no depth: gravity depends on latitude.
    """
    depth, pressure = data.values("depth_m")[levels], data.values("pres")[levels]
    if np.isfinite(depth).sum() * _DEEP_ENOUGH >= np.isfinite(pressure).sum():
        return depth, "Depth [m]"
    return pressure, "Pressure [dbar]"


def draw_profile(
    axes: Axes,
    data: FloatData,
    name: str,
    levels: NDArray[np.int64],
    depth: NDArray[np.float64],
    *,
    only_good: bool = False,
) -> int:
    """Draw one parameter against depth, and return how many values are not shown.

    The scale is that of the good values; what lies beyond stands at the edge.
    """
    values, flags = data.values(name)[levels], data.flags(name)[levels]
    usable = np.isin(flags, GROUPS[0].members)
    known = np.isfinite(values) & np.isfinite(depth)
    scale = values[known & usable] if (known & usable).any() else values[known]
    if len(scale):
        margin = max(float(np.ptp(scale)) * 0.06, abs(float(scale.mean())) * 1e-4, 1e-9)
        axes.set_xlim(float(scale.min()) - margin, float(scale.max()) + margin)
    _line(axes, values, depth, known & usable)
    for group in GROUPS[:1] if only_good else GROUPS:
        chosen = known & np.isin(flags, group.members)
        _dots(axes, values[chosen], depth[chosen], group.colour, group.marker)
    from_the_surface(axes, depth)
    unit = data.unit(name)
    axes.set_xlabel(unit, color=SOFT)
    axes.locator_params(axis="x", nbins=4)
    axes.ticklabel_format(axis="x", style="sci", scilimits=(-3, 4), useMathText=True)
    bare(axes)
    shown = known & usable if only_good else known
    return int((np.isfinite(values) & ~shown).sum())


def from_the_surface(axes: Axes, depth: NDArray[np.float64]) -> None:
    """Set the limits from a little above the surface to a little below the deepest level."""
    if np.isfinite(depth).any():
        bottom = float(np.nanmax(depth))
        axes.set_ylim(bottom * 1.02 + 1, min(float(np.nanmin(depth)), 0) - bottom * 0.015)


def _line(
    axes: Axes, values: NDArray[np.float64], depth: NDArray[np.float64], good: NDArray[np.bool_]
) -> None:
    """Join the good values of each sampling, from one level to the next."""
    if not good.any():
        return
    rising = np.flatnonzero(np.diff(depth, prepend=-np.inf) < 0)  # a further sampling begins
    for piece in np.split(np.arange(len(depth)), rising):
        chosen = piece[good[piece]]
        axes.plot(values[chosen], depth[chosen], color=GROUPS[0].colour, linewidth=0.8, alpha=0.55)


def _dots(
    axes: Axes, values: NDArray[np.float64], depth: NDArray[np.float64], colour: str, marker: str
) -> None:
    left, right = axes.get_xlim()
    inside = (values >= left) & (values <= right)
    size = 14.0 if marker == GROUPS[0].marker else 26.0
    axes.scatter(
        values[inside], depth[inside], size, c=colour, marker=marker, linewidths=0, zorder=3
    )
    for beyond, side, arrow in (
        (values > right, left + (right - left) * _EDGE, ">"),
        (values < left, right - (right - left) * _EDGE, "<"),
    ):
        at = np.full(int(beyond.sum()), side)
        axes.scatter(at, depth[beyond], 22, c=colour, marker=arrow, linewidths=0, zorder=3)


def _legend(figure: Figure, hidden: int, *, only_good: bool) -> None:
    from matplotlib.lines import Line2D  # noqa: PLC0415

    marks = [
        Line2D([], [], color=g.colour, marker=g.marker, linestyle="", markersize=5, label=g.label)
        for g in GROUPS
    ]
    height = figure.get_size_inches()[1]
    figure.legend(
        handles=marks, loc="upper right", ncols=len(marks), handletextpad=0.1, columnspacing=1.2,
        bbox_to_anchor=(0.985, 1 - 0.28 / height),
    )  # fmt: skip
    words = "at the edge: beyond the scale of the good values"
    if hidden:
        flagged = "flagged, or " if only_good else ""
        words = f"{counted(hidden, 'value')} not shown: {flagged}at a flagged pressure"
    figure.text(0.983, 1 - 0.74 / height, words, ha="right", va="center", fontsize=9, color=SOFT)
