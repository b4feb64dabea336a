"""Rules of Argo data, as arrays in and arrays out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

GOOD_FLAGS = (1, 2, 5, 8)
"""Good, probably good, changed, estimated (user's manual, reference table 2)."""

UNUSABLE_FLAGS = (3, 4, 9)
"""Of a time or a position that is bad or missing (reference table 2)."""

LIMITS = {"PRES": 50.0, "TEMP": 1.0, "PSAL": 1.0}
"""The most that a good adjusted value may differ from the good raw value: dbar, degC, 1 (PSS-78).

Pressure offsets beyond 20 dbar are a failed sensor, not an adjustment; SBE thermistors drift by
millidegrees and are hardly ever adjusted; salinity drifts beyond some tenths count as beyond
repair (Argo quality control manual for CTD, sections 3.3 to 3.5). The limits lie well above, so
that only damage exceeds them; the largest in 405 real files are 2.1 dbar, 0 degC and 0.046.
"""


def good(qc: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Tell which quality flags mean usable data: 1, 2, 5 and 8; any shape, -1 where blank."""
    return np.isin(qc, GOOD_FLAGS)


def usable_position(
    latitude: NDArray[np.float64],
    longitude: NDArray[np.float64],
    position_qc: NDArray[np.int8],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return positions with NaN for those that are flagged bad or missing (3, 4, 9).

    All arrays are (profile,); degrees north and east.
    """
    bad = np.isin(position_qc, UNUSABLE_FLAGS)
    return np.where(bad, np.nan, latitude), np.where(bad, np.nan, longitude)


def best_values(
    raw: NDArray[np.float32],
    raw_qc: NDArray[np.int8],
    adjusted: NDArray[np.float32],
    adjusted_qc: NDArray[np.int8],
    data_mode: NDArray[np.bytes_],
) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """Choose raw or adjusted values, as the user's manual prescribes (section on DATA_MODE).

    Real-time profiles (R) take the raw values; adjusted (A) and delayed-mode (D) profiles take
    the adjusted ones, and never a raw value where the adjusted one is missing: it was judged bad.

    Parameters
    ----------
    raw, adjusted : (..., profile, level) float32
        In the parameter's unit; NaN where there is none.
    raw_qc, adjusted_qc : (..., profile, level) int8
    data_mode : (profile,) S1
        ``R``, ``A`` or ``D``.

    Returns
    -------
    values : (..., profile, level) float32
    qc : (..., profile, level) int8
    """
    real_time = (data_mode == b"R")[:, np.newaxis]
    return np.where(real_time, raw, adjusted), np.where(real_time, raw_qc, adjusted_qc)


def beyond_adjustment(
    raw: NDArray[np.float32],
    raw_qc: NDArray[np.int8],
    adjusted: NDArray[np.float32],
    adjusted_qc: NDArray[np.int8],
    limit: float,
) -> NDArray[np.bool_]:
    """Tell where a good raw and a good adjusted value differ by more than `limit`.

    All arrays have one shape; values and `limit` share one unit. No adjustment does this, so one
    of the two is damaged.
    """
    apart: NDArray[np.bool_] = np.abs(raw - adjusted) > limit  # NaN compares as False
    if apart.any():  # the flags of an undamaged file need no look
        apart &= good(raw_qc) & good(adjusted_qc)
    return apart
