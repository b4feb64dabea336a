"""A spacecraft's clock: its readings to TT2000, as a SPICE kernel correlates them.

Source: NAIF, *SCLK Required Reading*, "SCLK kernels" and "Type 1"; for TDB, *Time Required
Reading*, "The relationship between TDT and TDB". From one correlation to the next, and after the
last one, the kernel's own time is a straight line over the clock's:

    time = time of the correlation + rate * (clock - clock of the correlation)

All is whole nanoseconds but for the product with (rate - 1), which is small. So a result is as
fine as the decimals of the kernel, while the doubles of SPICE have a spacing of 119 ns.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gnomon.errors import BadData
from gnomon.timescales.text_kernel import NS, TextKernel, instant_ns, number, read_text_kernel
from gnomon.timescales.tt2000 import FILL, LEAP_SECONDS, Int64s, LeapSeconds, tt2000_of_utc

MET_EPOCH = np.datetime64("2010-01-01", "ns")
"""UTC at which IMAP's mission elapsed time is 0; for a clock without a kernel."""
TICKS_PER_SECOND = 50_000
"""Of IMAP's clock, for one without a kernel: a tick is 20 us."""
_DATA_TYPE = re.compile(r"SCLK_DATA_TYPE_(\d+)")
_TDB, _TT = 1, 2
_TDB_AMPLITUDE_NS, _ECCENTRICITY = 1.657e6, 1.671e-2
_ANOMALY, _ANOMALY_PER_NS = 6.239996, 1.99096871e-7 / NS
"""TDB - TT = K sin(E), E = M + EB sin(M), M = M0 + M1 t: as in every leap-second kernel of NAIF."""


