"""The diagram of temperature and salinity, with lines of equal density."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import NoData
from gnomon.formats.pictures import FAINT, SOFT, bare
from gnomon.instruments.argo.plots.data import FloatData, instant
from gnomon.instruments.argo.plots.style import head, new_figure, ramp, styled
from gnomon.instruments.argo.science.seawater import load_gsw

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.figure import Figure

_DEPTH_MAP, _PALEST = "viridis_r", 0.1
_GAMMA = 0.5  # water changes most in the upper ocean


def plot_ts(data: FloatData, cycle: int | None = None) -> Figure:
    """Draw conservative temperature against absolute salinity (TEOS-10), coloured by depth.

    Raises
    ------
    NoData
        No level has good pressure, temperature, salinity and position.
    """
    with styled():
        figure = new_figure((10.0, 8.0))
        grid = figure.add_gridspec(1, 1, left=0.09, right=0.97, top=0.85, bottom=0.09)
        axes = figure.add_subplot(grid[0])
        points = draw_ts(axes, data, cycle)
        if points is None:
            raise NoData(f"float {data.wmo}: no level with good temperature, salinity and position")
        bar = figure.colorbar(points, ax=axes, pad=0.02, aspect=35, fraction=0.07)
        bar.set_label("Depth [m]")
        bar.outline.set_visible(False)
        bar.ax.invert_yaxis()
        which = "all profiles" if cycle is None else f"cycle {cycle}"
        head(
            figure,
            f"Float {data.wmo} · temperature and salinity",
            f"{which} · {_span(data)} · good values only",
            "lines: potential density σ₀ [kg m⁻³]",
            left=0.09,
        )
    return figure


def _span(data: FloatData) -> str:
    known = data.time[~np.isnat(data.time)]
    if not len(known):
        return "times unknown"
    return f"{instant(known.min(), 'D')} to {instant(known.max(), 'D')}"


def draw_ts(
    axes: Axes, data: FloatData, cycle: int | None = None, *, size: float = 5.0
) -> PathCollection | None:
    """Draw into axes; None where there is no point."""
    salinity = data.values("absolute_salinity_g_kg")
    temperature, depth = data.values("conservative_temperature_c"), data.values("depth_m")
    known = np.isfinite(salinity) & np.isfinite(temperature) & np.isfinite(depth)
    if cycle is not None:
        known &= np.asarray(data.levels["cycle_number"].to_numpy()) == cycle
    axes.set_xlabel("Absolute salinity [g kg⁻¹]")
    axes.set_ylabel("Conservative temperature [°C]")
    bare(axes)
    if not known.any():
        return None
    from matplotlib.colors import PowerNorm  # noqa: PLC0415

    order = np.flatnonzero(known)[np.argsort(-depth[known], kind="stable")]
    norm = PowerNorm(_GAMMA, 0.0, max(float(depth[order].max()), 1.0))
    points = axes.scatter(
        salinity[order], temperature[order], size, c=depth[order],
        cmap=ramp(_DEPTH_MAP, _PALEST, 1.0),
        norm=norm, linewidths=0, zorder=3, rasterized=True,
    )  # fmt: skip
    _frame(axes, salinity[order], temperature[order])
    _densities(axes)
    return points


def _frame(axes: Axes, salinity: NDArray[np.float64], temperature: NDArray[np.float64]) -> None:
    """Leave a little room around the points."""
    for values, place in ((salinity, axes.set_xlim), (temperature, axes.set_ylim)):
        margin = max(float(np.ptp(values)) * 0.04, 0.02)
        place(float(values.min()) - margin, float(values.max()) + margin)


def _densities(axes: Axes) -> None:
    """Draw lines of equal potential density, sigma0."""
    gsw = load_gsw()
    salinity = np.linspace(*axes.get_xlim(), 120)
    temperature = np.linspace(*axes.get_ylim(), 120)
    sigma = gsw.sigma0(*np.meshgrid(salinity, temperature))
    lines = axes.contour(
        salinity, temperature, sigma, levels=10, colors=FAINT, linewidths=0.6, zorder=1
    )
    axes.clabel(lines, fmt="%g", fontsize=8, colors=SOFT, inline_spacing=4)
    axes.grid(visible=False)
