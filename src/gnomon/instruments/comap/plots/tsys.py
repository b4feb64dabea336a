"""System temperatures over frequency, feed by feed, as the vane tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gnomon.instruments.comap.level2 import layout
from gnomon.instruments.comap.plots import style
from gnomon.instruments.comap.plots.observed import Observed
from gnomon.instruments.comap.plots.panels import grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]


def draw_tsys(observed: Observed) -> Figure:
    """Return a picture of the system temperature of every feed: one line a band and vane event.

    Later events are paler, so that what changed within the observation shows.
    """
    tsys = observed.array(layout.VANE_TSYS)
    with style.styled():
        made = grid(observed.feeds)
        for axes, feed in zip(made.axes, observed.feeds, strict=True):
            _draw_feed(axes, observed, tsys[:, observed.position_of(feed)])
        shown = tsys[:, [observed.position_of(feed) for feed in observed.feeds]]
        ends = style.limits(shown[shown > 0], 2, 97, room=0.6)
        made.axes[0].set_ylim(*((max(0.0, ends[0]), ends[1]) if ends else (0, 100)))
        made.label("frequency / GHz", "system temperature / K")
        style.head(made.figure, observed.title, observed.subtitle, left=made.left)
        words = [(f"band {band}", colour) for band, colour in enumerate(style.BANDS)]
        style.key(made.figure, words, right=made.right)
    return made.figure


def _draw_feed(axes: Axes, observed: Observed, tsys: Floats) -> None:
    """Draw a feed: (event, band, channel), kelvin."""
    frequency_ghz = observed.array("spectrometer/frequency")
    for event in reversed(range(len(tsys))):
        for band, colour in enumerate(style.BANDS):
            axes.plot(
                frequency_ghz[band], tsys[event, band], color=colour, linewidth=0.7,
                alpha=1.0 if event == 0 else 0.35,
            )  # fmt: skip
    known = tsys[np.isfinite(tsys) & (tsys > 0)]
    if known.size:
        style.note(axes, f"median {np.median(known):.1f} K")
    else:
        style.nothing(axes, "nothing was measured")
