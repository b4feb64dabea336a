"""Which points of light curves not to use, and why: nothing is dropped, a mask says it.

Arrays are flat: curve `i` is ``offsets[i]:offsets[i + 1]``, in order of time.
"""

from __future__ import annotations

import json
from enum import IntFlag

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gnomon.compiled import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Truths = NDArray[np.bool_]
Masks = NDArray[np.uint32]

SIGMA_OF_MAD = 1.482602218505602
"""The standard deviation of a normal distribution whose median absolute deviation is 1."""
_REASONS = b"gnomon.mask"


class Reason(IntFlag):
    """Why a point is not to be used; 0 is a point to use."""

    NOT_FINITE = 1
    """The value, or the time, is no number."""
    LIMIT = 2
    """Nothing was seen: the value is a limit."""
    CONFLICT = 4
    """The archive gave several values for this time."""
    QUALITY = 8
    """The survey's own flags tell against it."""
    ERROR = 16
    """The error is unknown, or larger than is wanted."""
    WINDOW = 32
    """In a span of time that is left out."""
    OUTLIER = 64
    """Too far from the middle of its curve."""
    NO_TREND = 128
    """Too few points around it to tell the trend, or too near to a gap."""


def with_reasons(schema: pa.Schema) -> pa.Schema:
    """Return a schema whose metadata names the bits of the mask."""
    names = {str(reason.value): (reason.name or "").lower() for reason in Reason}
    return schema.with_metadata({**(schema.metadata or {}), _REASONS: json.dumps(names).encode()})


def reasons_of(schema: pa.Schema) -> dict[int, str]:
    """Return the names of the bits of the mask of a file; none where it does not say."""
    text = (schema.metadata or {}).get(_REASONS, b"{}")
    return {int(bit): str(name) for bit, name in json.loads(text).items()}


def told(mask: int) -> tuple[str, ...]:
    """Return the reasons that a mask gives, as in ``quality``; the lowest bit first."""
    return tuple((one.name or "").lower() for one in Reason if mask & one)


def outliers(
    value: Floats,
    used: Truths,
    offsets: Ints,
    *,
    lower: float = 5.0,
    upper: float = 5.0,
    robust: bool = True,
    rounds: int = 10,
) -> Truths:
    """Return which used points lie too far from the middle of their curve.

    The middle is the median of what is left; the scale is the median absolute deviation times
    1.4826, or the standard deviation. What is found is taken away and the rest is looked at again,
    until nothing is found. A curve without scatter has no outliers.

    Parameters
    ----------
    value : ndarray of float64, shape (N,)
    used : ndarray of bool, shape (N,)
        Finite values to look at.
    offsets : ndarray of int64, shape (n + 1,)
    lower, upper : float
        Scales below and above the middle; infinity for none.
    robust : bool
        Take the median absolute deviation.
    rounds : int
        The most of them.

    Returns
    -------
    ndarray of bool, shape (N,)
    """
    found = np.zeros(len(value), np.bool_)
    _clip(value, used, offsets, lower, upper, robust, rounds, found)
    return found


@compiled
def _clip(
    value: Floats,
    used: Truths,
    offsets: Ints,
    lower: float,
    upper: float,
    robust: bool,  # noqa: FBT001 - Numba takes no keywords
    rounds: int,
    found: Truths,
) -> None:
    for curve in range(len(offsets) - 1):
        start, stop = offsets[curve], offsets[curve + 1]
        for _ in range(rounds):
            left = value[start:stop][used[start:stop] & ~found[start:stop]]
            if len(left) == 0:
                break
            middle = np.median(left)
            scale = SIGMA_OF_MAD * np.median(np.abs(left - middle)) if robust else np.std(left)
            if not scale > 0:
                break
            any_found = False
            for i in range(start, stop):
                if used[i] and not found[i]:
                    away = (value[i] - middle) / scale
                    if away > upper or away < -lower:
                        found[i] = True
                        any_found = True
            if not any_found:
                break


def within(time_d: Floats, spans: tuple[tuple[float, float], ...]) -> Truths:
    """Return which times lie in one of some spans, both ends in; shape as `time_d`."""
    found = np.zeros(len(time_d), np.bool_)
    for first, last in spans:
        found |= (time_d >= first) & (time_d <= last)
    return found
