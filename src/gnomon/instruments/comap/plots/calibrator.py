"""Maps around a calibrator, feed by feed, with the fitted source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import BadData
from gnomon.formats.pictures import PAPER, SOFT
from gnomon.instruments.comap.level2 import layout
from gnomon.instruments.comap.plots import style
from gnomon.instruments.comap.plots.observed import Observed, mean_of
from gnomon.instruments.comap.plots.panels import grid
from gnomon.instruments.comap.science.calibrators import known, sky_of
from gnomon.instruments.comap.science.coordinates import Sky, offsets
from gnomon.instruments.comap.science.flags import OBSERVER

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

HALF_ARCMIN: Final = 24.0
PIXEL_ARCMIN: Final = 1.5
_FWHM = 2 * np.sqrt(2 * np.log(2))


def draw_calibrator(observed: Observed) -> Figure:
    """Return maps of every feed around where the calibrator is, the mean of all bands.

    The cross is where the source should be; the ellipse is at half of the fitted maximum.

    Raises
    ------
    BadData
        What was observed is no calibrator whose place is known.
    """
    if not known(observed.source):
        raise BadData(f"{observed.name}: {observed.source or 'what was observed'} is no calibrator")
    with style.styled():
        made = grid(observed.feeds, square=True)
        maps = [_map_of(observed, feed) for feed in observed.feeds]
        tops = [float(np.nanmax(one)) for one in maps if (one > 0).any()]
        top = max(tops, default=1.0)
        mesh = None
        for axes, feed, values in zip(made.axes, observed.feeds, maps, strict=True):
            mesh = _draw_map(axes, values, top)
            _draw_fit(axes, observed, feed)
        # East is left.
        made.axes[0].set_xlim(HALF_ARCMIN, -HALF_ARCMIN)
        made.axes[0].set_ylim(-HALF_ARCMIN, HALF_ARCMIN)
        made.axes[0].set_xticks([-20, -10, 0, 10, 20])
        made.axes[0].set_yticks([-20, -10, 0, 10, 20])
        made.label("offset in right ascension / arcmin", "offset in declination / arcmin")
        style.head(made.figure, observed.title, observed.subtitle, left=made.left)
        if mesh is not None:
            _colour_bar(made.figure, mesh, made.right)
    return made.figure


def _map_of(observed: Observed, feed: int) -> Floats:
    """Return the mean of the samples in each pixel, (y, x) float64 K; NaN where there are none."""
    good = (observed.flags_of(feed) & ~np.uint8(OBSERVER)) == 0
    values = mean_of(observed.of_feed(layout.FILTERED, feed), good, (0, 1))
    middle = sky_of(observed.source, observed.mjd)
    x, y = offsets(observed.pointing("ra", feed), observed.pointing("dec", feed), Sky(*middle))
    edges = np.arange(-HALF_ARCMIN, HALF_ARCMIN + PIXEL_ARCMIN / 2, PIXEL_ARCMIN)
    use = np.isfinite(values + x + y)
    places = (y[use] * 60, x[use] * 60)
    hits, *_ = np.histogram2d(*places, bins=(edges, edges))
    total, *_ = np.histogram2d(*places, bins=(edges, edges), weights=values[use])
    return np.where(hits > 0, total / np.maximum(hits, 1), np.nan)


def _draw_map(axes: Axes, values: Floats, top: float) -> QuadMesh:
    edges = np.linspace(-HALF_ARCMIN, HALF_ARCMIN, len(values) + 1)
    mesh = axes.pcolormesh(
        edges, edges, np.ma.masked_invalid(values), cmap="magma", vmin=-0.05 * top, vmax=top,
        rasterized=True,
    )  # fmt: skip
    axes.set_facecolor("#eef1f4")
    axes.set_aspect("equal")
    axes.grid(visible=False)
    if not np.isfinite(values).any():
        style.nothing(axes, "nothing was measured")
    return mesh


def _draw_fit(axes: Axes, observed: Observed, feed: int) -> None:
    """Draw where the source should be, and the mean of the fits of all halves of bands."""
    from matplotlib.patches import Ellipse  # noqa: PLC0415

    axes.plot([0], [0], "+", color="#00e5ff", markersize=11, markeredgewidth=1.1)
    names = ("amplitudes", "ra_offset", "dec_offset", "major_std", "minor_std", "position_angle")
    if not observed.has(f"{layout.CALIBRATOR}/amplitudes"):
        return
    fitted = [observed.of_feed(f"{layout.CALIBRATOR}/{name}", feed).ravel() for name in names]
    good = np.isfinite(fitted[0])
    if not good.any():
        style.note(axes, "no fit", colour=style.BAD)
        return
    amplitude, x, y, major, minor, angle = (float(np.median(one[good])) for one in fitted)
    axes.add_patch(
        Ellipse(
            (x * 60, y * 60), major * 60 * _FWHM, minor * 60 * _FWHM, angle=np.degrees(angle),
            fill=False, edgecolor=PAPER, linewidth=1.4,
        )
    )  # fmt: skip
    east, north = (round(offset * 3600) for offset in (x, y))
    style.note(axes, f"{amplitude:.2f} K  ({east:+d}, {north:+d})″")


def _colour_bar(figure: Figure, mesh: QuadMesh, right: float) -> None:
    height = figure.get_size_inches()[1]
    axes = figure.add_axes((right - 0.2, 1 - 0.62 / height, 0.2, 0.12 / height))
    bar = figure.colorbar(mesh, cax=axes, orientation="horizontal")
    bar.outline.set_visible(False)
    axes.tick_params(labelsize=8, length=2)
    axes.set_title("antenna temperature / K", fontsize=8.5, color=SOFT, weight="normal")
