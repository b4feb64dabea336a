"""The atmosphere: its brightness at the zenith over frequency and time, and the elevation."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gnomon.formats.pictures import INK, bare, new_figure
from gnomon.instruments.comap.level2 import layout
from gnomon.instruments.comap.plots import style
from gnomon.instruments.comap.plots.observed import Observed
from gnomon.instruments.comap.receiver import row_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

_SIZE_IN = (15.0, 8.6)
_LEFT, _RIGHT = 0.06, 0.985
_ONE_OF, _FEW = 64, 6
"""Channels that are averaged for a line; feeds that are named beside their lines."""


def draw_atmosphere(observed: Observed) -> Figure:
    """Return a picture of the fits of the atmosphere, one line a feed."""
    rows = [row_of(feed) for feed in observed.feeds]
    tau, offsets = (
        observed.array(name)[rows] for name in (layout.ATMOSPHERE_TAU, layout.ATMOSPHERE_OFFSETS)
    )
    with style.styled():
        figure = new_figure(*_SIZE_IN)
        axes = figure.subplots(
            2, 2,
            gridspec_kw={
                "left": _LEFT, "right": _RIGHT, "top": 1 - 1.35 / _SIZE_IN[1],
                "bottom": 0.08, "wspace": 0.14, "hspace": 0.34,
            },
        )  # fmt: skip
        _over_frequency(axes[0, 0], observed, tau, "Atmosphere at the zenith", "T τ / K")
        _over_frequency(axes[1, 0], observed, offsets, "The rest, at no air mass", "K")
        _over_time(axes[0, 1], observed, tau)
        _elevation(axes[1, 1], observed)
        for one in axes.ravel():
            bare(one)
        style.head(figure, observed.title, observed.subtitle, left=_LEFT)
        style.key(figure, _names(observed), right=_RIGHT)
    return figure


def _over_frequency(axes: Axes, observed: Observed, values: Floats, title: str, y: str) -> None:
    """Draw medians over scans and neighbouring channels: (feed, band, channel, scan), kelvin."""
    frequency_ghz = observed.array("spectrometer/frequency")
    for feed, of_feed in zip(observed.feeds, values, strict=True):
        for band in range(len(frequency_ghz)):
            median = _median(of_feed[band], axis=-1)
            axes.plot(
                _smooth(frequency_ghz[band]), _smooth(median), color=_colour(observed, feed),
                linewidth=1.1,
            )  # fmt: skip
    ends = style.limits(_median(values, axis=-1), 3, 97)
    if ends is None:
        style.nothing(axes, "no scan reached over enough elevation")
    else:
        axes.set_ylim(*ends)
    axes.set_title(title, fontsize=11)
    axes.set_xlabel("frequency / GHz")
    axes.set_ylabel(y)


def _over_time(axes: Axes, observed: Observed, tau: Floats) -> None:
    """Draw medians over bands and channels of each scan."""
    edges = np.clip(observed.scans, 0, len(observed.minutes) - 1)
    middle = observed.minutes[edges].mean(axis=1)
    for feed, of_feed in zip(observed.feeds, tau, strict=True):
        axes.plot(
            middle, _median(of_feed, axis=(0, 1)), "o-", color=_colour(observed, feed),
            markersize=4, linewidth=1, clip_on=False,
        )  # fmt: skip
    axes.set_title("Atmosphere at the zenith, scan by scan", fontsize=11)
    axes.set_xlabel("minutes since the start")
    axes.set_ylabel("T τ / K")
    axes.set_xlim(0, max(float(observed.minutes[-1]), 1e-6))


def _elevation(axes: Axes, observed: Observed) -> None:
    """Draw the elevation of the first feed, scans darker."""
    elevation = observed.pointing("el", observed.feeds[0])
    axes.plot(observed.minutes, elevation, color=style.RAW, linewidth=0.8)
    for first, behind in observed.scans:
        axes.plot(observed.minutes[first:behind], elevation[first:behind], color=INK, linewidth=1)
    axes.set_title(f"Elevation of feed {observed.feeds[0]}, scans darker", fontsize=11)
    axes.set_xlabel("minutes since the start")
    axes.set_ylabel("degrees")
    axes.set_xlim(0, max(float(observed.minutes[-1]), 1e-6))


def _colour(observed: Observed, feed: int) -> str:
    from matplotlib import colormaps  # noqa: PLC0415
    from matplotlib.colors import to_hex  # noqa: PLC0415

    n = len(observed.feeds)
    return to_hex(colormaps["viridis"](0.92 * observed.feeds.index(feed) / max(n - 1, 1)))


def _names(observed: Observed) -> list[tuple[str, str]]:
    """Return feeds with their colours; of many, the first and the last."""
    feeds = observed.feeds
    some = feeds if len(feeds) <= _FEW else (feeds[0], feeds[len(feeds) // 2], feeds[-1])
    words = [(f"feed {feed}", _colour(observed, feed)) for feed in some]
    return (
        words
        if len(words) == len(feeds)
        else [words[0], ("…", INK), words[1], ("…", INK), words[2]]
    )


def _smooth(values: Floats) -> Floats:
    """Return medians of neighbouring channels."""
    width = max(1, len(values) // _ONE_OF)
    return _median(values[: len(values) // width * width].reshape(-1, width), axis=1)


def _median(values: Floats, axis: int | tuple[int, ...]) -> Floats:
    """Return medians of what is known."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # where nothing is known
        return np.asarray(np.nanmedian(values, axis=axis), np.float64)
