"""A parameter over time and depth.

Every value stands where it was measured: it fills the space half way to its neighbours, at most a
little beyond the usual distance of levels and of profiles. What is farther from any measurement
stays empty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import NoData
from gnomon.formats.pictures import FAINT, SOFT, bare
from gnomon.instruments.argo.plots.data import LOGARITHMIC, FloatData, title_of
from gnomon.instruments.argo.plots.style import counted, dated, head, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colorbar import Colorbar
    from matplotlib.figure import Figure

_ROWS = 500
_FARTHEST = 1 / 30
"""Of the depth that is drawn: how far a value reaches, at most."""
_FAR, _FAR_DAYS = 2.5, (15.0, 45.0)
"""A gap: so many usual intervals between two profiles, within limits in days."""
_DAY_US = 86_400_000_000
_USUAL_DAYS = 10.0
_MAPS = {"temp": "plasma", "psal": "viridis", "doxy": "cividis", "chla": "YlGn"}
_TAIL = 0.5  # percent at either end that the colours do not tell apart


def plot_section(data: FloatData, parameter: str, *, only_good: bool = True) -> Figure:
    """Draw the cycles of a float over time.

    Raises
    ------
    NoData
        There is no value with a time and a depth.
    """
    with styled():
        figure = new_figure((12.0, 6.5))
        grid = figure.add_gridspec(1, 1, left=0.07, right=0.985, top=0.83, bottom=0.08)
        axes = figure.add_subplot(grid[0])
        drawn = draw_section(figure, axes, data, parameter, only_good=only_good)
        if not drawn:
            raise NoData(f"float {data.wmo}: no {parameter.upper()} with a time and a depth")
        shown = "good values only" if only_good else "all values, bad ones too"
        lost = len(data.casts(data.values(parameter))) - drawn
        head(
            figure,
            f"Float {data.wmo} · {title_of(parameter).lower()}",
            f"{counted(drawn, 'cycle')}, {shown}"
            + (f" · {counted(lost, 'cycle')} without such values, time or depth" if lost else ""),
            left=0.07,
        )
    return figure


def draw_section(
    figure: Figure,
    axes: Axes,
    data: FloatData,
    name: str,
    *,
    only_good: bool = True,
    labelled: bool = True,
) -> int:
    """Draw into axes, and return how many cycles are drawn.

    Parameters
    ----------
    labelled : bool
        Say beside the colours what they are.
    """
    depth, values = data.values("depth_m"), data.values(name, only_good=only_good)
    known = [c for c in data.casts(data.values(name)) if not np.isnat(data.time[c[0]])]
    known = [c for c in known if (np.isfinite(depth[c[1]]) & np.isfinite(values[c[1]])).any()]
    known.sort(key=lambda cast: data.time[cast[0]])
    if not known:
        return 0
    profiles, levels = [profile for profile, _ in known], [rows for _, rows in known]
    deepest = max(float(np.nanmax(depth[r][np.isfinite(values[r])])) for r in levels)
    edges = np.linspace(0, deepest * 1.01, _ROWS + 1)
    centres = (edges[1:] + edges[:-1]) / 2
    columns = [column(depth[r], values[r], centres, deepest * _FARTHEST) for r in levels]
    days = data.time[profiles].astype(np.int64) / _DAY_US
    x, picture = with_gaps(days, np.stack(columns, axis=1))
    bar = _paint(figure, axes, name, (x, edges, picture), values[np.isfinite(values)])
    if labelled:
        bar.set_label(data.label(name), color=SOFT)
    axes.plot(days, np.zeros(len(days)), "|", color=FAINT, markersize=4, clip_on=False, zorder=4)
    return len(profiles)


def column(
    depth: NDArray[np.float64],
    values: NDArray[np.float64],
    centres: NDArray[np.float64],
    farthest: float,
) -> NDArray[np.float64]:
    """Return the measured value nearest to each depth, NaN where none is near enough.

    Parameters
    ----------
    depth, values : (level,) float64
        In m, and in the parameter's unit; a level without a value keeps its place empty.
    centres : (row,) float64
        Depths to paint, in m, rising.
    farthest : float
        How far a value reaches at most, in m.

    Returns
    -------
    painted : (row,) float64
    """
    order = np.argsort(depth, kind="stable")
    order = order[np.isfinite(depth[order])]
    at, what = depth[order], values[order]
    if not len(at):
        return np.full(len(centres), np.nan)
    middles = (at[1:] + at[:-1]) / 2
    nearest = np.searchsorted(middles, centres)
    gaps = np.diff(at)
    ends = (gaps[0], gaps[-1]) if len(gaps) else (farthest, farthest)
    painted = what[nearest]
    painted[np.abs(at[nearest] - centres) > farthest] = np.nan
    painted[(centres < at[0] - ends[0] / 2) | (centres > at[-1] + ends[1] / 2)] = np.nan
    return painted


def with_gaps(
    days: NDArray[np.float64], columns: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return edges in time and the columns between them, with empty ones where nothing was.

    Parameters
    ----------
    days : (profile,) float64
        Rising.
    columns : (row, profile) float64

    Returns
    -------
    edges : (column + 1,) float64
        In days.
    picture : (row, column) float64
    """
    steps = np.diff(days)
    usual = float(np.median(steps)) if len(steps) else _USUAL_DAYS
    reach = min(usual or _USUAL_DAYS, _USUAL_DAYS) / 2
    apart = np.append(np.append(np.inf, steps), np.inf) > np.clip(_FAR * usual, *_FAR_DAYS)
    middles = (days[1:] + days[:-1]) / 2
    starts = np.where(apart[:-1], days - reach, np.append(-np.inf, middles))
    stops = np.where(apart[1:], days + reach, np.append(middles, np.inf))
    edges, picture = [starts[0]], []
    empty = np.full(columns.shape[0], np.nan)
    for index, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        if start > edges[-1]:
            edges.append(start)
            picture.append(empty)
        edges.append(stop)
        picture.append(columns[:, index])
    return np.array(edges), np.stack(picture, axis=1)


def _paint(
    figure: Figure,
    axes: Axes,
    name: str,
    painting: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    values: NDArray[np.float64],
) -> Colorbar:
    from matplotlib.colors import LogNorm, Normalize  # noqa: PLC0415

    log = name.startswith(LOGARITHMIC) and (values > 0).any()
    least, most = np.percentile(values[values > 0] if log else values, (_TAIL, 100 - _TAIL))
    scale = LogNorm if log else Normalize
    norm = scale(float(least), float(most) if most > least else float(least) + 1e-6)
    x, y, picture = painting
    if log:  # what is zero or less is less than the scale, not missing
        picture = np.maximum(picture, float(least))
    mesh = axes.pcolormesh(
        x, y, picture, cmap=_MAPS.get(name, "cividis"), norm=norm, rasterized=True, zorder=2
    )
    axes.set_ylim(y[-1], 0)
    axes.set_xlim(x[0], x[-1])
    axes.set_ylabel("Depth [m]")
    dated(axes.xaxis)
    axes.grid(visible=False)
    bare(axes)
    bar = figure.colorbar(
        mesh, ax=axes, pad=0.012, aspect=28, fraction=0.06, extend="both", extendfrac=0.03
    )
    bar.outline.set_visible(False)
    return bar
