"""When the telescope scans: runs of samples in which what the drives or the observer say holds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Truths = NDArray[np.bool_]

LISSAJOUS_SCANNING = 1
"""`lissajous_status`: 0 is stationary, 1 scanning, 2 acquiring the source again."""


def runs(holds: Truths, *, bridge_samples: int = 0) -> Ints:
    """Return where something holds without a break.

    Parameters
    ----------
    holds : (time,) bool
    bridge_samples : int
        Breaks of at most so many samples are none.

    Returns
    -------
    (run, 2) int64
        First sample, and the one after the last.
    """
    steps = np.diff(holds.astype(np.int8), prepend=0, append=0)
    first, last = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    apart = first[1:] - last[:-1] > bridge_samples
    if len(first):
        first = first[np.concatenate(([True], apart))]
        last = last[np.concatenate((apart, [True]))]
    return np.stack((first, last), axis=1).astype(np.int64)


def has_bit(features: NDArray[np.int64], bit: int) -> Truths:
    """Return which samples have a feature, (time,) bool; the others that they have do not count."""
    found: Truths = (features >> bit) & 1 == 1
    return found


def latest(mjd: Floats, at_mjd: Floats, values: NDArray[np.int64], *, before: int = 0) -> Ints:
    """Return the last value that a slow series had at each time.

    Parameters
    ----------
    mjd : (time,) float64
    at_mjd : (slow,) float64
        On the same clock; in any order, values at times that are no numbers are left out.
    values : (slow,) integers
    before : int
        What holds before the first.

    Returns
    -------
    (time,) int64
    """
    said = np.isfinite(at_mjd)
    order = np.argsort(at_mjd[said], kind="stable")
    times, ordered = at_mjd[said][order], values[said][order].astype(np.int64)
    place = np.searchsorted(times, mjd, side="right")
    return np.concatenate(([before], ordered)).astype(np.int64)[place]


def trimmed(edges: Ints, *, start: int, end: int, shortest: int) -> Ints:
    """Return runs without their first and last samples, and without those that are too short.

    Parameters
    ----------
    edges : (run, 2) int64
    start, end : int
        Samples to take away.
    shortest : int
        A run that has fewer left is left out.

    Returns
    -------
    (scan, 2) int64
    """
    kept = edges + np.array([start, -end])
    found: Ints = kept[kept[:, 1] - kept[:, 0] >= max(shortest, 1)]
    return found


def between(holds: Truths, calibrated: Truths) -> Truths:
    """Return what holds between the first and the last time that the vane was in, (time,) bool.

    With one vane event, or none, it holds everywhere but in the event.

    Parameters
    ----------
    holds, calibrated : (time,) bool
        Whether a sample is of a scan, and of a vane event.
    """
    events = runs(calibrated)
    kept = holds & ~calibrated
    if len(events) > 1:
        kept[: events[0, 1]] = False
        kept[events[-1, 0] :] = False
    return kept
