"""The streams of every feed over time: as binned, as cleaned, and what is flagged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from gnomon.instruments.comap.level2 import layout
from gnomon.instruments.comap.plots import style
from gnomon.instruments.comap.plots.observed import Observed, mean_of
from gnomon.instruments.comap.plots.panels import grid
from gnomon.instruments.comap.science.flags import OBSERVER, OUTSIDE_SCAN, SPIKE, VANE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

_COLUMNS: Final = 900
_ALL_BANDS = (0, 1)
_TOWERS, _BENT = 60.0, 8.0
"""Of the noise: a source this high bends the scale, which is straight up to the other."""


def draw_streams(observed: Observed) -> Figure:
    """Return a picture of the mean of all bands of every feed over time.

    A column of the picture reaches from the lowest to the highest sample in it.
    """
    with style.styled():
        made = grid(observed.feeds)
        reached = [
            _draw_feed(axes, observed, feed)
            for axes, feed in zip(made.axes, observed.feeds, strict=True)
        ]
        _scale(made.axes[0], np.concatenate(reached))
        made.axes[0].set_xlim(0, max(float(observed.minutes[-1]), 1e-6))
        made.label("minutes since the start", "antenna temperature / K, mean of all bands")
        style.head(made.figure, observed.title, observed.subtitle, left=made.left)
        words = [("binned", "#8796a5"), ("cleaned", style.CLEAN), ("flagged", style.BAD)]
        style.key(made.figure, words, right=made.right)
    return made.figure


def _draw_feed(axes: Axes, observed: Observed, feed: int) -> Floats:
    """Draw one feed; return what its vertical axis should show."""
    flags = observed.flags_of(feed)
    inside = (flags & (OUTSIDE_SCAN | VANE)) == 0
    good = (flags & ~np.uint8(OBSERVER)) == 0
    shown = []
    for name, use, colour in (
        (layout.BINNED, inside, style.RAW),
        (layout.FILTERED, good, style.CLEAN),
    ):
        if observed.has(name):
            mean = mean_of(observed.of_feed(name, feed), use, _ALL_BANDS)
            at, low, high = envelope(observed.minutes, mean)
            axes.fill_between(at, low, high, color=colour, linewidth=0.6)
            shown += [low, high]
    _draw_flags(axes, observed, flags)
    if not any(np.isfinite(one).any() for one in shown):
        style.nothing(axes, "nothing was measured")
    return np.concatenate(shown) if shown else np.zeros(0)


def _scale(axes: Axes, shown: Floats) -> None:
    """Show everything; where a source towers above the noise, both, on a scale that is bent."""
    known = shown[np.isfinite(shown)]
    if not known.size:
        return
    low, high = float(known.min()), float(known.max())
    noise = float(np.percentile(np.abs(known - np.median(known)), 75)) or 1e-6
    if max(high, -low) > _TOWERS * noise:
        axes.set_yscale("symlog", linthresh=_BENT * noise, linscale=1.2)
        axes.set_ylim(min(low * 2, -1.6 * _BENT * noise), high * 2)
    else:
        pad = 0.12 * (high - low) or 1e-6
        axes.set_ylim(low - 2 * pad, high + pad)


def _draw_flags(axes: Axes, observed: Observed, flags: NDArray[np.uint8]) -> None:
    """Mark spikes at the foot of a panel, shade what lies outside scans, name the observers'."""
    for first, behind in _between(observed):
        axes.axvspan(first, behind, color="#f1f3f5", linewidth=0, zorder=0)
    spiky = ((flags & SPIKE) != 0).any(axis=_ALL_BANDS)
    at = observed.minutes[spiky]
    if len(at) > _COLUMNS:
        at = np.unique(np.round(at / at[-1], 3)) * at[-1]
    axes.plot(
        at, np.full(len(at), 0.03), "|", color=style.BAD, markersize=5, markeredgewidth=0.8,
        transform=axes.get_xaxis_transform(), clip_on=False,
    )  # fmt: skip
    vetoed = int(((flags & OBSERVER) != 0).any(axis=-1).sum())
    if vetoed:
        style.note(axes, f"observers flagged {vetoed} of 8 bands", colour=style.BAD)


def _between(observed: Observed) -> list[tuple[float, float]]:
    """Return the spans outside scans, in minutes."""
    at = [*observed.minutes, observed.minutes[-1]]
    n = len(observed.minutes)
    starts = [0, *(min(int(behind), n) for behind in observed.scans[:, 1])]
    ends = [*(min(int(first), n) for first in observed.scans[:, 0]), n]
    return [(at[a], at[b]) for a, b in zip(starts, ends, strict=True) if b > a]


def envelope(at: Floats, values: Floats) -> tuple[Floats, Floats, Floats]:
    """Return times with the lowest and highest value of each column of a picture.

    Returns
    -------
    at, low, high : (column,) float64
        NaN where a column has no value, so that gaps stay gaps.
    """
    n = len(values)
    starts = np.unique(np.linspace(0, n, min(n, _COLUMNS), endpoint=False).astype(int))
    return at[starts], np.fmin.reduceat(values, starts), np.fmax.reduceat(values, starts)
