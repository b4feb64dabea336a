"""What stages ask of housekeeping: what was so at each sample of the spectrometer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import BadData
from gnomon.instruments.comap.level1.observation import Housekeeping, Level1
from gnomon.instruments.comap.receiver import (
    FEATURE_VANE,
    HOUSEKEEPING_CLOCK_OFFSET_S,
    SAMPLE_RATE_HZ,
)
from gnomon.instruments.comap.science.scans import has_bit, latest, runs
from gnomon.instruments.comap.stages.stage import Observation

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Truths = NDArray[np.bool_]

_DAY_S = 86400.0
_FRAME = "array/frame"


def bad(obs: Observation, reason: object) -> BadData:
    """Return the error that rejects an observation."""
    return BadData(f"obsid {obs.record.obsid}: {reason}")


def on_time(series: Housekeeping) -> Floats:
    """Return the times of a housekeeping series on the spectrometer's clock, MJD, (n,)."""
    return series.mjd - HOUSEKEEPING_CLOCK_OFFSET_S / _DAY_S


def interpolated(level1: Level1, series: Housekeeping, factor: float = 1.0) -> Floats:
    """Return a series at each sample of the spectrometer, times a factor.

    Returns
    -------
    (time,) float64
        Linear between its times; NaN before the first and after the last of them.
    """
    mjd, values = on_time(series), series.values.astype(np.float64) * factor
    known = np.isfinite(mjd) & np.isfinite(values)
    if not known.any():
        return np.full(level1.n_samples, np.nan)
    order = np.argsort(mjd[known], kind="stable")
    at, held = mjd[known][order], values[known][order]
    return np.interp(level1.mjd, at, held, left=np.nan, right=np.nan)


def said(level1: Level1, group: str, name: str) -> Ints:
    """Return what a series of codes said last at each sample, (time,); 0 where there is none."""
    if not (level1.has(f"hk/{group}/{name}") and level1.has(f"hk/{group}/utc")):
        return np.zeros(level1.n_samples, np.int64)
    series = level1.housekeeping(group, name)
    return latest(level1.mjd, on_time(series), np.nan_to_num(series.values).astype(np.int64))


def frame_features(level1: Level1) -> Ints:
    """Return the features that the observatory's control system knew at each sample, (time,)."""
    return said(level1, _FRAME, "features")


def vane_is_in(level1: Level1) -> Truths:
    """Return which samples are of a vane event, (time,), by either record of the features.

    The vane takes several seconds: what is shorter than one is a slip of the record.
    """
    found = has_bit(level1.features, FEATURE_VANE) | has_bit(frame_features(level1), FEATURE_VANE)
    for first, last in runs(found):
        found[first:last] = last - first >= SAMPLE_RATE_HZ
    return found
