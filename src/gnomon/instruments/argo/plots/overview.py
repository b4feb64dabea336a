"""One float on one page: where it was, what water it met, and how good its data are."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from gnomon.errors import NoData
from gnomon.formats.pictures import SOFT, bare
from gnomon.instruments.argo.plots.data import FloatData, instant, place
from gnomon.instruments.argo.plots.profile import from_the_surface, vertical
from gnomon.instruments.argo.plots.section import draw_section
from gnomon.instruments.argo.plots.style import (
    GROUPS,
    SALINITY_INK,
    SEA,
    TEMPERATURE_INK,
    beside,
    counted,
    head,
    new_figure,
    printable,
    styled,
)
from gnomon.instruments.argo.plots.trajectory import draw_trajectory
from gnomon.instruments.argo.plots.ts import draw_ts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SIZE = (16.0, 10.0)
_MOST_SECTIONS = 4
_ALWAYS = ("temp", "psal")
_FIRST = ("temp", "psal", "doxy", "chla", "nitrate", "bbp700", "ph_in_situ_total")
_MOST_BARS = 10
_NOTHING = "#e3e7eb"
_SHORT = re.compile("^DOWN_|^DOWNWELLING_|_IN_SITU_TOTAL")


def plot_overview(data: FloatData) -> Figure:
    """Draw the page; a panel without data says so.

    Raises
    ------
    NoData
        The float has no profile.
    """
    if not data.profiles.num_rows:
        raise NoData("a float without profiles has no overview")
    with styled():
        figure = new_figure(_SIZE)
        head(figure, f"Argo float {data.wmo}", _who(data), left=0.048)
        left = figure.add_gridspec(
            2, 1, left=0.048, right=0.335, top=0.875, bottom=0.06, hspace=0.22
        )
        right = figure.add_gridspec(
            3, 1, left=0.822, right=0.98, top=0.855, bottom=0.06, hspace=0.56,
            height_ratios=(1.6, 1.0, 1.0),
        )  # fmt: skip
        _map(figure.add_subplot(left[0]), data)
        _water(figure, figure.add_subplot(left[1]), data)
        _sections(figure, data)
        _last_profile(figure.add_subplot(right[0]), data)
        _quality(figure.add_subplot(right[1]), data)
        _facts(figure.add_subplot(right[2]), data)
    return figure


def _who(data: FloatData) -> str:
    names = ("platform_type", "project_name", "operating_institution")
    said = [str(data.record[name]) for name in names if data.record.get(name)]
    if data.record.get("pi_name"):
        said.append(f"PI {data.record['pi_name']}")
    return " · ".join(said)


def _say(axes: Axes, words: str) -> None:
    """Say in an empty panel why it is empty."""
    axes.set(xticks=[], yticks=[], facecolor=SEA)
    axes.spines[:].set_visible(False)
    axes.text(0.5, 0.5, words, transform=axes.transAxes, ha="center", va="center", color=SOFT)


def _map(axes: Axes, data: FloatData) -> None:
    axes.set_title("Trajectory")
    if (drawn := draw_trajectory(axes, data)) is None:
        _say(axes, "no profile has a position")
        return
    beside(axes, re.sub(r", \S+ to \S+", "", drawn[1]))


def _water(figure: Figure, axes: Axes, data: FloatData) -> None:
    axes.set_title("Temperature and salinity")
    if (points := draw_ts(axes, data, size=2.5)) is None:
        axes.set(xlabel="", ylabel="")
        _say(axes, "no level has good temperature, salinity and position")
        return
    place_of_bar = axes.inset_axes((0.66, 1.06, 0.34, 0.02))
    bar = figure.colorbar(points, cax=place_of_bar, orientation="horizontal")
    bar.outline.set_visible(False)
    axes.text(
        0.645, 1.07, "depth [m]", transform=axes.transAxes, fontsize=8.5, color=SOFT, ha="right",
        va="center",
    )  # fmt: skip
    bar.ax.tick_params(labelsize=8, pad=1)
    bar.ax.locator_params(nbins=3)


def _sections(figure: Figure, data: FloatData) -> None:
    known = [n for n in _FIRST if n in data.parameters or n in _ALWAYS][:_MOST_SECTIONS]
    rows = len(known)
    grid = figure.add_gridspec(
        rows, 1, left=0.392, right=0.776, top=0.875, bottom=0.06, hspace=0.12 + 0.09 * rows
    )
    panels: list[Axes] = []
    for index, name in enumerate(known):
        axes = figure.add_subplot(grid[index])
        axes.set_title(data.label(name))
        drawn = draw_section(figure, axes, data, name, labelled=False)
        if not drawn:
            measured = name in data.parameters
            _say(axes, "no good value with a time and a depth" if measured else "not measured")
            continue
        panels.append(axes)
        beside(axes, f"{counted(drawn, 'cycle')}, good values")
    for axes in panels:  # one span of time for all
        limits = [panel.get_xlim() for panel in panels]
        axes.set_xlim(min(low for low, _ in limits), max(high for _, high in limits))


def _last_profile(axes: Axes, data: FloatData) -> None:
    """Draw temperature and salinity of the last dated cycle that has good ones."""
    measured = data.values("temp", only_good=True)
    placed = np.where(np.isfinite(data.values("depth_m")), measured, np.nan)
    casts = data.casts(placed if np.isfinite(placed).any() else measured)
    dated = [cast for cast in casts if not np.isnat(data.time[cast[0]])]
    if not dated:
        axes.set_title("Latest profile", pad=36)
        _say(axes, "no dated profile with good temperatures")
        return
    profile, levels = max(dated, key=lambda cast: data.time[cast[0]])
    depth, label = vertical(data, levels)
    for name, colour, host in (
        ("temp", TEMPERATURE_INK, axes),
        ("psal", SALINITY_INK, axes.twiny()),
    ):
        values = data.values(name, only_good=True)[levels]
        known = np.isfinite(values) & np.isfinite(depth)
        if not known.any():
            host.set_axis_off()
            continue
        order = np.flatnonzero(known)[np.argsort(depth[known], kind="stable")]
        host.plot(values[order], depth[order], ".-", color=colour, linewidth=1.1, markersize=2.5)
        host.set_xlabel(data.label(name), color=colour, fontsize=9)
        host.tick_params(axis="x", labelcolor=colour, labelsize=8.5)
        host.locator_params(axis="x", nbins=5)
        host.grid(visible=name == "temp")
        host.spines[["right"]].set_visible(False)
    axes.set_ylabel(label)
    from_the_surface(axes, depth)
    cycle = data.profiles["cycle_number"][profile].as_py()
    axes.set_title(f"Latest: cycle {cycle}", pad=36)
    beside(axes, instant(data.time[profile], "D"), pad=36)


def _quality(axes: Axes, data: FloatData) -> None:
    """Draw the shares of flags, over the levels of profiles that have the parameter."""
    axes.set_title("Quality flags", pad=34)
    names = (["pres"] if "pres" in data.levels.column_names else []) + data.parameters
    hidden = len(names) - _MOST_BARS
    names = names[:_MOST_BARS]
    labels = []
    for row, name in enumerate(names):
        flags = data.flags(name)[data.levels[f"{name}_mode"].is_valid().to_numpy()]
        start, total = 0.0, max(len(flags), 1)
        for group in GROUPS:
            share = 100 * float(np.isin(flags, group.members).sum()) / total
            axes.barh(row, share, 0.62, left=start, color=group.colour, linewidth=0)
            start += share
        axes.barh(row, 100 - start, 0.62, left=start, color=_NOTHING, linewidth=0)
        labels.append(_SHORT.sub("", name.upper()).replace("IRRADIANCE", "IRR"))
    axes.set_yticks(range(len(names)), labels, fontsize=8)
    axes.set_xlim(0, 100)
    axes.set_ylim(max(len(names), 4) - 0.4, -0.6)
    axes.xaxis.set_major_formatter("{x:g} %")
    axes.grid(visible=False)
    bare(axes)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    _legend(axes)
    if hidden > 0:
        axes.set_xlabel(f"and {hidden} more parameters", fontsize=8.5, color=SOFT)


def _legend(axes: Axes) -> None:
    from matplotlib.patches import Patch  # noqa: PLC0415

    shares = [(group.label, group.colour) for group in GROUPS] + [("no value", _NOTHING)]
    axes.legend(
        handles=[Patch(color=colour, label=words) for words, colour in shares], ncols=3,
        loc="lower left", bbox_to_anchor=(-0.03, 0.99), fontsize=7.5, handlelength=0.8,
        handleheight=0.8, handletextpad=0.4, columnspacing=0.8, labelspacing=0.2,
        borderaxespad=0.0,
    )  # fmt: skip


def _facts(axes: Axes, data: FloatData) -> None:
    axes.set_axis_off()
    axes.set_title("Facts")
    for row, (name, value) in enumerate(_told(data)):
        y = 0.97 - row * 0.098
        axes.text(0, y, name, transform=axes.transAxes, fontsize=9, color=SOFT, va="top")
        axes.text(
            0.34, y, printable(value), transform=axes.transAxes, fontsize=9, va="top",
            parse_math=False,
        )  # fmt: skip


def _told(data: FloatData) -> list[tuple[str, str]]:
    profiles, time = data.profiles, data.time
    known = time[~np.isnat(time)]
    modes = Counter(profiles["data_mode"].to_pylist())
    down = Counter(profiles["direction"].to_pylist())["D"]
    falling = f", {down} down" if down else ""
    depth = data.values("depth_m")
    cycles = len(set(profiles["cycle_number"].to_pylist()))
    told = [
        ("Profiles", f"{profiles.num_rows} in {counted(cycles, 'cycle')}{falling}"),
        ("Modes", "  ".join(f"{mode or '?'} {modes[mode]}" for mode in ("D", "A", "R", None)
                            if modes[mode])),
        ("Levels", f"{data.levels.num_rows:,}".replace(",", " ")),
    ]  # fmt: skip
    if len(known):
        told.append(("First", instant(known.min(), "D")))
        last = int(np.flatnonzero(time == known.max())[0])
        told.append(("Latest", instant(known.max(), "D")))
        where = place(data.of_profiles("latitude")[last], data.of_profiles("longitude")[last])
        told.append(("Position", where))
    if np.isfinite(depth).any():
        told.append(("Deepest", f"{np.nanmax(depth):.0f} m"))
    record = data.record
    for name, key in (("Type", "float_type"), ("Serial", "float_serial_no"), ("Centre", "dac")):
        if record.get(key):
            told.append((name, str(record[key])))
    return told