def _whole_clock() -> Int64s:
    return np.array([[0, (1 << 32) * NS]], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class SpacecraftClock:
    """Turns a clock's readings into TT2000.

    Attributes
    ----------
    at_clock_ns : ndarray of int64, shape (n,)
        The clock at each correlation, nanoseconds of its own since its first partition began.
    at_time_ns : ndarray of int64, shape (n,)
        TT2000 (or TDB, where `is_tdb`) at each correlation, nanoseconds since J2000.
    drift : ndarray of float64, shape (n,)
        From each correlation on, how much longer a second of the clock is than one of that time,
        seconds per second.
    ticks_per_second : int
        Of the clock's fine count.
    partitions : ndarray of int64, shape (p, 2)
        First and last reading of each run of the clock, nanoseconds of its own. A reading belongs
        to the first that holds it, as in SPICE where it does not say.
    leap_seconds : LeapSeconds
        For the UTC of these times.
    is_correlated : bool
        False where there is no kernel: then a second of the clock is one of TT since mission
        elapsed time began, which is seconds off after some years.
    is_tdb : bool
        Whether the kernel correlates with TDB, not TT.
    """

    at_clock_ns: Int64s
    at_time_ns: Int64s
    drift: NDArray[np.float64]
    ticks_per_second: int = TICKS_PER_SECOND
    partitions: Int64s = field(default_factory=_whole_clock)
    leap_seconds: LeapSeconds = LEAP_SECONDS
    is_correlated: bool = True
    is_tdb: bool = False

    @classmethod
    def read(cls, sclk: Path | None, lsk: Path | None, *, epoch: np.datetime64 = MET_EPOCH) -> Self:
        """Read the kernel of the clock, and that of leap seconds.

        Parameters
        ----------
        sclk : Path, optional
            A clock kernel of type 1, of one spacecraft; without it the clock is not correlated.
        lsk : Path, optional
            A leap-second kernel; without it the built-in table holds.
        epoch : datetime64
            UTC at which mission elapsed time is 0, for a clock without a kernel.

        Raises
        ------
        BadData
            A kernel is damaged, or of another type.
        """
        leap_seconds = LEAP_SECONDS if lsk is None else LeapSeconds.read(lsk)
        if sclk is not None:
            return cls(**_correlations(read_text_kernel(sclk)), leap_seconds=leap_seconds)
        return cls(
            at_clock_ns=np.zeros(1, dtype=np.int64),
            at_time_ns=np.array([tt2000_of_utc(epoch, leap_seconds)]),
            drift=np.zeros(1),
            leap_seconds=leap_seconds,
            is_correlated=False,
        )

    @property
    def correlated_until(self) -> int:
        """TT2000 of the last correlation: later times are extrapolated, by its rate."""
        return int(self._tt(self.at_time_ns[-1:])[0])

    def tt2000(self, coarse_s: ArrayLike, fine: ArrayLike = 0, per_second: int = 0) -> Any:
        """Convert readings of the clock.

        Parameters
        ----------
        coarse_s : array_like of int, any shape
            Seconds.
        fine : array_like of int
            Parts of a second, to be broadcast with `coarse_s`.
        per_second : int
            How many of those parts make a second; the clock's own ticks by default.

        Returns
        -------
        ndarray of int64, or int64
            TT2000, nanoseconds; `FILL` where the clock cannot show such a reading.
        """
        seconds = np.asarray(coarse_s, dtype=np.int64)
        parts = np.asarray(fine, dtype=np.int64)
        clock = _encoded(seconds * NS + _parts_ns(parts, per_second or self.ticks_per_second), self)
        step = np.searchsorted(self.at_clock_ns, clock, side="right") - 1
        since = clock - self.at_clock_ns[step]
        time = self.at_time_ns[step] + since + np.rint(since * self.drift[step]).astype(np.int64)
        return np.where((clock < 0) | (step < 0), FILL, self._tt(time))[()]

    def reading(self, tt2000: ArrayLike) -> tuple[Any, Any]:
        """Return what the clock shows at an instant, to the nearest tick.

        Parameters
        ----------
        tt2000 : array_like of int64, any shape
            Not before the first correlation.

        Returns
        -------
        coarse_s, ticks : ndarray of int64, or int64
        """
        tt = np.asarray(tt2000, dtype=np.int64)
        time = tt + tdb_minus_tt_ns(tt) if self.is_tdb else tt
        step = np.maximum(np.searchsorted(self.at_time_ns, time, side="right") - 1, 0)
        since = time - self.at_time_ns[step]
        slope = self.drift[step] / (1 + self.drift[step])
        clock = self.at_clock_ns[step] + since - np.rint(since * slope).astype(np.int64)
        shown = _decoded(clock, self)
        ticks = _rounded(shown % NS * self.ticks_per_second, NS)
        return (
            (shown // NS + ticks // self.ticks_per_second)[()],
            (ticks % self.ticks_per_second)[()],
        )

    def _tt(self, time_ns: Int64s) -> Int64s:
        return time_ns - tdb_minus_tt_ns(time_ns) if self.is_tdb else time_ns


def _rounded(numerator: Int64s, denominator: int) -> Int64s:
    """Divide whole numbers, and round to the nearest one."""
    quotient: Int64s = (numerator + denominator // 2) // denominator
    return quotient


def _parts_ns(parts: Int64s, per_second: int) -> Int64s:
    """Turn parts of a second into nanoseconds, without an overflow for any 64-bit count."""
    whole: Int64s = parts // per_second * NS
    return whole + _rounded(parts % per_second * NS, per_second)


def _starts(clock: SpacecraftClock) -> Int64s:
    """Return the encoded clock at the start of each partition."""
    lengths: Int64s = clock.partitions[:, 1] - clock.partitions[:, 0]
    return np.cumsum(lengths, dtype=np.int64) - lengths


def _encoded(reading_ns: Int64s, clock: SpacecraftClock) -> Int64s:
    """Count on from the first partition; -1 where no partition holds the reading."""
    found = np.full(reading_ns.shape, -1, dtype=np.int64)
    runs = zip(clock.partitions[::-1], _starts(clock)[::-1], strict=True)
    for (first, last), start in runs:
        is_in = (reading_ns >= first) & (reading_ns <= last)
        found = np.where(is_in, reading_ns - first + start, found)
    return found


def _decoded(encoded_ns: Int64s, clock: SpacecraftClock) -> Int64s:
    starts = _starts(clock)
    run = np.maximum(np.searchsorted(starts, encoded_ns, side="right") - 1, 0)
    shown: Int64s = encoded_ns - starts[run] + clock.partitions[run, 0]
    return shown


def tdb_minus_tt_ns(time_ns: Int64s) -> Int64s:
    """Return TDB - TT; either scale may be given: they differ by less than 2 ms."""
    mean = _ANOMALY + _ANOMALY_PER_NS * time_ns
    shift = np.rint(_TDB_AMPLITUDE_NS * np.sin(mean + _ECCENTRICITY * np.sin(mean)))
    return np.asarray(shift, dtype=np.int64)


def _correlations(kernel: TextKernel) -> dict[str, Any]:
    """Return what a clock kernel says, as fields of a `SpacecraftClock`."""
    own = _spacecraft(kernel)
    per_second = _ticks_per_second(kernel, own)
    clock = _ticks_ns(kernel, f"SCLK01_COEFFICIENTS_{own}", per_second, 3)
    if not clock or clock != sorted(set(clock)):
        raise BadData(f"{kernel.name}: the correlations do not ascend")
    words = kernel.words(f"SCLK01_COEFFICIENTS_{own}")
    starts, ends = (
        _ticks_ns(kernel, f"SCLK_PARTITION_{end}_{own}", per_second) for end in ("START", "END")
    )
    if len(starts) != len(ends) or not starts:
        raise BadData(f"{kernel.name}: the partitions have not as many starts as ends")
    rates = [number(word, kernel.name) for word in words[2::3]]
    return {
        "at_clock_ns": np.array(clock, dtype=np.int64),
        "at_time_ns": np.array([instant_ns(w, kernel.name) for w in words[1::3]], dtype=np.int64),
        "drift": np.array([float(rate - 1) for rate in rates]),
        "ticks_per_second": per_second,
        "partitions": np.array([starts, ends], dtype=np.int64).T,
        "is_tdb": _is_tdb(kernel, own),
    }


def _spacecraft(kernel: TextKernel) -> str:
    """Return the number that ends the names of a kernel's variables."""
    found = [match[1] for name in kernel.values if (match := _DATA_TYPE.fullmatch(name))]
    if len(found) != 1:
        raise BadData(f"{kernel.name}: no clock kernel of one spacecraft")
    if kernel.integers(f"SCLK_DATA_TYPE_{found[0]}") != (1,):
        raise BadData(f"{kernel.name}: only clock kernels of type 1 are read")
    return found[0]


def _ticks_per_second(kernel: TextKernel, own: str) -> int:
    moduli = kernel.integers(f"SCLK01_MODULI_{own}")
    if len(moduli) != 2 or moduli[1] < 1 or any(kernel.integers(f"SCLK01_OFFSETS_{own}")):  # noqa: PLR2004 - fields
        raise BadData(f"{kernel.name}: only clocks of seconds and ticks, from 0, are read")
    return moduli[1]


def _is_tdb(kernel: TextKernel, own: str) -> bool:
    name = f"SCLK01_TIME_SYSTEM_{own}"
    system = kernel.integers(name) if name in kernel.values else (_TDB,)
    if system not in {(_TDB,), (_TT,)}:
        raise BadData(f"{kernel.name}: {name} is neither TDB (1) nor TDT (2)")
    return system == (_TDB,)


def _ticks_ns(kernel: TextKernel, variable: str, per_second: int, every: int = 1) -> list[int]:
    """Return every so manieth number of a variable, ticks, as nanoseconds of the clock."""
    words = kernel.words(variable)
    if len(words) % every:
        raise BadData(f"{kernel.name}: {variable} is no list of {every} each")
    ticks = [number(word, kernel.name) for word in words[::every]]
    found = [int((value * NS / per_second).to_integral_value()) for value in ticks]
    if any(abs(value) > np.iinfo(np.int64).max for value in found):
        raise BadData(f"{kernel.name}: {variable} counts beyond 292 years")
    return found
