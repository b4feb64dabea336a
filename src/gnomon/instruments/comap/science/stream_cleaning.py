"""Takes spikes, what is left of the atmosphere, and slow drifts out of one scan of a stream.

What looks at a known source, and what stands out like one, has no part in any of the three; the
drift runs below it. So a point source keeps its amplitude. Of the sky, what changes more slowly
than the window of the running median is lost: with a window longer than the scan that is a straight
line, and without one the level alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gnomon.instruments.comap.science.running_median import Ranking
from gnomon.instruments.comap.science.spikes import Excursions, excursions

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]

_CROSSINGS_PER_WINDOW = 6
_LEAST_SPIKE_WINDOW = 101
"""2 s: red noise is small within it."""


@dataclass(frozen=True)
class Cleaning:
    """How streams are cleaned.

    Attributes
    ----------
    window : int
        Samples of the running median; 0 subtracts the scan's median alone.
    outlier_sigma : float
        What is further out is a spike, or sky.
    crossing : float
        Samples of a beam crossing.
    """

    window: int
    outlier_sigma: float
    crossing: float

    @property
    def spike_window(self) -> int:
        """Samples of the short running median above which spikes stand: crossings hardly fill it.

        It is bounded, since a telescope that stands still crosses nothing.
        """
        wanted = max(_LEAST_SPIKE_WINDOW, _CROSSINGS_PER_WINDOW * self.crossing)
        return round(min(wanted, max(self.window, _LEAST_SPIKE_WINDOW)))

    @property
    def least_width(self) -> float:
        """Samples: what is narrower is a spike."""
        return min(self.crossing, self.spike_window / _CROSSINGS_PER_WINDOW)


@dataclass(frozen=True)
class Airmass:
    """The air above a feed during a scan.

    Attributes
    ----------
    change : (time,) float64
        1 / sin(elevation) without its own drift; all 0 where the elevation hardly changes.
    """

    change: Floats

    @classmethod
    def of(cls, el_deg: Floats, used: Truths, window: int, least_range_deg: float) -> Airmass:
        """Return the air at elevations, (time,) degrees; `used` as for the stream's drift."""
        known = np.isfinite(el_deg)
        if not known.any() or np.ptp(el_deg[known]) < least_range_deg:
            return cls(np.zeros(len(el_deg)))
        air = 1 / np.sin(np.radians(el_deg))
        drift = _drift(Ranking.of(air), air, used & known, window)
        return cls(np.where(known, air - drift, 0.0))


@dataclass(frozen=True)
class Cleaned:
    """A scan that has been cleaned.

    Attributes
    ----------
    values : (time,) float64
        Spikes are still there: they are flagged, not mended.
    found : Excursions
    """

    values: Floats
    found: Excursions


def cleaned(stream: Floats, masked: Truths, airmass: Airmass, cleaning: Cleaning) -> Cleaned:
    """Clean one scan of one stream.

    Parameters
    ----------
    stream : (time,) float64
        Kelvin; NaN stays NaN.
    masked : (time,) bool
        On a known source: neither spikes, nor part of any fit.
    airmass : Airmass
    cleaning : Cleaning
    """
    ranking = Ranking.of(stream)
    judged = np.isfinite(stream) & ~masked
    above = stream - ranking.running_median(judged, cleaning.spike_window)
    found = excursions(
        above, judged, outlier_sigma=cleaning.outlier_sigma, crossing=cleaning.least_width
    )
    calm = judged & ~found.spikes & ~found.sky
    flat = stream - _drift(ranking, stream, calm, cleaning.window)
    return Cleaned(flat - _slope(flat[calm], airmass.change[calm]) * airmass.change, found)


def _drift(ranking: Ranking, values: Floats, used: Truths, window: int) -> Floats:
    """Return the running median, or the median; 0 where nothing tells it.

    Near the ends a window is one-sided, and its median is late by the drift's slope: there it goes
    on as a straight line, with the slope of the last window.
    """
    if not used.any():
        return np.zeros(len(values))
    if window == 0:
        return np.full(len(values), np.median(values[used]))
    drift = ranking.running_median(used, window)
    reach = min(window, len(values))
    half = reach // 2
    first, last = (
        _steepness(values[:reach], used[:reach]),
        _steepness(values[-reach:], used[-reach:]),
    )
    steps = np.arange(1.0, half + 1)
    drift[:half] = drift[half] - first * steps[::-1]
    drift[len(drift) - half :] = drift[len(drift) - half - 1] + last * steps
    return drift


def _steepness(values: Floats, used: Truths) -> float:
    """Return the slope of a line of least squares, per sample; 0 where nothing tells it."""
    (at,) = np.nonzero(used)
    away = at - at.mean() if len(at) else np.zeros(0)
    spread = float(np.sum(away * away))
    return float(np.sum(away * values[at])) / spread if spread > 0 else 0.0


def _slope(values: Floats, change: Floats) -> float:
    """Return the kelvin per airmass of least squares, beside a free level; 0 if none is told."""
    away = change - change.mean() if len(change) else change
    # Not `@`: it wakes threads that cost more than they help.
    spread = float(np.sum(away * away))
    return float(np.sum(away * values)) / spread if spread > 0 else 0.0
