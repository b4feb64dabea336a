"""Power spectra of every feed, before and after the gain filter, with the noise that was fitted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from gnomon.instruments.comap.level2 import layout
from gnomon.instruments.comap.plots import style
from gnomon.instruments.comap.plots.observed import Observed
from gnomon.instruments.comap.plots.panels import grid
from gnomon.instruments.comap.receiver import N_BANDS, N_HALVES, SAMPLE_RATE_HZ
from gnomon.instruments.comap.science.flags import OBSERVER
from gnomon.instruments.comap.science.known_sources import Pointing, on_source
from gnomon.instruments.comap.science.spectra import filled, pair_rms, spectrum_of
from gnomon.instruments.comap.science.spectrum_fit import Noise

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

_BINS: Final = 60
_FEWEST: Final = 100
"""Samples that make a spectrum."""
_RADIUS_ARCMIN: Final = 12.0


def draw_spectra(observed: Observed) -> Figure:
    """Return a picture of the spectra of each feed's longest scan, its halves of bands one by one.

    Power is as in `science.spectra`: white noise of s K a sample has s² at every frequency. The
    black line is the noise fitted to the cleaned streams, the mean of all halves of bands. Samples
    that see a known source are bridged.
    """
    with style.styled():
        made = grid(observed.feeds, row_in=1.95)
        shown = [
            _draw_feed(axes, observed, feed)
            for axes, feed in zip(made.axes, observed.feeds, strict=True)
        ]
        first = made.axes[0]
        first.set_xscale("log")
        first.set_yscale("log")
        known = np.concatenate(shown)
        known = known[np.isfinite(known) & (known > 0)]
        if known.size:
            low, high = np.percentile(known, [0.5, 99.5])
            first.set_ylim(low / 2.5, high * 3)
        _, longest = _longest(observed)
        first.set_xlim(max(0.5 * SAMPLE_RATE_HZ / max(longest, _FEWEST), 1e-3), SAMPLE_RATE_HZ / 2)
        made.label("frequency / Hz", "power / K²")
        style.head(made.figure, observed.title, observed.subtitle, left=made.left)
        words = [("binned", "#8796a5"), *((f"band {n}", c) for n, c in enumerate(style.BANDS))]
        style.key(made.figure, [*words, ("fit", style.MODEL)], right=made.right)
    return made.figure


def _draw_feed(axes: Axes, observed: Observed, feed: int) -> Floats:
    """Draw one feed; return every power that is shown."""
    scan, length = _longest(observed)
    shown: list[Floats] = [np.zeros(0)]
    if length >= _FEWEST:
        first, behind = observed.scans[scan]
        good = (observed.flags_of(feed)[..., first:behind] & ~np.uint8(OBSERVER)) == 0
        good &= ~_on_source(observed, feed, slice(first, behind))
        for name, is_clean in ((layout.BINNED, False), (layout.FILTERED, True)):
            if observed.has(name):
                streams = observed.of_feed(name, feed)[..., first:behind]
                shown += _draw_streams(axes, streams, good, is_clean=is_clean)
    if len(shown) == 1:
        style.nothing(axes, "no scan is long enough" if length < _FEWEST else "nothing measured")
    else:
        _draw_fit(axes, observed, feed, scan)
    return np.concatenate(shown)


def _on_source(observed: Observed, feed: int, span: slice) -> NDArray[np.bool_]:
    """Tell which samples see a known source, (time,): the fitted noise knows nothing of them."""
    pointing = Pointing(
        observed.mjd[span], *(observed.pointing(name, feed)[span] for name in ("az", "el"))
    )
    return on_source(pointing, observed.source, _RADIUS_ARCMIN)


def _draw_streams(
    axes: Axes, streams: Floats, good: NDArray[np.bool_], *, is_clean: bool
) -> list[Floats]:
    """Draw the spectra of (band, half, time) streams; gaps are bridged."""
    shown = []
    for band in range(N_BANDS):
        for half in range(N_HALVES):
            values = streams[band, half]
            use = good[band, half] & np.isfinite(values)
            if use.sum() < _FEWEST:
                continue
            white = Noise(white=pair_rms(values, use), red=0.0)
            whole = filled(np.where(use, values, 0.0), use, white.power, (band, half))
            spectrum = spectrum_of(whole, n_bins=_BINS)
            axes.plot(
                spectrum.frequency_hz, spectrum.power,
                color=style.BANDS[band] if is_clean else style.RAW,
                linewidth=0.8 if is_clean else 0.7, alpha=0.75 if is_clean else 0.6,
                zorder=3 if is_clean else 2,
            )  # fmt: skip
            shown.append(spectrum.power)
    return shown


def _draw_fit(axes: Axes, observed: Observed, feed: int, scan: int) -> None:
    """Draw the mean of the fits to one scan, and say what it is."""
    names = [f"{layout.NOISE2}/binned_filtered_data/{name}" for name in _FITTED]
    if not all(observed.has(name) for name in names):
        return
    white, red, slope = (observed.of_feed(name, feed)[..., scan].ravel() for name in names)
    known = np.isfinite(white)
    if not known.any():
        style.note(axes, "no fit", colour=style.BAD)
        return
    fits = [Noise(*values) for values in zip(white[known], red[known], slope[known], strict=True)]
    at = np.geomspace(1e-3, SAMPLE_RATE_HZ / 2, 200)
    axes.plot(at, np.mean([_power(fit, at) for fit in fits], axis=0), color=style.MODEL, lw=1.3)
    knees = [fit.knee_hz for fit in fits if np.isfinite(fit.knee_hz)]
    words = f"{np.mean(white[known]) * 1e3:.0f} mK white"
    style.note(axes, f"{words}, knee {np.median(knees):.2g} Hz" if knees else words)


_FITTED: Final = ("sigma_white", "sigma_red", "alpha")


def _power(fit: Noise, at: Floats) -> Floats:
    """Return the model; white noise alone where no red noise was found."""
    return fit.power(at) if np.isfinite(fit.red) else np.full(len(at), fit.white**2)


def _longest(observed: Observed) -> tuple[int, int]:
    """Return which scan is the longest, and its samples; 0 samples where there is none."""
    lengths = observed.scans[:, 1] - observed.scans[:, 0]
    return (int(np.argmax(lengths)), int(lengths.max())) if len(lengths) else (0, 0)
