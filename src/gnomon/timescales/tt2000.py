"""TT2000 and UTC, as arrays of whole nanoseconds.

TT2000 counts nanoseconds of terrestrial time since 2000-01-01T12:00:00 TT, leap seconds included
(NASA CDF, *CDF User's Guide*, "TT2000"). All values are int64: a float64 of today's instants has a
spacing of 128 ns.

>>> tt2000_of_utc(np.datetime64("2017-01-01T00:00:00", "ns"))
np.int64(536500869184000000)
>>> iso(np.int64(536500868184000000))
np.str_('2016-12-31T23:59:60.000000000')
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gnomon.errors import BadData
from gnomon.timescales.text_kernel import NS, instant_ns, number, read_text_kernel

Int64s = NDArray[np.int64]
Times = NDArray[np.datetime64]

FILL = np.iinfo(np.int64).min
"""TT2000 of no instant: the fill value of CDF, and NaT."""
TT_MINUS_TAI_NS = 32_184_000_000
J2000_UNIX_NS = 946_728_000 * NS
"""2000-01-01T12:00:00 counted from 1970 without leap seconds."""
_LATEST = np.iinfo(np.int64).max - J2000_UNIX_NS


@dataclass(frozen=True, eq=False)
class LeapSeconds:
    """TAI - UTC by date. Before its first date the first value holds.

    Attributes
    ----------
    utc_ns : ndarray of int64, shape (n,)
        Where each value begins, nanoseconds since 1970-01-01T00:00:00 UTC, ascending.
    tai_minus_utc_s : ndarray of int64, shape (n,)
        Seconds.
    """

    utc_ns: Int64s
    tai_minus_utc_s: Int64s

    @classmethod
    def of(cls, dates: list[tuple[str, int]]) -> LeapSeconds:
        """Make a table of (ISO date, TAI - UTC in seconds)."""
        days = np.array([day for day, _ in dates], dtype="M8[ns]")
        return cls(days.astype(np.int64), np.array([value for _, value in dates], dtype=np.int64))

    @classmethod
    def read(cls, path: Path) -> LeapSeconds:
        """Read a leap-second kernel of SPICE, such as ``naif0012.tls``.

        Raises
        ------
        BadData
            The file is no such kernel, or its dates do not ascend.
        """
        kernel = read_text_kernel(path)
        words = kernel.words("DELTET/DELTA_AT")
        starts = [instant_ns(word, path.name) + J2000_UNIX_NS for word in words[1::2]]
        if len(words) % 2 or not words or starts != sorted(set(starts)):
            raise BadData(f"{path.name}: DELTET/DELTA_AT is no ascending list of value, date")
        values = [int(number(word, path.name)) for word in words[::2]]
        return cls(np.array(starts, dtype=np.int64), np.array(values, dtype=np.int64))

    @cached_property
    def tt_minus_utc_ns(self) -> Int64s:
        """TT - UTC of each step, int64 nanoseconds, shape (n,)."""
        return self.tai_minus_utc_s * NS + TT_MINUS_TAI_NS

    @cached_property
    def tt2000(self) -> Int64s:
        """Where each value begins as TT2000, int64, shape (n,)."""
        return self.utc_ns - J2000_UNIX_NS + self.tt_minus_utc_ns


LEAP_SECONDS = LeapSeconds.of(
    [
        *(("1972-01-01", 10), ("1972-07-01", 11), ("1973-01-01", 12), ("1974-01-01", 13)),
        *(("1975-01-01", 14), ("1976-01-01", 15), ("1977-01-01", 16), ("1978-01-01", 17)),
        *(("1979-01-01", 18), ("1980-01-01", 19), ("1981-07-01", 20), ("1982-07-01", 21)),
        *(("1983-07-01", 22), ("1985-07-01", 23), ("1988-01-01", 24), ("1990-01-01", 25)),
        *(("1991-01-01", 26), ("1992-07-01", 27), ("1993-07-01", 28), ("1994-07-01", 29)),
        *(("1996-01-01", 30), ("1997-07-01", 31), ("1999-01-01", 32), ("2006-01-01", 33)),
        *(("2009-01-01", 34), ("2012-07-01", 35), ("2015-07-01", 36), ("2017-01-01", 37)),
    ]
)
"""IERS Bulletin C, up to number 71: none since 2017."""


def tt2000_of_utc(utc: ArrayLike, leap_seconds: LeapSeconds = LEAP_SECONDS) -> Any:
    """Convert UTC to TT2000.

    Parameters
    ----------
    utc : array_like of datetime64, any shape
        UTC; NaT becomes `FILL`.
    leap_seconds : LeapSeconds, optional
        The built-in table by default.

    Returns
    -------
    ndarray of int64, or int64, shape of `utc`
    """
    unix_ns = np.asarray(utc, dtype="M8[ns]").astype(np.int64)
    step = np.searchsorted(leap_seconds.utc_ns, unix_ns, side="right") - 1
    shift = leap_seconds.tt_minus_utc_ns[np.maximum(step, 0)] - J2000_UNIX_NS
    return np.where(unix_ns == FILL, FILL, unix_ns + shift)[()]


def utc_of_tt2000(tt2000: ArrayLike, leap_seconds: LeapSeconds = LEAP_SECONDS) -> Any:
    """Convert TT2000 to UTC.

    An instant inside a leap second is given as the last nanosecond before its end, since
    datetime64 has no 61st second; so it stays on its own day, and the order of times is kept.

    Parameters
    ----------
    tt2000 : array_like of int64, any shape
        `FILL`, and what datetime64[ns] cannot hold (from 2262 on), becomes NaT.

    Returns
    -------
    ndarray of datetime64[ns], or datetime64[ns], shape of `tt2000`
    """
    tt = np.asarray(tt2000, dtype=np.int64)
    unix_ns, in_leap = _unix_ns(tt, leap_seconds)
    midnight = unix_ns - unix_ns % (86_400 * NS)
    return np.where(in_leap, midnight - 1, unix_ns).astype("M8[ns]")[()]


def _unix_ns(tt: Int64s, leap_seconds: LeapSeconds) -> tuple[Int64s, NDArray[np.bool_]]:
    """Return UTC since 1970, where a leap second runs into the next day, and whether it is one."""
    step = np.maximum(np.searchsorted(leap_seconds.tt2000, tt, side="right") - 1, 0)
    known = (tt != FILL) & (tt <= _LATEST)
    held = np.where(known, tt, 0)
    unix_ns = held + (J2000_UNIX_NS - leap_seconds.tt_minus_utc_ns[step])
    following = np.append(leap_seconds.utc_ns[1:], np.iinfo(np.int64).max)[step]
    return np.where(known, unix_ns, FILL), known & (unix_ns >= following)


def iso(tt2000: ArrayLike, leap_seconds: LeapSeconds = LEAP_SECONDS) -> Any:
    """Write TT2000 as UTC with nine decimals; a leap second is second 60, no instant is ``NaT``.

    Parameters
    ----------
    tt2000 : array_like of int64, any shape

    Returns
    -------
    ndarray of str, or str, shape of `tt2000`
    """
    tt = np.asarray(tt2000, dtype=np.int64)
    unix_ns, in_leap = _unix_ns(tt, leap_seconds)
    shown = np.where(in_leap, unix_ns - NS, unix_ns).astype("M8[ns]")
    texts = np.asarray(np.datetime_as_string(shown))
    if np.any(in_leap):
        texts = np.where(in_leap, np.char.replace(texts, ":59.", ":60."), texts)
    return texts[()]


def day_bounds(
    day: date, margin_s: int = 0, leap_seconds: LeapSeconds = LEAP_SECONDS
) -> tuple[int, int]:
    """Return the TT2000 of the first instant of a UTC day and of the first one after it.

    Parameters
    ----------
    day : date
    margin_s : int
        SI seconds by which both ends are moved outwards.
    """
    first = np.datetime64(day, "D")
    start, stop = tt2000_of_utc(np.array([first, first + 1]), leap_seconds)
    return int(start) - margin_s * NS, int(stop) + margin_s * NS


def utc_days(tt2000: ArrayLike, leap_seconds: LeapSeconds = LEAP_SECONDS) -> Any:
    """Return the UTC day of each instant, datetime64[D], shape of `tt2000`."""
    return utc_of_tt2000(tt2000, leap_seconds).astype("M8[D]")
