"""The vane: a hot load that is swept in front of the receiver, beside a cold sky.

Where the load is seen the counts are V_hot, where the sky is, V_cold; with Y = V_hot / V_cold

    T_sys = (T_hot - Y T_cold) / (Y - 1)        gain = (V_hot - V_cold) / (T_hot - T_cold)

(the Y factor; Penzias and Burrus 1973 for why T_cold is that of the CMB: the atmosphere is nearly
as warm as the load, so its absorption cancels, and temperatures are those above it).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gnomon.instruments.comap.science.medians import known_mean
from gnomon.instruments.comap.science.scans import runs

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Truths = NDArray[np.bool_]

SKY_ABOVE_DEG = 180.0
"""The vane's angle from which on it is out of the beam; in the beam it is about 65."""
LOAD_WITHIN_DEG = 4.0
"""The load fills the beam up to so far from the smallest angle of the event."""
_BRIDGE_SAMPLES = 250
_GUARD_SAMPLES = 5
_LEAST_SAMPLES = 10


@dataclass(frozen=True)
class Event:
    """One time that the vane was in.

    Attributes
    ----------
    hot, cold : (n,) int64
        Samples in which the load fills the beam, and those in which the vane is out of it.
    mjd : float
        Middle, UTC.
    """

    hot: Ints
    cold: Ints
    mjd: float


def events(calibrated: Truths, angle_deg: Floats, mjd: Floats) -> tuple[list[Event], int]:
    """Return the events in which both the load and the sky are seen.

    A few samples where the vane begins or ends to move are left out.

    Parameters
    ----------
    calibrated : (time,) bool
        Whether the feature of the vane is set.
    angle_deg : (time,) float64
        The vane's.
    mjd : (time,) float64

    Returns
    -------
    list of Event, int
        In time; and how many more there were in which one of the two is missing.
    """
    found, incomplete = [], 0
    for first, last in runs(calibrated, bridge_samples=_BRIDGE_SAMPLES):
        angle = angle_deg[first:last]
        nearest = np.min(angle, initial=np.inf, where=np.isfinite(angle))
        hot = first + _inside(angle < min(nearest + LOAD_WITHIN_DEG, SKY_ABOVE_DEG))
        cold = first + _inside(angle > SKY_ABOVE_DEG)
        if min(len(hot), len(cold)) < _LEAST_SAMPLES:
            incomplete += 1
            continue
        middle = float(np.mean(mjd[[min(hot[0], cold[0]), max(hot[-1], cold[-1])]]))
        found.append(Event(hot, cold, middle))
    return found, incomplete


def _inside(holds: Truths) -> Ints:
    """Return the samples that hold and are not next to ones that do not; an event's ends may be."""
    spans = runs(holds)
    guard = np.where((spans == 0) | (spans == len(holds)), 0, _GUARD_SAMPLES)
    inner = [np.arange(a + g, b - h) for (a, b), (g, h) in zip(spans, guard, strict=True)]
    found: Ints = np.concatenate([np.empty(0, np.int64), *inner])
    return found


def y_factor(hot: Floats, cold: Floats, *, hot_k: float, cold_k: float) -> tuple[Floats, Floats]:
    """Return system temperature and gain.

    Parameters
    ----------
    hot, cold : (channel,) float64
        Counts on the load and on the sky.
    hot_k, cold_k : float

    Returns
    -------
    tsys : (channel,) float64
        Kelvin; NaN where the load is not brighter than the sky, or what comes out is below zero.
    gain : (channel,) float64
        Counts per kelvin; NaN where `tsys` is.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        y = hot / cold
        tsys = (hot_k - y * cold_k) / (y - 1)
        gain = (hot - cold) / (hot_k - cold_k)
    good = (cold > 0) & (y > 1) & (tsys > 0) & np.isfinite(gain)
    return np.where(good, tsys, np.nan), np.where(good, gain, np.nan)


def level(values: NDArray[np.float32], samples: Ints) -> Floats:
    """Return the mean over some samples, NaN left out.

    Parameters
    ----------
    values : (channel, time) float32
    samples : (n,) int64

    Returns
    -------
    (channel,) float64
        NaN where there is none.
    """
    return known_mean(values[:, samples], axis=1)


def known_gain(gain: Floats) -> Floats:
    """Return gains whose gaps are filled by the mean over the other events, (event, channel)."""
    return np.where(np.isfinite(gain), gain, known_mean(gain, axis=0))


def gain_at(gain: Floats, event_mjd: Floats, mjd: Floats) -> Floats:
    """Return how much each vane event counts in the gain at each time.

    The gain is interpolated linearly between events and is constant before the first and after
    the last: with `known_gain` it is ``gain.T @ weights``, (channel, time).

    Parameters
    ----------
    gain : (event, channel) float64
        An event without any gain does not count: its weights are 0.
    event_mjd : (event,) float64
        Ascending.
    mjd : (time,) float64

    Returns
    -------
    (event, time) float64
        Sums to 1 at each time; 0 throughout where no event counts.
    """
    weights = np.zeros((len(event_mjd), len(mjd)))
    known = np.flatnonzero(np.isfinite(gain).any(axis=tuple(range(1, gain.ndim))))
    for nth, event in enumerate(known):
        peak = np.zeros(len(known))
        peak[nth] = 1
        weights[event] = np.interp(mjd, event_mjd[known], peak)
    return weights
